/** What tells whether two secrets are the same one, however the app refers to them. */
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';

export interface SecretIdentity {
  /** The resource of a secret of this app. */
  readonly resource?: secretsmanager.CfnSecret;
  /** The account and region; of two stacks that do not say theirs, nobody knows whether they are the same. */
  readonly environment: string;
  /** Of a secret that is imported, its ARN as it stands in the template if its name is known at deployment only. */
  readonly name?: string;
}

/** Of a secret that a construct is given. */
export function identityOf(secret: secretsmanager.ISecret, scope: IConstruct): SecretIdentity {
  return identify(secret.secretArn, scope, secret.secretFullArn === undefined);
}

/**
 * Of what a resource calls a secret by: its name or ARN. One that ends like a whole ARN is taken for one, as Secrets Manager does.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
export function identify(nameOrArn: string, scope: IConstruct, isWithoutSuffix = false): SecretIdentity {
  const resource = referencedSecret(nameOrArn);
  return resource === undefined
    ? { environment: environmentOf(scope), name: knownName(nameOrArn, isWithoutSuffix) ?? JSON.stringify(Stack.of(scope).resolve(nameOrArn)) }
    : identityOfResource(resource);
}

export function identityOfResource(resource: secretsmanager.CfnSecret): SecretIdentity {
  const { name } = resource;
  return { resource, environment: environmentOf(resource), name: Token.isUnresolved(name) ? undefined : name };
}

export function isSame(one: SecretIdentity, other: SecretIdentity): boolean {
  return (one.resource !== undefined && one.resource === other.resource)
    || (one.name !== undefined && one.name === other.name && one.environment === other.environment);
}

/** What stays the same when constructs are renamed or moved within their stack. A secret of this app is its resource, whatever it is named. */
export function stableName({ resource, name }: SecretIdentity, scope: IConstruct): string {
  if (resource === undefined) return JSON.stringify({ name });
  const stack = Stack.of(resource);
  return JSON.stringify({ logicalId: stack.resolve(resource.logicalId), stack: stack === Stack.of(scope) ? undefined : stackName(stack) });
}

function stackName(stack: Stack): string {
  return Token.isUnresolved(stack.stackName) ? stack.node.path : stack.stackName;
}

function environmentOf(scope: IConstruct): string {
  const { account, region, node } = Stack.of(scope);
  return Token.isUnresolved(account) || Token.isUnresolved(region) ? node.addr : `${account}/${region}`;
}

/** The secret of this app that a token stands for. */
function referencedSecret(nameOrArn: string): secretsmanager.CfnSecret | undefined {
  for (const token of Tokenization.reverseString(nameOrArn).tokens) {
    const target = Reference.isReference(token) ? token.target : undefined;
    if (target instanceof secretsmanager.CfnSecret) return target;
    if (target instanceof secretsmanager.CfnSecretTargetAttachment) return referencedSecret(target.secretId);
  }
  return undefined;
}

function knownName(nameOrArn: string, isWithoutSuffix: boolean): string | undefined {
  const isArn = nameOrArn.startsWith('arn:');
  const name = isArn ? nameOrArn.split(':')[6] : nameOrArn;
  if (name === undefined || Token.isUnresolved(name)) return undefined;
  return isArn && !isWithoutSuffix ? name.replace(/-[A-Za-z0-9]{6}$/, '') : name;
}
