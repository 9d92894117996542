import type { Clock, Verdict } from './rotator';

/** The shortest window of a rotation: what does not work after so long is tried no more by a rotation with the shortest one. */
const GIVE_UP_MILLIS = 60 * 60 * 1000;

/** The verdict on what did not work: it may yet, but a rotation that goes on for ever would block the next one. */
export async function notYetOrNever(why: string, registeredAt: () => Promise<Date | undefined>, clock: Clock): Promise<Verdict> {
  const since = await registeredAt();
  return since !== undefined && clock.now().getTime() - since.getTime() >= GIVE_UP_MILLIS
    ? { kind: 'never', why: `${why}; it has not worked since ${since.toISOString()}`, revoke: true }
    : { kind: 'notYet', why };
}
