/** A secret has one rotation, and nothing else writes its value: rejects whatever in the app bypasses the construct. */
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
 * Throws if the secret has another rotation in the app. Fails the synthesis if the secret has a schedule that does not belong to the construct, or
 * is attached to a target.
 */
export function claimSecret(construct: Construct, secret: secretsmanager.ISecret): void {
  const { root } = construct.node;
  const claims = claimsByRoot.get(root) ?? [];
  claimsByRoot.set(root, claims);
  const claim = { construct, secret: identityOf(secret, construct) };
  const earlier = claims.find((other) => isSame(claim.secret, other.secret) && isInTree(other.construct));
  if (earlier !== undefined) {
    throw new Error(`'secret' of ${ownerOf(construct).node.path} must not have another rotation, got: ${ownerOf(earlier.construct).node.path}. `
      + 'Remove one of the two.');
  }
  claims.push(claim);
  construct.node.addValidation({ validate: () => root.node.findAll().flatMap((other) => conflicts(claim, other)) });
}

function conflicts({ construct, secret }: Claim, other: IConstruct): string[] {
  if (other.node.scope !== construct && other instanceof secretsmanager.CfnRotationSchedule && isSame(identify(other.secretId, other), secret)) {
    return [`the secret must not have a second rotation schedule, got: ${other.node.path}. Remove that schedule, and use the 'schedule' prop.`];
  }
  if (other instanceof secretsmanager.CfnSecretTargetAttachment && isSame(identify(other.secretId, other), secret)) {
    return [`the secret must not be attached to a target, got: ${other.node.path}. `
      + 'Remove that attachment: CloudFormation would write into the live value.'];
  }
  return [];
}
