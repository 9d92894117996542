/** A user has room for two keys, and a rotation needs both: nothing else in the app may make keys for its user. */
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { isInTree } from './construct-tree';

interface Claim {
  readonly construct: Construct;
  readonly user: UserIdentity;
}

/** What tells whether two users are the same one. */
interface UserIdentity {
  /** A user of this app. */
  readonly resource?: IConstruct;
  /** The account and the name, where both are known; a name that is known at deployment only tells within a stack. */
  readonly name?: string;
}

const claimsByRoot = new WeakMap<IConstruct, Claim[]>();

/** Fails the synthesis if the user has another rotation, or an access key made by CloudFormation, anywhere in the app. */
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
    `'user' has a rotation already, ${other.construct.node.path}: a user has room for two keys, and each rotation needs both, give each its own user`);
}

function accessKeys({ user }: Claim, root: IConstruct): string[] {
  return root.node.findAll()
    .filter((node): node is iam.CfnAccessKey => node instanceof iam.CfnAccessKey)
    .filter((accessKey) => isSame(user, identify(accessKey.userName, accessKey, Stack.of(accessKey).account)))
    .map((accessKey) => `'user' has an access key made by CloudFormation, ${accessKey.node.path}: the rotation needs the place of both keys, `
      + 'remove that access key, its secret is in this secret');
}

function isSame(one: UserIdentity, other: UserIdentity): boolean {
  return (one.resource !== undefined && one.resource === other.resource) || (one.name !== undefined && one.name === other.name);
}

function identify(userName: string, scope: IConstruct, account: string | undefined): UserIdentity {
  const resource = referencedUser(userName);
  const stack = Stack.of(resource ?? scope);
  const name: unknown = stack.resolve(resource === undefined ? userName : resource.userName);
  if (name === undefined) {
    return { resource }; // CloudFormation makes up a name that no other user has
  }
  // Within one stack, an account and a name that nobody knows yet are the same if they read the same.
  const accountKey = account === undefined || Token.isUnresolved(account) ? stack.node.addr : account;
  const nameKey = typeof name === 'string' ? name.toLowerCase() : `${stack.node.addr} ${JSON.stringify(name)}`; // IAM ignores case
  return { resource, name: `${accountKey}/${nameKey}` };
}

/** The user whose name a token stands for. */
function referencedUser(userName: string): iam.CfnUser | undefined {
  for (const token of Tokenization.reverseString(userName).tokens) {
    if (Reference.isReference(token) && token.target instanceof iam.CfnUser) {
      return token.target;
    }
  }
  return undefined;
}
