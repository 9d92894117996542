import { AwsCallFailed, NeverFinishes, RotationError } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT, PENDING } from './labels';
import { Ledger } from './ledger';
import { guard, Outcome, Rotation } from './rotation';
import type { Issued } from './rotator';

/** Secrets Manager refuses such a request each time, and a credential is made for it and revoked each time. */
const REFUSED_FOR_GOOD = ['LimitExceededException', 'InvalidParameterException', 'ValidationException'];

/** So many times an answer to storing may be lost before the step leaves it to the next attempt. */
const STORE_ATTEMPTS = 3;

/** Makes a new credential and stores it, with everything else that the secret holds, in the pending version. */
export async function createSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, registered, rotator } = rotation;
  const look = registered ? await guard(rotation) : await secret.look();
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) return { decision: 'nothing', why: 'the version is current already' };

  const stored = await secret.text(token);
  const current = await secret.currentText(currentVersion);
  const held = rotator.identify(current);
  if (stored !== undefined) {
    if (holdSame(rotator, stored, current)) throw new NeverFinishes('its version holds the current credential');
    return { decision: 'nothing', why: 'the version has its value already', ids: { pending: rotator.identify(stored)?.id } };
  }
  if (rotator.kept) {
    const ledger = await Ledger.open(rotation, look);
    await rotator.kept.makeRoom(current, ledger);
    await ledger.forgetAbandoned();
  }
  rotation.onIssue?.();
  const issued = await rotator.issue(current, { secretArn: look.arn, rotationId: token, isFirst: !registered });
  rotation.onIssued?.(issued.id);

  await stillPending(rotation, issued);
  await store(rotation, issued);
  return { decision: 'issued', why: held ? 'a rotation was asked for' : 'the secret held no credential yet', ids: { pending: issued.id, current: held?.id } };
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
        const why = `${nameOf(issued)}, just made, could not be stored and is deleted again: ${error.message}`;
        throw REFUSED_FOR_GOOD.includes(error.code) ? new NeverFinishes(why) : new AwsCallFailed(why, error.code, true);
      }
    }
  }
}

/** What nobody keeps is gone when it is not stored. A service may have answered with what another copy of the step has stored. */
async function revoke({ secret, rotator }: Rotation, { id }: Issued): Promise<void> {
  if (id === undefined || !rotator.kept || (await secret.look()).versionWith(id) !== undefined) return;
  await rotator.kept.revoke(id);
}
