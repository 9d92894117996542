/** A secret has one rotation, and nothing else writes its value: whatever in the app goes around the construct is refused. */
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';
import { identify, identityOf, isSame, SecretIdentity } from './secret-identity';
import { isInTree } from './tree';

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
  const rotations = claimsByRoot.get(root) ?? [];
  claimsByRoot.set(root, rotations);
  const rotation = { construct, secret: identityOf(secret, construct) };
  const earlier = rotations.find((other) => isSame(rotation.secret, other.secret) && isInTree(other.construct));
  if (earlier !== undefined) {
    throw new Error(`'secret' of ${owner(construct).node.path} has a rotation already, ${owner(earlier.construct).node.path}: `
      + 'a secret has one rotation, take one of the two out');
  }
  rotations.push(rotation);
  construct.node.addValidation({ validate: () => root.node.findAll().flatMap((other) => goingAround(rotation, other)) });
}

function goingAround({ construct, secret }: Claim, other: IConstruct): string[] {
  if (other.node.scope !== construct && other instanceof secretsmanager.CfnRotationSchedule && isSame(identify(other.secretId, other), secret)) {
    return [`the secret has a second rotation schedule, ${other.node.path}: a secret has one rotation, remove that schedule, `
      + "and use the 'schedule' prop"];
  }
  if (other instanceof secretsmanager.CfnSecretTargetAttachment && isSame(identify(other.secretId, other), secret)) {
    return [`the secret is attached to a target, ${other.node.path}: CloudFormation would write into the live value, remove that attachment`];
  }
  return [];
}

/** The construct that users make: what has the resources stands beneath it. */
function owner(construct: IConstruct): IConstruct {
  return construct.node.scope ?? construct;
}
