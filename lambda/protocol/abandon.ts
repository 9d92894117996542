import { Abandoned, RotationError } from './errors';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Rotation } from './rotation';

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

/** What the service was told of the pending credential is undone first: if that fails the rotation is not over, and is tried again. */
async function rollBack({ secret, rotator, token }: Rotation, currentVersion: string | undefined): Promise<void> {
  if (!rotator.rollback || currentVersion === undefined) return;
  const [pending, current] = await Promise.all([secret.text(token), secret.text(currentVersion)]);
  if (pending === undefined || current === undefined) return;
  await rotator.rollback({ pending, current, version: token });
}
