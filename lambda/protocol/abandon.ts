import { Abandoned, RotationError, UnusableValue } from './errors';
import { CURRENT, endLabel, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Rotation } from './rotation';
import type { Secret } from './secret';

/**
 * Gives up a rotation that can never finish: its version loses AWSPENDING, which tells Secrets Manager that it did not complete. No consumer was given
 * its credential, which is removed at once if it is useless. Else a copy of finishSecret that stalls may still make it current: it is labelled, and goes at a later look.
 */
export async function abandon(rotation: Rotation, why: string, isUseless = false): Promise<never> {
  const { secret, token, rotator, clock } = rotation;
  const look = await secret.look();
  const labels = look.labelsOf(token);
  if (labels.includes(CURRENT)) { // a stalled copy of a step
    throw new RotationError(`rotation ${token} of secret ${secret.id} is over, but ${why}`);
  }
  await rollBack(rotation, look.versionWith(CURRENT));
  await secret.unlabel(token, PENDING);
  const id = labels.includes(PENDING) ? labels.find((label) => rotator.kept?.isId(label)) : undefined; // else another one has ended it
  if (id !== undefined && isUseless) await (await Ledger.open(rotation, await secret.look())).remove(id, why, true);
  else if (id !== undefined) await secret.move(endLabel({ kind: 'abandoned', at: clock.now() }), undefined, token);
  throw new Abandoned(`rotation ${token} of secret ${secret.id} is abandoned: ${why}`);
}

/** What the service was told of the pending credential is undone first: if that fails the rotation is not over, and is tried again. */
export async function rollBack({ secret, rotator, token }: Rotation, currentVersion: string | undefined): Promise<void> {
  if (!rotator.rollback || currentVersion === undefined) return;
  const [pending, current] = await Promise.all([token, currentVersion].map((version) => textIfUsable(secret, version)));
  if (pending === undefined || current === undefined) return;
  await rotator.rollback({ pending, current, version: token });
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
