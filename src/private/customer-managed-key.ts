/** The right to use the customer managed key of a secret, only through Secrets Manager and only for that secret. */
import { Arn, Aws, CfnResource, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { crossEnvironmentSecretArns, secretArnPattern } from './secret-arn';

/** The resources and conditions of a statement. */
export interface KeyUse {
  readonly resources: string[];
  readonly conditions: Record<string, Record<string, string | string[]>>;
}

/** The name of Secrets Manager in `kms:ViaService`. It ends with `amazonaws.com` in every partition, as in aws-cdk-lib. */
export function secretsManagerServiceName(secret: secretsmanager.ISecret): string {
  return `secretsmanager.${Stack.of(secret).region}.amazonaws.com`;
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
export function keyUse(secret: secretsmanager.ISecret, encryptionKey: kms.IKey): KeyUse {
  const key = resolveAlias(encryptionKey);
  const viaService = { 'kms:ViaService': secretsManagerServiceName(secret) };
  const context = { 'kms:EncryptionContext:SecretARN': secretArnPattern(secret) };
  const conditions: KeyUse['conditions'] = secret.secretFullArn === undefined
    ? { StringEquals: viaService, StringLike: context }
    : { StringEquals: { ...viaService, ...context } };
  if (isAlias(key)) {
    // The key of an imported alias is unknown, and KMS policies do not accept the ARN of an alias.
    const alias = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': key.aliasName } };
    return { resources: [everyKeyInRegionOf(key)], conditions: { ...conditions, ...alias } };
  }
  return { resources: [key.keyArn], conditions };
}

/**
 * The same, for the policy of a principal in another account or region of the app. CloudFormation has no references across them: the secret's name
 * is known, but neither the suffix of its ARN nor the key's id.
 */
export function crossEnvironmentKeyUse(secret: secretsmanager.ISecret, encryptionKey: kms.IKey): KeyUse {
  const key = resolveAlias(encryptionKey);
  const { resources, conditions } = keyUse(secret, encryptionKey);
  return {
    resources: Resource.isOwnedResource(key) ? [everyKeyInRegionOf(key)] : resources,
    conditions: {
      ...conditions,
      StringEquals: { 'kms:ViaService': secretsManagerServiceName(secret) },
      StringLike: { 'kms:EncryptionContext:SecretARN': crossEnvironmentSecretArns(secret) },
    },
  };
}

/** Whether the app can add statements to the key's policy. It cannot if the key is imported. */
export function hasEditablePolicy(encryptionKey: kms.IKey): boolean {
  const key = resolveAlias(encryptionKey);
  return Resource.isOwnedResource(key) || (key.node.scope !== undefined && CfnResource.isCfnResource(key.node.scope));
}

/** Allows a principal to use the key, in the policy of the key, as aws-cdk-lib does. */
export function allowByKeyPolicy(secret: secretsmanager.ISecret, key: kms.IKey, principal: iam.IPrincipal, actions: string[]): iam.Grant {
  return key.grant(new kms.ViaServicePrincipal(secretsManagerServiceName(secret), principal), ...actions);
}

/** The ARN pattern of every key in the account and region of a key. */
function everyKeyInRegionOf(key: kms.IKey): string {
  const { region, account } = key.env;
  return Arn.format({ partition: Aws.PARTITION, service: 'kms', region, account, resource: 'key', resourceName: '*' });
}

/** The key of an alias that belongs to the app; any other key or alias as it is. */
function resolveAlias(key: kms.IKey): kms.IKey {
  return key instanceof kms.Alias ? resolveAlias(key.aliasTargetKey) : key;
}

function isAlias(key: kms.IKey): key is kms.IAlias {
  return 'aliasName' in key;
}
