/** A secret has one rotation, and nothing else writes its value: whatever in the app goes around the construct is refused. */
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';
import { isInTree, ownerOf } from './construct-tree';
import { identify, identityOf, isSame, SecretIdentity } from './secret-identity';

interface Claim {
  readonly construct: Construct;
  readonly secret: SecretIdentity;
}

const claimsByRoot = new WeakMap<IConstruct, Claim[]>();

/**
 * Fails if the secret has another rotation anywhere in the app, and fails the synthesis if it has a schedule that is no child of the construct, or is
 * attached to anything.
 */
export function claimSecret(construct: Construct, secret: secretsmanager.ISecret): void {
  const { root } = construct.node;
  const claims = claimsByRoot.get(root) ?? [];
  claimsByRoot.set(root, claims);
  const claim = { construct, secret: identityOf(secret, construct) };
  const earlier = claims.find((other) => isSame(claim.secret, other.secret) && isInTree(other.construct));
  if (earlier !== undefined) {
    throw new Error(`'secret' of ${ownerOf(construct).node.path} has a rotation already, ${ownerOf(earlier.construct).node.path}: `
      + 'a secret has one rotation, take one of the two out');
  }
  claims.push(claim);
  construct.node.addValidation({ validate: () => root.node.findAll().flatMap((other) => conflicts(claim, other)) });
}

function conflicts({ construct, secret }: Claim, other: IConstruct): string[] {
  if (other.node.scope !== construct && other instanceof secretsmanager.CfnRotationSchedule && isSame(identify(other.secretId, other), secret)) {
    return [`the secret has a second rotation schedule, ${other.node.path}: a secret has one rotation, remove that schedule, `
      + "and use the 'schedule' prop"];
  }
  if (other instanceof secretsmanager.CfnSecretTargetAttachment && isSame(identify(other.secretId, other), secret)) {
    return [`the secret is attached to a target, ${other.node.path}: CloudFormation would write into the live value, remove that attachment`];
  }
  return [];
}
