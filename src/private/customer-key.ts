/** The right to use the customer key of a secret: through Secrets Manager alone, and for that secret alone. */
import { Arn, Aws, CfnResource, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** The resources and conditions of a statement. */
export interface KeyUse {
  readonly resources: string[];
  readonly conditions: Record<string, Record<string, string | string[]>>;
}

/** What identifies a secret in policies: an ARN without the suffix that Secrets Manager adds names no secret, but a pattern. */
export function arnPattern(secret: secretsmanager.ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** How KMS knows Secrets Manager. `amazonaws.com` in every partition, as everywhere in aws-cdk-lib. */
export function secretsManagerOf(secret: secretsmanager.ISecret): string {
  return `secretsmanager.${Stack.of(secret).region}.amazonaws.com`;
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
export function keyUse(secret: secretsmanager.ISecret, encryptionKey: kms.IKey): KeyUse {
  const key = target(encryptionKey);
  const viaService = { 'kms:ViaService': secretsManagerOf(secret) };
  const context = { 'kms:EncryptionContext:SecretARN': arnPattern(secret) };
  const conditions: KeyUse['conditions'] = secret.secretFullArn === undefined
    ? { StringEquals: viaService, StringLike: context }
    : { StringEquals: { ...viaService, ...context } };
  if (isAlias(key)) {
    // Nobody knows which key is behind the name, and KMS allows nothing by an alias' ARN.
    return { resources: [anyKeyBeside(key)], conditions: { ...conditions, 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': key.aliasName } } };
  }
  return { resources: [key.keyArn], conditions };
}

/**
 * The same in the policy of a principal of another account or region of the app. CloudFormation cannot refer to anything there: a
 * secret is known by its name, without the suffix of its ARN, and a key not at all.
 */
export function keyUseFromElsewhere(secret: secretsmanager.ISecret, encryptionKey: kms.IKey): KeyUse {
  const key = target(encryptionKey);
  const { resources, conditions } = keyUse(secret, encryptionKey);
  return {
    resources: Resource.isOwnedResource(key) ? [anyKeyBeside(key)] : resources,
    conditions: {
      ...conditions,
      StringEquals: { 'kms:ViaService': secretsManagerOf(secret) },
      StringLike: { 'kms:EncryptionContext:SecretARN': arnsFromElsewhere(secret) },
    },
  };
}

/** The ARN of a secret as another account or region of the app may see it: by its name, or whole where CDK passes references on. */
export function arnsFromElsewhere(secret: secretsmanager.ISecret): string[] {
  return [secret.secretArn, `${secret.secretArn}-??????`];
}

/** Whether statements can be added to the policy of a key: not to that of an imported one. */
export function hasPolicyHere(encryptionKey: kms.IKey): boolean {
  const key = target(encryptionKey);
  return Resource.isOwnedResource(key) || (key.node.scope !== undefined && CfnResource.isCfnResource(key.node.scope));
}

/** Lets a principal use the key by the policy of the key itself, as aws-cdk-lib does it. */
export function allowByKeyPolicy(secret: secretsmanager.ISecret, key: kms.IKey, principal: iam.IPrincipal, actions: string[]): iam.Grant {
  return key.grant(new kms.ViaServicePrincipal(secretsManagerOf(secret), principal), ...actions);
}

/** Every key of the account and region of a key. */
function anyKeyBeside(key: kms.IKey): string {
  return Arn.format({ partition: Aws.PARTITION, service: 'kms', region: key.env.region, account: key.env.account, resource: 'key', resourceName: '*' });
}

/** The key behind an alias that was made in this app. */
function target(key: kms.IKey): kms.IKey {
  return key instanceof kms.Alias ? target(key.aliasTargetKey) : key;
}

function isAlias(key: kms.IKey): key is kms.IAlias {
  return 'aliasName' in key;
}
