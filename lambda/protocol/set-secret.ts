import { rollBack } from './abandon';
import { OutOfOrder, RotationError } from './errors';
import { CURRENT, PENDING } from './labels';
import { guard, Outcome, Rotation } from './rotation';

/** Makes a service accept the pending credential. One that the service itself has issued needs nothing. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  const look = await guard(rotation);
  if (!rotator.apply) return { decision: 'nothing', why: 'the credential needs no setting' };
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) return { decision: 'nothing', why: 'the version is current already' };
  const [pending, current] = await Promise.all([secret.text(token), secret.currentText(currentVersion)]);
  if (pending === undefined) throw new OutOfOrder(`version ${token} of secret ${secret.id} has no value: createSecret has not stored one`);
  const isStillPending = async () => !(await guard(rotation)).labelsOf(token).includes(CURRENT);
  await rotator.apply({ pending, current, version: token, isStillPending });
  await undoIfOver(rotation);
  return { decision: 'applied', why: 'the service was told of the new credential' };
}

/** Another copy of the step may have given the rotation up, and rolled back, while this one applied. */
async function undoIfOver(rotation: Rotation): Promise<void> {
  const { secret, token } = rotation;
  const look = await secret.look();
  if (look.labelsOf(token).some((label) => label === PENDING || label === CURRENT)) return;
  await rollBack(rotation, look.versionWith(CURRENT));
  throw new RotationError(`rotation ${token} of secret ${secret.id} was ended while its credential was applied: that is rolled back`);
}
