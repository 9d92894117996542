import { Abandoned, nameAndMessage, RotationError, UnusableValue } from './errors';
import { CURRENT, datedLabel, PENDING, PREVIOUS, TESTED } from './labels';
import { Ledger } from './ledger';
import { logLine } from './log';
import { READ_LAG_MILLIS, Rotation } from './rotation';
import type { Change } from './rotator';
import type { Look, Secret } from './secret';

/** Gives up a rotation that can never finish: its version loses AWSPENDING, which tells Secrets Manager that it did not complete. */
export async function abandon(rotation: Rotation, why: string): Promise<never> {
  const { secret, token, clock } = rotation;
  const look = await lookTwice(rotation, why);
  await rollBack(rotation, look.versionWith(CURRENT));
  await secret.unlabel(token, PENDING);
  // A read may be late: another copy may just have tested it, or made it current.
  await clock.sleep(READ_LAG_MILLIS);
  const after = await secret.look();
  await refuseIfCurrent(rotation, after, why, true);
  // Else another one has ended it. What has become of it meanwhile counts: a copy may have tested it, and made it current for a moment.
  if (look.labelsOf(token).includes(PENDING)) await leave(rotation, after.labelsOf(token), why);
  throw new Abandoned(`rotation ${token} of secret ${secret.id} is abandoned: ${why}`);
}

/** A late read must not have the service told that the current credential is void. */
async function lookTwice(rotation: Rotation, why: string): Promise<Look> {
  const { secret, rotator, clock } = rotation;
  let look = await secret.look();
  await refuseIfCurrent(rotation, look, why);
  if (!rotator.rollback) return look;
  await clock.sleep(READ_LAG_MILLIS);
  look = await secret.look();
  await refuseIfCurrent(rotation, look, why);
  return look;
}

/** Another copy of a step may have made it current. What was rolled back meanwhile is applied again. */
async function refuseIfCurrent(rotation: Rotation, look: Look, why: string, wasRolledBack = false): Promise<void> {
  const { secret, token, rotator } = rotation;
  if (look.versionWith(CURRENT) !== token) return;
  if (wasRolledBack && rotator.apply) {
    const change = await changeFrom(rotation, look.versionWith(PREVIOUS));
    if (change) await rotator.apply({ ...change, isStillPending: async () => true });
  }
  throw new RotationError(`rotation ${token} of secret ${secret.id} is over, but ${why}`);
}

/**
 * A copy of this attempt may yet leave a credential: the date shows which ones are ours. What has passed its test may be current, or may have
 * been, as a copy of finishSecret stalls or a person has moved labels: it counts as replaced. Any other one goes at once: nothing can have made
 * it current.
 */
async function leave(rotation: Rotation, labels: readonly string[], why: string): Promise<void> {
  const { secret, rotator, token, clock } = rotation;
  if (!rotator.kept) return;
  const now = clock.now();
  await secret.move(datedLabel('abandoned', now), undefined, token);
  const id = labels.find((label) => rotator.kept?.isId(label));
  if (id === undefined) return;
  // A read may be late; to take the label off tells for certain whether a copy has tested it, and finishSecret may be about to make it current.
  if (labels.includes(TESTED) || await secret.unlabel(token, TESTED)) return secret.move(datedLabel('replaced', now), undefined, token);
  try {
    await (await Ledger.open(rotation, await secret.look())).remove(id, why, true);
  } catch (error) {
    logLine({ secret: secret.id, token, decision: 'failed', why: `${id} was never current, and is not removed yet: ${nameAndMessage(error)}` });
  }
}

/** What the service was told of the pending credential is undone first: if that fails the rotation is not over, and is tried again. */
export async function rollBack(rotation: Rotation, currentVersion: string | undefined): Promise<void> {
  const { rotator } = rotation;
  if (!rotator.rollback) return;
  const change = await changeFrom(rotation, currentVersion);
  if (change) await rotator.rollback(change);
}

/** The credential of this rotation, and the one that it is to follow; undefined unless both can be read. */
async function changeFrom({ secret, token }: Rotation, currentVersion: string | undefined): Promise<Change | undefined> {
  if (currentVersion === undefined) return undefined;
  const [pending, current] = await Promise.all([token, currentVersion].map((version) => textIfUsable(secret, version)));
  return pending === undefined || current === undefined ? undefined : { pending, current, version: token };
}

/** People may have put something into the secret in which nothing can be read: then there is nothing to go back to. */
async function textIfUsable(secret: Secret, version: string): Promise<string | undefined> {
  try {
    return await secret.text(version);
  } catch (error) {
    if (error instanceof UnusableValue) return undefined;
    throw error;
  }
}
