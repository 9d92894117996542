/** Who may read a secret: the cases that aws-cdk-lib's `grantRead` gets wrong, or does not cover. */
import { Annotations, Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowDecryptByKeyPolicy, arnPattern, arnsFromElsewhere, hasPolicyHere, keyUse, keyUseFromElsewhere, KeyUse } from './customer-key';

/**
 * aws-cdk-lib writes what an imported user is granted onto the user of that name in the account of the stack. For a user of another
 * account that is a stranger, or nobody: by its ARN alone it can be granted something by resource policies only.
 */
export function withoutNamesake(grantee: iam.IGrantable): iam.IGrantable {
  const principal = grantee.grantPrincipal;
  if (!isUser(principal) || Resource.isOwnedResource(principal)) {
    return grantee;
  }
  return isOtherAccount(Stack.of(principal).account, principal.principalAccount) ? new iam.ArnPrincipal(principal.userArn) : grantee;
}

/**
 * Lets a principal read a secret that is encrypted with a customer key.
 *
 * aws-cdk-lib asks the policy of the key alone. That says nothing about an imported key, whose policy is not in its hands; and in the
 * policy of a key of this app it closes a cycle with a consumer that waits for the secret, and between two stacks. Here the right
 * stands in the policy of the reader wherever it can have one: `Secret` lets its account decide so in the policy of every key that it
 * can change. The policy of the key is asked for readers of other accounts, and for those that can have no policy.
 */
export function grantReadWithKey(
  secret: secretsmanager.ISecret, key: kms.IKey, grantee: iam.IGrantable, versionStages?: string[],
): iam.Grant {
  const fromElsewhere = isElsewhere(secret, grantee.grantPrincipal);
  const grant = iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    resourceArns: fromElsewhere ? arnsFromElsewhere(secret) : [arnPattern(secret)],
    resourceSelfArns: [arnPattern(secret)],
    resource: secret,
  });
  if (versionStages !== undefined) {
    for (const statement of [...grant.principalStatements, ...grant.resourceStatements]) {
      statement.addCondition('ForAnyValue:StringEquals', { 'secretsmanager:VersionStage': versionStages });
    }
  }

  const use = fromElsewhere ? keyUseFromElsewhere(secret, key) : keyUse(secret, key);
  const decrypt = iam.Grant.addToPrincipal({ grantee, actions: ['kms:Decrypt'], resourceArns: use.resources, conditions: use.conditions });
  const account = grantee.grantPrincipal.principalAccount;
  if (hasPolicyHere(key)) {
    const isOwnAccount = account !== undefined && isSameAccount(Stack.of(secret).account, account);
    return grant.combine(decrypt.success && isOwnAccount ? decrypt : decrypt.combine(allowDecryptByKeyPolicy(secret, key, grantee.grantPrincipal)));
  }
  if (!decrypt.success || isOtherAccount(key.env.account, account)) {
    warnOfKeyPolicy(secret, grantee, use);
  }
  return grant.combine(decrypt);
}

function warnOfKeyPolicy(secret: secretsmanager.ISecret, grantee: iam.IGrantable, use: KeyUse): void {
  const shown = Stack.of(secret).resolve({
    Principal: grantee.grantPrincipal.policyFragment.principalJson, Action: 'kms:Decrypt', Resource: use.resources, Condition: use.conditions,
  });
  Annotations.of(secret).addWarningV2('cdk-iam-key-rotation:IamKeyRotationSecret.keyPolicy',
    `the reader is of another account than the imported 'encryptionKey', or can have no policy: the owner of the key must allow in its policy ${JSON.stringify(shown)}`);
}

function isUser(principal: iam.IPrincipal): principal is iam.IUser {
  return 'userArn' in principal;
}

/** A principal of the app that keeps its policies in another account or region. */
function isElsewhere(secret: secretsmanager.ISecret, principal: iam.IPrincipal): boolean {
  return Construct.isConstruct(principal) && Resource.isOwnedResource(principal)
    && Stack.of(principal).environment !== Stack.of(secret).environment;
}

function isOtherAccount(account: string, other: string | undefined): boolean {
  return other !== undefined && Token.compareStrings(account, other) === TokenComparison.DIFFERENT;
}

function isSameAccount(account: string, other: string): boolean {
  const comparison = Token.compareStrings(account, other);
  return comparison === TokenComparison.SAME || comparison === TokenComparison.BOTH_UNRESOLVED;
}
