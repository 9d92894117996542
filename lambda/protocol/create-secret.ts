import { abandon } from './abandon';
import { AwsCallFailed, Refusal, RotationError, UnusableValue } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import { guard, Outcome, Rotation } from './rotation';
import type { Held, Issued } from './rotator';

/** The shortest rotation window: a rotation that cannot succeed within it is given up rather than left pending. */
const SHORTEST_WINDOW_MILLIS = 60 * 60 * 1000;

/** So many times an answer to storing may be lost before the step leaves it to the next attempt. */
const STORE_ATTEMPTS = 3;

/** Makes a new credential and stores it, with everything else that the secret holds, in the pending version. */
export async function createSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, registered, rotator } = rotation;
  const look = registered ? await guard(rotation) : await secret.look();
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) return { decision: 'nothing', why: 'the version is current already' };

  let held: Held | undefined;
  let issued: Issued;
  try {
    const stored = await secret.text(token);
    const current = await secret.currentText(currentVersion);
    held = rotator.identify(current);
    if (stored !== undefined) {
      if (holdSame(rotator, stored, current)) return await abandon(rotation, 'its version holds the current credential');
      return { decision: 'nothing', why: 'the version has its value already', ids: { pending: rotator.identify(stored)?.id } };
    }
    await rotator.kept?.makeRoom(current, await Ledger.open(rotation, look));
    rotation.onIssue?.();
    issued = await rotator.issue(current, { secretArn: look.arn, rotationId: token, isFirst: !registered });
  } catch (error) {
    if (isHopeless(error, rotation)) return abandon(rotation, error.message);
    throw error;
  }

  await stillPending(rotation, issued);
  await store(rotation, issued);
  return { decision: 'issued', why: held ? 'a rotation was asked for' : 'the secret held no credential yet', ids: { pending: issued.id, current: held?.id } };
}

/** Whether another attempt within this rotation's window can do no better. A rotation that nobody has registered has no window. */
function isHopeless(error: unknown, { registered, clock }: Rotation): error is RotationError {
  if (!registered) return false;
  if (error instanceof UnusableValue) return true;
  return error instanceof Refusal && !(error.retryAt && error.retryAt.getTime() - clock.now().getTime() <= SHORTEST_WINDOW_MILLIS);
}

/** A rotation that was abandoned meanwhile must not leave a credential behind. */
async function stillPending(rotation: Rotation, issued: Issued): Promise<void> {
  if (!rotation.registered) return;
  let pending = false;
  try {
    pending = (await rotation.secret.look()).labelsOf(rotation.token).includes(PENDING);
  } finally {
    if (!pending) await revoke(rotation, issued);
  }
  if (!pending) {
    throw new RotationError(`rotation ${rotation.token} of secret ${rotation.secret.id} was ended while it ran: ${nameOf(issued)}, just made, is deleted again`);
  }
}

/** Stores the credential. One that is certainly not stored is revoked; one of which that is unclear is left for the next attempt to find. */
async function store(rotation: Rotation, issued: Issued): Promise<void> {
  let unclear = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await rotation.secret.store(rotation.token, issued.text, [PENDING, ...(issued.id === undefined ? [] : [issued.id])]);
    } catch (error) {
      if (!(error instanceof AwsCallFailed)) throw error;
      unclear ||= !error.refused;
      const again = attempt < STORE_ATTEMPTS && (!error.refused || error.code.startsWith('Throttling'));
      if (again) {
        await rotation.clock.sleep(attempt * 1000);
      } else if (unclear) {
        throw new RotationError(`it is unclear whether ${nameOf(issued)}, just made, was stored: the next attempt finds it, or clears up where that can be done. ${error.message}`);
      } else {
        await revoke(rotation, issued);
        throw new AwsCallFailed(`${nameOf(issued)}, just made, could not be stored and is deleted again: ${error.message}`, error.code, true);
      }
    }
  }
}

/** What nobody keeps is gone when it is not stored. */
async function revoke({ rotator }: Rotation, { id }: Issued): Promise<void> {
  if (id !== undefined) await rotator.kept?.revoke(id);
}
