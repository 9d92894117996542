/** What CloudFormation asks for: a first value for a secret that has none, and an end to what the secret has issued when it is deleted. */
import { CloudFormationEvent, hasOtherSecret, madeInVain, markOf } from './cloudformation';
import { AwsCallFailed, nameAndMessage, UnusableValue, WrongSettings } from './errors';
import { credentialOf, ensureFirstValue } from './first-value';
import { CURRENT, OWNER } from './labels';
import { Ledger } from './ledger';
import { logLine } from './log';
import { revokeWithSecret } from './revoke-with-secret';
import type { Outcome, Rotation } from './rotation';
import type { Rotator } from './rotator';
import type { Secret } from './secret';
import type { FirstValueProperties } from '../../src/private/settings';

/** What a request is served with besides its own properties. */
export interface Surroundings {
  /** The rotator by other settings, for the same secret. */
  readonly rotatorBy: (settings: string) => Rotator;
  /** The secret that the deployed function serves. */
  readonly secretInEnvironment: string;
  readonly secretOf: (secretArn: string) => Secret;
}

export async function serveRequest(event: CloudFormationEvent, rotation: Rotation, surroundings: Surroundings): Promise<Outcome> {
  const { SecretArn, SecretIsRetained } = propertiesOf(event);
  if (event.RequestType !== 'Delete') return ensure(event, rotation, surroundings);
  if (SecretArn !== surroundings.secretInEnvironment) {
    await revokeMadeInVain(event, rotation, surroundings);
    return { decision: 'nothing', why: `the function serves another secret, ${surroundings.secretInEnvironment}` };
  }
  return revokeWithSecret(rotation, SecretIsRetained === 'true', markOf(event));
}

async function ensure(event: CloudFormationEvent, rotation: Rotation, surroundings: Surroundings): Promise<Outcome> {
  const isOther = hasOtherSecret(event);
  try {
    const outcome = await ensureFirstValue(rotation, event.RequestType === 'Create' || isOther);
    if (event.RequestType === 'Create' || isOther) await claim(rotation, markOf(event));
    if (isOther) await revokeMadeInVain(event, rotation, surroundings);
    return outcome;
  } catch (error) {
    if (event.RequestType === 'Create' || await mustFail(event, rotation, surroundings, error)) throw error;
    return { decision: 'nothing', why: `left to rotations, which tell of it: ${nameAndMessage(error)}` };
  }
}

/** From now on the secret is this resource's: one that refers to it in another way, and goes afterwards, takes nothing along. */
async function claim({ secret }: Rotation, mark: string): Promise<void> {
  const look = await secret.look();
  const [current, own] = [look.versionWith(CURRENT)!, `${OWNER}${mark}`];
  for (const [version, labels] of look.versions) {
    for (const label of labels.filter((one) => one.startsWith(OWNER) && one !== own)) await secret.unlabel(version, label);
  }
  if (look.versionWith(own) === undefined) await secret.move(own, undefined, current);
}

/**
 * Whether an update fails. One that has nothing to do with what is wrong must pass, or its rollback would fail, too. So another secret must have its
 * value, unless this function rotates it already, as in a rollback; and settings that were right for what the secret holds must not become wrong.
 */
async function mustFail(event: CloudFormationEvent, rotation: Rotation, { rotatorBy }: Surroundings, error: unknown): Promise<boolean> {
  if (hasOtherSecret(event)) return !await isServedAlready(rotation, error);
  const [before, after] = [event.OldResourceProperties?.Settings, propertiesOf(event).Settings];
  if (!(error instanceof UnusableValue)) return false;
  if (before === after) return error instanceof WrongSettings && codeOf(event.OldResourceProperties) !== codeOf(event.ResourceProperties);
  try {
    return typeof before === 'string' && await credentialOf({ ...rotation, rotator: rotatorBy(before) }) !== undefined;
  } catch (wrongBefore) {
    return !(wrongBefore instanceof UnusableValue);
  }
}

/** A secret without a schedule tells no function: then only what is out of reach passes, of one that records a credential. */
async function isServedAlready({ secret, rotator, functionArn }: Rotation, error: unknown): Promise<boolean> {
  const look = await secret.look().catch(() => undefined);
  if (look === undefined) return false;
  if (look.rotatedBy !== undefined) return look.rotatedBy === functionArn;
  return error instanceof AwsCallFailed && look.labels.some((label) => rotator.kept?.isId(label));
}

/** A user's own code names the fields. */
function codeOf(properties: Record<string, unknown> | undefined): unknown {
  return properties?.Code;
}

/**
 * An update to another secret that is rolled back has made a credential for a secret that goes. CloudFormation then updates back, or deletes the resource that the
 * update had made; either tells it by the id.
 */
async function revokeMadeInVain(event: CloudFormationEvent, rotation: Rotation, { secretInEnvironment, secretOf }: Surroundings): Promise<void> {
  const { kept } = rotation.rotator;
  const made = madeInVain(event, secretInEnvironment);
  const isRetained = (event.RequestType === 'Delete' ? event.ResourceProperties : event.OldResourceProperties)?.SecretIsRetained === 'true';
  if (made === undefined || !kept?.isId(made) || isRetained) return;
  const served = { ...rotation, secret: secretOf(secretInEnvironment) };
  try {
    const ledger = await Ledger.open(served, await served.secret.look());
    if (!(await ledger.recordedIds()).has(made)) await kept.revoke(made);
  } catch (error) {
    const why = `${made}, which was made for a secret that goes, is not removed: ${nameAndMessage(error)}`;
    logLine({ secret: served.secret.id, decision: 'failed', why });
  }
}

function propertiesOf(event: CloudFormationEvent): FirstValueProperties {
  return event.ResourceProperties as unknown as FirstValueProperties;
}
