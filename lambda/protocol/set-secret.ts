import { guard, Outcome, Rotation } from './rotation';

/** Makes a service accept the pending credential. An access key needs nothing: IAM made it. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  await guard(rotation);
  return { decision: 'nothing', why: 'the credential was made by the service itself' };
}
