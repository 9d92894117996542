import { Abandoned, RotationError, UnusableValue } from './errors';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Rotation } from './rotation';
import type { Held } from './rotator';
import type { Secret } from './secret';

/**
 * Gives up a rotation that can never finish: its version loses AWSPENDING, which tells Secrets Manager that it did not complete.
 * No credential is removed; what is recorded and in use no more, such as the one that the version holds, counts as replaced from now on.
 */
export async function abandon(rotation: Rotation, why: string): Promise<never> {
  const { secret, token } = rotation;
  const look = await secret.look();
  if (look.labelsOf(token).includes(CURRENT)) { // a stalled copy of a step
    throw new RotationError(`rotation ${token} of secret ${secret.id} is over, but ${why}`);
  }
  await rollBack(rotation, look.versionWith(CURRENT));
  await secret.unlabel(token, PENDING);
  await (await Ledger.open(rotation, await secret.look())).dates();
  throw new Abandoned(`rotation ${token} of secret ${secret.id} is abandoned: ${why}`);
}

/** Gives up a credential that never works. Nobody was given it, so it need not live for an overlap. */
export async function discard(rotation: Rotation, { id }: Held, why: string): Promise<never> {
  try {
    return await abandon(rotation, why);
  } catch (error) {
    if (id !== undefined && error instanceof Abandoned) await (await Ledger.open(rotation, await rotation.secret.look())).remove(id, why, true);
    throw error;
  }
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
