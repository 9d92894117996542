/** Grants to read and write a secret, in the cases that aws-cdk-lib's `grantRead` and `grantWrite` get wrong or do not cover. */
import { Annotations, Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowByKeyPolicy, crossEnvironmentKeyUse, hasEditablePolicy, keyUse, KeyUse } from './customer-managed-key';
import { crossEnvironmentSecretArns, secretArnPattern } from './secret-arn';

/**
 * aws-cdk-lib attaches the grants of an imported user to the user of that name in the stack's account. If the user belongs to another account, that
 * is a different user, or none. Here such a user becomes an ARN principal, which only resource policies can grant to.
 */
export function crossAccountGrantee(grantee: iam.IGrantable): iam.IGrantable {
  const principal = grantee.grantPrincipal;
  if (!isUser(principal) || Resource.isOwnedResource(principal)) {
    return grantee;
  }
  return isOtherAccount(Stack.of(principal).account, principal.principalAccount) ? new iam.ArnPrincipal(principal.userArn) : grantee;
}

/** What a principal may do with a secret, and what KMS requires for it. */
interface Access {
  readonly principal: 'reader' | 'writer';
  readonly secretActions: string[];
  readonly keyActions: string[];
}

const READ: Access = {
  principal: 'reader',
  secretActions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
  keyActions: ['kms:Decrypt'],
};
const WRITE: Access = {
  principal: 'writer',
  secretActions: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecret', 'secretsmanager:UpdateSecretVersionStage'], // as aws-cdk-lib
  keyActions: ['kms:GenerateDataKey', 'kms:Decrypt'], // Secrets Manager compares the value of a repeated request
};

/** Allows a principal to read a secret, which may be imported and may have any encryption key. */
export function grantRead(secret: secretsmanager.ISecret, grantee: iam.IGrantable, versionStages?: string[]): iam.Grant {
  const reader = crossAccountGrantee(grantee);
  return secret.encryptionKey === undefined
    ? secret.grantRead(reader, versionStages)
    : grantReadWithKey(secret, secret.encryptionKey, reader, versionStages);
}

/** Allows a principal to read a secret that a customer managed key encrypts. */
export function grantReadWithKey(
  secret: secretsmanager.ISecret, key: kms.IKey, grantee: iam.IGrantable, versionStages?: string[],
): iam.Grant {
  return grantWithKey(READ, secret, key, grantee, versionStages);
}

/** Allows a principal to write a secret that a customer managed key encrypts. */
export function grantWriteWithKey(secret: secretsmanager.ISecret, key: kms.IKey, grantee: iam.IGrantable): iam.Grant {
  return grantWithKey(WRITE, secret, key, grantee);
}

/**
 * aws-cdk-lib grants in the policy of the key only. That has no effect on an imported key. With a key of the app, it closes a cycle with a consumer
 * that waits for the secret, and between two stacks.
 *
 * Here the policy of the grantee grants the right wherever the grantee can have a policy: `Secret` lets its account do so, in the policy of every
 * key that it can change. The policy of the key serves principals of other accounts, and those that cannot have a policy.
 */
function grantWithKey(
  access: Access, secret: secretsmanager.ISecret, key: kms.IKey, grantee: iam.IGrantable, versionStages?: string[],
): iam.Grant {
  const isCrossEnvironment = isInOtherEnvironment(secret, grantee.grantPrincipal);
  const grant = iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: access.secretActions,
    resourceArns: isCrossEnvironment ? crossEnvironmentSecretArns(secret) : [secretArnPattern(secret)],
    resourceSelfArns: [secretArnPattern(secret)],
    resource: secret,
  });
  if (versionStages !== undefined) {
    for (const statement of [...grant.principalStatements, ...grant.resourceStatements]) {
      statement.addCondition('ForAnyValue:StringEquals', { 'secretsmanager:VersionStage': versionStages });
    }
  }

  const use = isCrossEnvironment ? crossEnvironmentKeyUse(secret, key) : keyUse(secret, key);
  const useKey = iam.Grant.addToPrincipal({ grantee, actions: access.keyActions, resourceArns: use.resources, conditions: use.conditions });
  const account = grantee.grantPrincipal.principalAccount;
  if (hasEditablePolicy(key)) {
    const isOwnAccount = account !== undefined && isSameAccount(Stack.of(secret).account, account);
    return grant.combine(useKey.success && isOwnAccount
      ? useKey
      : useKey.combine(allowByKeyPolicy(secret, key, grantee.grantPrincipal, access.keyActions)));
  }
  if (!useKey.success || isOtherAccount(key.env.account, account)) {
    warnAboutKeyPolicy(access, secret, grantee, use);
  }
  return grant.combine(useKey);
}

function warnAboutKeyPolicy({ principal, keyActions }: Access, secret: secretsmanager.ISecret, grantee: iam.IGrantable, use: KeyUse): void {
  const statement = Stack.of(secret).resolve({
    Principal: grantee.grantPrincipal.policyFragment.principalJson, Action: keyActions, Resource: use.resources, Condition: use.conditions,
  });
  Annotations.of(secret).addWarningV2('cdk-iam-key-rotation:RotatedSecret.keyPolicy',
    `the imported 'encryptionKey' must allow the ${principal}, which belongs to another account or cannot have a policy. `
    + `Ask the owner of the key to add this statement to its policy: ${JSON.stringify(statement)}`);
}

function isUser(principal: iam.IPrincipal): principal is iam.IUser {
  return 'userArn' in principal;
}

/** Whether the principal belongs to the app, and has its policies in another account or region. */
function isInOtherEnvironment(secret: secretsmanager.ISecret, principal: iam.IPrincipal): boolean {
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
