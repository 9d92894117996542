import { abandon } from './abandon';
import { NeverAccepted, RotationError } from './errors';
import { CURRENT } from './labels';
import { guard, Outcome, Rotation } from './rotation';

/** Makes a service accept the pending credential. One that the service itself has issued needs nothing. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  const look = await guard(rotation);
  if (!rotator.apply) return { decision: 'nothing', why: 'the credential needs no setting' };
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) return { decision: 'nothing', why: 'the version is current already' };
  const [pending, current] = await Promise.all([secret.text(token), secret.currentText(currentVersion)]);
  if (pending === undefined) throw new RotationError(`version ${token} of secret ${secret.id} has no value: createSecret has not stored one`);
  try {
    await rotator.apply({ pending, current, version: token });
  } catch (error) {
    if (error instanceof NeverAccepted) return abandon(rotation, error.message);
    throw error;
  }
  return { decision: 'applied', why: 'the service was told of the new credential' };
}
