import { abandon } from './abandon';
import { Abandoned, HasEnded, IsCurrent, nameAndMessage, NeverFinishes, NotUnderWay, OutOfOrder, Refusal, UnusableValue } from './errors';
import { PENDING } from './labels';
import type { Outcome, Rotation } from './rotation';

/** The shortest window of a rotation: one that fails for so long is tried no more by a rotation with the shortest window, and blocks the next one. */
const LONGEST_MILLIS = 60 * 60 * 1000;

/**
 * Carries a step out, and gives its rotation up where another attempt can do no better, or where attempts have failed for an hour. AWSPENDING would
 * stay on its version, and RotateSecret and changes of the schedule would be refused.
 */
export async function orGiveUp(rotation: Rotation, step: (rotation: Rotation) => Promise<Outcome>): Promise<Outcome> {
  try {
    return await step(rotation);
  } catch (error) {
    if ([Abandoned, NotUnderWay, OutOfOrder, IsCurrent].some((told) => error instanceof told)) throw error;
    if (error instanceof HasEnded) { // there is nothing of this rotation to take back
      await rotation.secret.unlabel(rotation.token, PENDING);
      throw new Abandoned(error.message);
    }
    const message = error instanceof Error ? error.message : nameAndMessage(error);
    if (isHopeless(error, rotation)) return abandon(rotation, message);
    const since = await failingSince(rotation);
    if (since) return abandon(rotation, `${message}; it has not succeeded since ${since.toISOString()}`);
    throw error;
  }
}

/** Whether no attempt within the shortest window can do better. */
function isHopeless(error: unknown, { clock }: Rotation): boolean {
  if (error instanceof UnusableValue || error instanceof NeverFinishes) return true;
  return error instanceof Refusal && !(error.retryAt && error.retryAt.getTime() - clock.now().getTime() <= LONGEST_MILLIS);
}

/** When a rotation that has been tried for too long was registered. */
async function failingSince({ secret, token, clock }: Rotation): Promise<Date | undefined> {
  const since = await secret.registeredAt(token).catch(() => undefined); // the step's own error is the one to tell
  return since && clock.now().getTime() - since.getTime() >= LONGEST_MILLIS ? since : undefined;
}
