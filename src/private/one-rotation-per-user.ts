/** A user can have two keys, and a rotation needs both: nothing else in the app may create keys for the user. */
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { isInTree, ownerOf } from './construct-tree';

interface Claim {
  readonly construct: Construct;
  readonly user: UserIdentity;
}

/** Identifies a user, in order to compare users. */
interface UserIdentity {
  /** The resource of a user of this app. */
  readonly resource?: IConstruct;
  /** The account and the name, if known. A name or account that is a token can only be compared within a stack. */
  readonly name?: string;
}

const claimsByRoot = new WeakMap<IConstruct, Claim[]>();

/** Fails the synthesis if the user has another rotation in the app, or an access key that CloudFormation creates. */
export function claimUser(construct: Construct, user: iam.IUser): void {
  const { root } = construct.node;
  const claims = claimsByRoot.get(root) ?? [];
  claimsByRoot.set(root, claims);
  const claim = { construct, user: identify(user.userName, user, user.principalAccount) };
  const earlier = [...claims];
  claims.push(claim);
  construct.node.addValidation({ validate: () => [...secondRotations(claim, earlier), ...accessKeys(claim, root)] });
}

function secondRotations({ user }: Claim, earlier: Claim[]): string[] {
  return earlier.filter((other) => isSame(user, other.user) && isInTree(other.construct)).map((other) =>
    `'user' must not have another rotation, got: ${ownerOf(other.construct).node.path}. A user can have two keys and a rotation needs both: `
    + 'use another user for each rotation.');
}

function accessKeys({ user }: Claim, root: IConstruct): string[] {
  return root.node.findAll()
    .filter((node): node is iam.CfnAccessKey => node instanceof iam.CfnAccessKey)
    .filter((accessKey) => isSame(user, identify(accessKey.userName, accessKey, Stack.of(accessKey).account)))
    .map((accessKey) => `'user' must not have an access key that CloudFormation creates, got: ${accessKey.node.path}. `
      + 'Remove it and let its consumers read this secret: the rotation needs both of the user\'s keys.');
}

function isSame(one: UserIdentity, other: UserIdentity): boolean {
  return (one.resource !== undefined && one.resource === other.resource) || (one.name !== undefined && one.name === other.name);
}

function identify(userName: string, scope: IConstruct, account: string | undefined): UserIdentity {
  const resource = referencedUser(userName);
  const stack = Stack.of(resource ?? scope);
  const name: unknown = stack.resolve(resource === undefined ? userName : resource.userName);
  if (name === undefined) {
    return { resource }; // CloudFormation generates a unique name
  }
  // Within one stack, tokens of an account or a name are the same if they render the same.
  const accountKey = account === undefined || Token.isUnresolved(account) ? stack.node.addr : account;
  const nameKey = typeof name === 'string' ? name.toLowerCase() : `${stack.node.addr} ${JSON.stringify(name)}`; // IAM ignores case
  return { resource, name: `${accountKey}/${nameKey}` };
}

/** The user that a token of a name refers to. */
function referencedUser(userName: string): iam.CfnUser | undefined {
  for (const token of Tokenization.reverseString(userName).tokens) {
    if (Reference.isReference(token) && token.target instanceof iam.CfnUser) {
      return token.target;
    }
  }
  return undefined;
}
