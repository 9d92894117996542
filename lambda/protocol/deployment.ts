/** What CloudFormation asks for: a first value for a secret that has none, and an end to what the secret has issued when it is deleted. */
import { abandon } from './abandon';
import { CloudFormationEvent, hasOtherSecret, madeForSecretLeft, Served } from './cloudformation';
import { nameAndMessage, WrongSettings } from './errors';
import { credentialOf, ensureFirstValue } from './first-value';
import { Ledger } from './ledger';
import { logLine } from './log';
import { revokeWithSecret } from './revoke-with-secret';
import type { Rotation } from './rotation';
import type { Rotator } from './rotator';
import type { FirstValueProperties } from '../../src/private/settings';

/** What a request is served with besides its own properties. */
export interface Surroundings {
  /** The rotator by other settings, for the same secret. */
  readonly rotatorBy: (settings: string) => Rotator;
  /** The secret that the deployed function serves. */
  readonly secretInEnvironment: string;
}

export async function serveRequest(event: CloudFormationEvent, rotation: Rotation, surroundings: Surroundings): Promise<Served> {
  const { SecretArn, SecretIsRetained } = propertiesOf(event);
  if (event.RequestType !== 'Delete') return ensure(event, rotation, surroundings);
  if (SecretArn !== surroundings.secretInEnvironment) {
    return { decision: 'nothing', why: `the function serves another secret, ${surroundings.secretInEnvironment}` };
  }
  return revokeWithSecret(rotation, SecretIsRetained === 'true');
}

async function ensure(event: CloudFormationEvent, rotation: Rotation, surroundings: Surroundings): Promise<Served> {
  const isOther = hasOtherSecret(event);
  try {
    const outcome = await ensureFirstValue(rotation, event.RequestType === 'Create' || isOther);
    if (!isOther) return outcome;
    if (outcome.decision === 'issued') return { ...outcome, madeForOther: outcome.ids?.current };
    await revokeForSecretLeft(event, rotation);
    return outcome;
  } catch (error) {
    await abandon(rotation, 'the deployment failed', true).catch(() => undefined); // why it failed is what is told
    if (event.RequestType === 'Create' || await mustFail(event, rotation, surroundings, error)) throw error;
    return { decision: 'nothing', why: `left to rotations, which tell of it: ${nameAndMessage(error)}` };
  }
}

/**
 * Whether an update fails. One that has nothing to do with what is wrong must pass, or its rollback would fail, too. So another secret must have its
 * value, unless it had one before, as in a rollback; and settings that were right for what the secret holds must not become wrong.
 */
async function mustFail(event: CloudFormationEvent, rotation: Rotation, { rotatorBy }: Surroundings, error: unknown): Promise<boolean> {
  if (hasOtherSecret(event)) return !await recordsCredential(rotation);
  const [before, after] = [event.OldResourceProperties?.Settings, propertiesOf(event).Settings];
  if (!(error instanceof WrongSettings) || typeof before !== 'string' || before === after) return false;
  try {
    return await credentialOf({ ...rotation, rotator: rotatorBy(before) }) !== undefined;
  } catch (wrongBefore) {
    return !(wrongBefore instanceof WrongSettings);
  }
}

async function recordsCredential({ secret, rotator }: Rotation): Promise<boolean> {
  const look = await secret.look().catch(() => undefined);
  return look !== undefined && [...look.versions.values()].flat().some((label) => rotator.kept?.isId(label));
}

/** An update that is rolled back has made a credential for a secret that goes. */
async function revokeForSecretLeft(event: CloudFormationEvent, rotation: Rotation): Promise<void> {
  const { kept } = rotation.rotator;
  const made = madeForSecretLeft(event);
  if (made === undefined || !kept?.isId(made) || event.OldResourceProperties?.SecretIsRetained === 'true') return;
  try {
    const ledger = await Ledger.open(rotation, await rotation.secret.look());
    if (!(await ledger.recordedIds()).has(made)) await kept.revoke(made);
  } catch (error) {
    const why = `${made}, which was made for a secret that goes, is not removed: ${nameAndMessage(error)}`;
    logLine({ secret: rotation.secret.id, decision: 'failed', why });
  }
}

function propertiesOf(event: CloudFormationEvent): FirstValueProperties {
  return event.ResourceProperties as unknown as FirstValueProperties;
}
