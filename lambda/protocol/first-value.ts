import { Abandoned, AwsCallFailed, failedWith, Refusal, RotationError, UnusableValue } from './errors';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import type { Outcome, Rotation } from './rotation';
import type { Look } from './secret';
import { STEPS } from './steps';

/** IAM is eventually consistent, and so are reads: what the same deployment has just made is waited for this long. */
const SETTLE_MILLIS = 60 * 1000;
const SETTLE_PAUSE_MILLIS = 5 * 1000;

/**
 * Sees to it that the secret holds a credential: if it holds none, the four steps run right here. Compares with what the secret
 * really holds, never with what an earlier deployment wanted, so that it may be repeated, and so that a rollback passes.
 */
export async function ensureFirstValue(rotation: Rotation, isUpdate: boolean): Promise<Outcome> {
  const { clock } = rotation;
  const giveUp = clock.now().getTime() + SETTLE_MILLIS;
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
  if (error instanceof AwsCallFailed) return error.accessDenied || rotator.mayBeTooNew(error);
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
  let id: string | undefined;
  if (currentVersion !== token) {
    try {
      id = await currentId(rotation, currentVersion);
    } catch (error) {
      // An update that has nothing to do with what is wrong with the secret must pass, and so must its rollback: rotations will say it.
      if (isUpdate && error instanceof UnusableValue && !error.wrongSettings) return { decision: 'nothing', why: error.message };
      throw error;
    }
    if (id !== undefined) {
      if (!isUpdate) await adopt(rotation, look, id);
      return { decision: 'nothing', why: 'the secret holds a credential already', ids: { current: id } };
    }
    for (const step of Object.values(STEPS)) id = (await step(rotation)).ids?.current;
  }
  // Secrets Manager has not registered this rotation: the label that it would take off is taken off here.
  await secret.unlabel(token, PENDING);
  return { decision: 'issued', why: 'the secret held no credential yet', ids: { current: id } };
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
async function adopt({ secret, rotator, token }: Rotation, look: Look, id: string): Promise<void> {
  const [current, pending] = [look.versionWith(CURRENT), look.versionWith(PENDING)];
  await rotator.checkAdopted(await secret.currentText(current));
  if (look.versionWith(id) === undefined) await secret.move(id, undefined, current!);
  if (pending && pending !== current && pending !== token && !look.rotationEnabled) await secret.unlabel(pending, PENDING);
}

async function currentId({ secret, rotator }: Rotation, version: string | undefined): Promise<string | undefined> {
  const current = await secret.currentText(version);
  const id = rotator.identify(current);
  if (id !== undefined) await rotator.checkOwner(current);
  return id;
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
    if (secretIsRetained) {
      await endRotation();
      return { decision: 'nothing', why: 'the secret is retained, and so are its credentials' };
    }
    // Looked at anew each time: a rotation that was under way may just have stored one.
    const revoked = await rotator.revokeAll(async () => Ledger.open(rotation, await endRotation()));
    return { decision: 'revoked', why: 'the secret is deleted', ids: { revoked: revoked.join(' ') } };
  } catch (error) {
    if (failedWith(error, 'ResourceNotFoundException')) return { decision: 'nothing', why: 'the secret is gone already' };
    throw error;
  }
}
