/** The right to use the customer managed key of a secret: through Secrets Manager alone, and for that secret alone. */
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

/** How KMS knows Secrets Manager. `amazonaws.com` in every partition, as everywhere in aws-cdk-lib. */
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
    // Nobody knows which key is behind the name, and KMS allows nothing by an alias' ARN.
    return { resources: [everyKeyInRegionOf(key)], conditions: { ...conditions, 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': key.aliasName } } };
  }
  return { resources: [key.keyArn], conditions };
}

/**
 * The same in the policy of a principal of another account or region of the app. CloudFormation cannot refer to anything there: a
 * secret is known by its name, without the suffix of its ARN, and a key not at all.
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

/** Whether statements can be added to the policy of a key: not to that of an imported one. */
export function hasEditablePolicy(encryptionKey: kms.IKey): boolean {
  const key = resolveAlias(encryptionKey);
  return Resource.isOwnedResource(key) || (key.node.scope !== undefined && CfnResource.isCfnResource(key.node.scope));
}

/** Lets a principal use the key by the policy of the key itself, as aws-cdk-lib does it. */
export function allowByKeyPolicy(secret: secretsmanager.ISecret, key: kms.IKey, principal: iam.IPrincipal, actions: string[]): iam.Grant {
  return key.grant(new kms.ViaServicePrincipal(secretsManagerServiceName(secret), principal), ...actions);
}

/** Every key of the account and region of a key. */
function everyKeyInRegionOf(key: kms.IKey): string {
  return Arn.format({ partition: Aws.PARTITION, service: 'kms', region: key.env.region, account: key.env.account, resource: 'key', resourceName: '*' });
}

/** The key behind an alias that was made in this app. */
function resolveAlias(key: kms.IKey): kms.IKey {
  return key instanceof kms.Alias ? resolveAlias(key.aliasTargetKey) : key;
}

function isAlias(key: kms.IKey): key is kms.IAlias {
  return 'aliasName' in key;
}
