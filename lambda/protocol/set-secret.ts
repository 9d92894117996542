import { guard, Outcome, Rotation } from './rotation';

/** Makes a service accept the pending credential. One that the service itself has issued needs nothing. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  await guard(rotation);
  return { decision: 'nothing', why: 'the service itself has issued the credential' };
}
