import { Abandoned, AwsCallFailed, failedWith, Refusal, RotationError, UnusableValue } from './errors';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Outcome, Rotation } from './rotation';
import type { Held } from './rotator';
import type { Look } from './secret';
import { STEPS } from './steps';

/** IAM is eventually consistent, and so are reads: what the same deployment has just made is waited for this long. */
const SETTLE_MILLIS = 60 * 1000;
const SETTLE_PAUSE_MILLIS = 5 * 1000;
/** Kept back of the function's time to say what is wrong, and not only that the time is over. */
const TIME_TO_TELL_MILLIS = 20 * 1000;

/**
 * Sees to it that the secret holds a credential: if it holds none, the four steps run right here. Compares with what the secret
 * really holds, never with what an earlier deployment wanted, so that it may be repeated, and so that a rollback passes.
 */
export async function ensureFirstValue(rotation: Rotation, isUpdate: boolean): Promise<Outcome> {
  const { clock } = rotation;
  const giveUp = clock.now().getTime() + Math.min(SETTLE_MILLIS, clock.remaining() - TIME_TO_TELL_MILLIS);
  for (;;) {
    try {
      return await ensureOnce(rotation, isUpdate);
    } catch (error) {
      if (!maySettle(error, rotation) || clock.now().getTime() >= giveUp) throw error;
      await clock.sleep(SETTLE_PAUSE_MILLIS);
    }
  }
}

/** Whether a rotation that Secrets Manager had registered would be tried again after this error. Nobody else tries again here. */
function maySettle(error: unknown, { rotator }: Rotation): boolean {
  if (error instanceof AwsCallFailed) return error.accessDenied || (rotator.mayBeTooNew?.(error) ?? false);
  return error instanceof RotationError && !(error instanceof Refusal || error instanceof UnusableValue || error instanceof Abandoned);
}

async function ensureOnce(rotation: Rotation, isUpdate: boolean): Promise<Outcome> {
  const { secret, token } = rotation;
  const look = await secret.look();
  if (!isUpdate) refuseOtherRotator(look, rotation);
  if (look.versions.size === 0) {
    await secret.store(`${token}-empty`, '{}', [CURRENT]); // a secret can be made without any value
    return ensureOnce(rotation, isUpdate);
  }
  const currentVersion = look.versionWith(CURRENT);
  let held: Held | undefined;
  if (currentVersion !== token) {
    try {
      held = await currentOf(rotation, currentVersion);
    } catch (error) {
      // An update that has nothing to do with what is wrong with the secret must pass, and so must its rollback: rotations will say it.
      if (isUpdate && error instanceof UnusableValue && !error.wrongSettings) return { decision: 'nothing', why: error.message };
      throw error;
    }
    if (held !== undefined) {
      if (!isUpdate) await adopt(rotation, look, held);
      return { decision: 'nothing', why: 'the secret holds a credential already', ids: { current: held.id } };
    }
    for (const step of Object.values(STEPS)) held = { id: (await step(rotation)).ids?.current };
  }
  // Secrets Manager has not registered this rotation: the label that it would take off is taken off here.
  await secret.unlabel(token, PENDING);
  return { decision: 'issued', why: 'the secret held no credential yet', ids: { current: held?.id } };
}

/** A secret is rotated by one function: two would take each other's credentials for leftovers. */
function refuseOtherRotator({ rotatedBy }: Look, { secret, functionArn }: Rotation): void {
  if (rotatedBy === undefined || functionArn === undefined || rotatedBy === functionArn) return;
  throw new Refusal(`secret ${secret.id} is rotated by another function, ${rotatedBy}: switch that off first (aws secretsmanager cancel-rotate-secret), `
    + 'or remove it from its stack');
}

/**
 * Takes over what is there: from now on the secret knows its credential, whatever people do to it before the first rotation. A rotation
 * that was cancelled half-way has left its label, which would block the next one.
 */
async function adopt({ secret, rotator, token }: Rotation, look: Look, { id }: Held): Promise<void> {
  const [current, pending] = [look.versionWith(CURRENT), look.versionWith(PENDING)];
  await rotator.checkAdopted?.(await secret.currentText(current));
  if (id !== undefined && look.versionWith(id) === undefined) await secret.move(id, undefined, current!);
  if (pending && pending !== current && pending !== token && !look.rotationEnabled) await secret.unlabel(pending, PENDING);
}

async function currentOf({ secret, rotator }: Rotation, version: string | undefined): Promise<Held | undefined> {
  const current = await secret.currentText(version);
  const held = rotator.identify(current);
  if (held !== undefined) await rotator.checkOwner?.(current);
  return held;
}

/**
 * Before the secret is deleted: no rotation goes on, and what the secret has issued is revoked.
 * A secret that stays keeps its credentials.
 */
export async function revokeWithSecret(rotation: Rotation, secretIsRetained: boolean): Promise<Outcome> {
  const { secret, rotator } = rotation;
  const endRotation = async () => {
    const look = await secret.look();
    const pending = look.versionWith(PENDING);
    if (pending && pending !== look.versionWith(CURRENT)) await secret.unlabel(pending, PENDING);
    return look;
  };
  try {
    if (secretIsRetained || !rotator.kept) {
      await endRotation();
      return { decision: 'nothing', why: secretIsRetained ? 'the secret is retained, and so are its credentials' : 'what it holds goes with the secret' };
    }
    const { kept } = rotator;
    // Looked at anew each time: a rotation that was under way may just have stored one.
    const revoked = await kept.revokeAll(async () => Ledger.open(rotation, await endRotation()));
    return { decision: 'revoked', why: 'the secret is deleted', ids: { revoked: revoked.join(' ') } };
  } catch (error) {
    if (failedWith(error, 'ResourceNotFoundException')) return { decision: 'nothing', why: 'the secret is gone already' };
    throw error;
  }
}
