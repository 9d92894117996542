import { abandon } from './abandon';
import { Abandoned, AwsCallFailed, NeverFinishes, Refusal, RotationError, UnusableValue, WrongSettings } from './errors';
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
  const issued = new Set<string | undefined>();
  const giveUp = clock.now().getTime() + Math.min(SETTLE_MILLIS, clock.remaining() - TIME_TO_TELL_MILLIS);
  for (;;) {
    try {
      return await ensureOnce({
        ...rotation,
        onIssued: (id) => {
          issued.add(id);
          rotation.onIssued?.(id);
        },
      }, isNew);
    } catch (error) {
      if (!maySettle(error, rotation) || clock.now().getTime() >= giveUp) {
        await takeBack(rotation, issued).catch(() => undefined); // why the deployment fails is what is told
        throw error;
      }
      await clock.sleep(SETTLE_PAUSE_MILLIS);
    }
  }
}

/** What this very attempt has stored, and not another copy of it: Lambda may send a request twice. */
async function takeBack(rotation: Rotation, issued: ReadonlySet<string | undefined>): Promise<void> {
  const labels = (await rotation.secret.look()).labelsOf(rotation.token);
  if (issued.has(labels.find((label) => rotation.rotator.kept?.isId(label)))) await abandon(rotation, 'the deployment failed');
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
  const recorded = look.labelsOf(look.versionWith(CURRENT)!).find((label) => rotation.rotator.kept?.isId(label));
  if (recorded !== undefined) {
    throw new WrongSettings(`the secret's current version holds ${recorded}, and not in the fields that are looked for: name the fields that it has had until now`);
  }
  let made: Outcome | undefined;
  for (const step of Object.values(STEPS)) made = await step(rotation);
  return { decision: 'issued', why: 'the secret held no credential yet', ids: { current: made?.ids?.current } };
}

/** A secret is rotated by one function: two would take each other's credentials for leftovers. */
function refuseOtherRotator({ rotatedBy, rotationEnabled }: Look, { secret, functionArn }: Rotation): void {
  if (!rotationEnabled || functionArn === undefined || rotatedBy === functionArn) return;
  if (rotatedBy === undefined) throw new Refusal(`secret ${secret.id} is rotated by the service that it is for, and not by a function: leave it to that service`);
  throw new Refusal(`secret ${secret.id} is rotated by another function, ${rotatedBy}. If that is this app's own (the rotation has moved, or refers to `
    + 'the secret in another way), see docs/adoption.md, "To another stack"; else switch it off first (aws secretsmanager cancel-rotate-secret)');
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
