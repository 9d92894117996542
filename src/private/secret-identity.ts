/** Identifies a secret, in order to compare secrets no matter how the app refers to them. */
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';

export interface SecretIdentity {
  /** The resource of a secret of this app. */
  readonly resource?: secretsmanager.CfnSecret;
  /** The account and region, or the stack if one of them is not set: such environments cannot be compared across stacks. */
  readonly environment: string;
  /** The name; for an imported secret whose name is a token, its ARN as rendered in the template. */
  readonly name?: string;
}

/** The identity of a secret that is passed to a construct. */
export function identityOf(secret: secretsmanager.ISecret, scope: IConstruct): SecretIdentity {
  return identify(secret.secretArn, scope, secret.secretFullArn === undefined);
}

/**
 * The identity of a secret that a resource refers to by name or ARN. An ARN that ends like a full one counts as a full one, as in Secrets Manager.
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

/** A name that does not change when constructs are renamed or moved within their stack. For a secret of this app, it does not depend on its name. */
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

/** The secret of this app that a token refers to. */
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
