import { AwsCallFailed, failedWith } from './errors';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Outcome, Rotation } from './rotation';
import { STEPS } from './steps';

/** IAM is eventually consistent: rights that the same deployment has just given are waited for this long. */
const NEW_RIGHTS_MILLIS = 60 * 1000;
const NEW_RIGHTS_PAUSE_MILLIS = 5 * 1000;

/**
 * Sees to it that the secret holds a credential: if it holds none, the four steps run right here. Compares with what the secret
 * really holds, never with what an earlier deployment wanted, so that it may be repeated, and so that a rollback passes.
 */
export async function ensureFirstValue(rotation: Rotation): Promise<Outcome> {
  const { clock } = rotation;
  const giveUp = clock.now().getTime() + NEW_RIGHTS_MILLIS;
  for (;;) {
    try {
      return await ensureOnce(rotation);
    } catch (error) {
      const tooNew = error instanceof AwsCallFailed && (error.accessDenied || rotation.rotator.mayBeTooNew(error));
      if (!tooNew || clock.now().getTime() >= giveUp) throw error;
      await clock.sleep(NEW_RIGHTS_PAUSE_MILLIS);
    }
  }
}

async function ensureOnce(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  const look = await secret.look();
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion !== token) {
    const current = await secret.textOf(currentVersion, 'current');
    const id = rotator.identify(current);
    if (id !== undefined) {
      await rotator.checkOwner(current);
      return { decision: 'nothing', why: 'the secret holds a credential already', ids: { current: id } };
    }
    for (const step of Object.values(STEPS)) await step(rotation);
  }
  // Secrets Manager has not registered this rotation: the label that it would take off is taken off here.
  await secret.unlabel(token, PENDING);
  const now = await Ledger.open(rotation, await secret.look());
  return { decision: 'issued', why: 'the secret held no credential yet', ids: { current: now.currentId } };
}

/**
 * Before the secret is deleted: no rotation goes on, and what the secret has issued is revoked.
 * A secret that stays keeps its credentials.
 */
export async function revokeWithSecret(rotation: Rotation, secretIsRetained: boolean): Promise<Outcome> {
  const { secret, rotator } = rotation;
  try {
    const look = await secret.look();
    const pending = look.versionWith(PENDING);
    if (pending && pending !== look.versionWith(CURRENT)) await secret.unlabel(pending, PENDING);
    if (secretIsRetained) return { decision: 'nothing', why: 'the secret is retained, and so are its credentials' };
    await rotator.revokeAll(await Ledger.open(rotation, look));
    return { decision: 'revoked', why: 'the secret is deleted' };
  } catch (error) {
    if (failedWith(error, 'ResourceNotFoundException')) return { decision: 'nothing', why: 'the secret is gone already' };
    throw error;
  }
}
