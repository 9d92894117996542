import { Abandoned, AwsCallFailed, NeverFinishes, Refusal, RotationError, UnusableValue } from './errors';
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
 *
 * @param isNew the secret is new to the function: what it holds is taken over, and nothing else may rotate it
 */
export async function ensureFirstValue(rotation: Rotation, isNew: boolean): Promise<Outcome> {
  const { clock } = rotation;
  const giveUp = clock.now().getTime() + Math.min(SETTLE_MILLIS, clock.remaining() - TIME_TO_TELL_MILLIS);
  for (;;) {
    try {
      return await ensureOnce(rotation, isNew);
    } catch (error) {
      if (!maySettle(error, rotation) || clock.now().getTime() >= giveUp) throw error;
      await clock.sleep(SETTLE_PAUSE_MILLIS);
    }
  }
}

/** Whether a rotation that Secrets Manager had registered would be tried again after this error. Nobody else tries again here. */
function maySettle(error: unknown, { rotator }: Rotation): boolean {
  if (error instanceof AwsCallFailed) return error.accessDenied || (rotator.mayBeTooNew?.(error) ?? false);
  return error instanceof RotationError && ![Refusal, UnusableValue, NeverFinishes, Abandoned].some((final) => error instanceof final);
}

async function ensureOnce(rotation: Rotation, isNew: boolean): Promise<Outcome> {
  const { secret, token } = rotation;
  const look = await secret.look();
  if (isNew) refuseOtherRotator(look, rotation);
  if (look.versions.size === 0) {
    await secret.store(`${token}-empty`, '{}', [CURRENT]); // a secret can be made without any value
    return ensureOnce(rotation, isNew);
  }
  const held = await credentialOf(rotation, look);
  if (held !== undefined && look.versionWith(CURRENT) === token) {
    if (look.labelsOf(token).includes(PENDING)) await secret.unlabel(token, PENDING);
    return { decision: 'issued', why: 'the request is repeated', ids: { current: held.id } };
  }
  if (held !== undefined) {
    if (isNew) await adopt(rotation, look, held);
    return { decision: 'nothing', why: 'the secret holds a credential already', ids: { current: held.id } };
  }
  let made: Outcome | undefined;
  for (const step of Object.values(STEPS)) made = await step(rotation);
  return { decision: 'issued', why: 'the secret held no credential yet', ids: { current: made?.ids?.current } };
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
async function adopt(rotation: Rotation, look: Look, { id }: Held): Promise<void> {
  const { secret, rotator, token } = rotation;
  const [current, pending] = [look.versionWith(CURRENT), look.versionWith(PENDING)];
  const recorded = rotator.kept ? await (await Ledger.open(rotation, look)).recordedIds() : new Set<string>();
  await rotator.checkAdopted?.(await secret.currentText(current), recorded);
  if (id !== undefined && look.versionWith(id) === undefined) await secret.move(id, undefined, current!);
  if (pending && pending !== token && (pending === current || !look.rotationEnabled)) await secret.unlabel(pending, PENDING);
}

/** The credential in the current version; undefined if it holds none. Throws `WrongSettings` if it is not for this rotator. */
export async function credentialOf({ secret, rotator }: Rotation, look?: Look): Promise<Held | undefined> {
  const current = await secret.currentText((look ?? await secret.look()).versionWith(CURRENT));
  const held = rotator.identify(current);
  if (held !== undefined) await rotator.checkOwner?.(current);
  return held;
}
