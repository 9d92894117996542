import { RotationError } from './errors';
import type { Clock } from './rotator';

/**
 * Kept back from others' code: to store what it has made, or to say that it did not answer. A deployment answers CloudFormation ten seconds before
 * the function's time is over.
 */
export const RESERVE_MILLIS = 20_000;

/** Waits for others' code as long as the function's own time allows; what comes later is not listened to. */
export async function within<T>(work: Promise<T>, clock: Clock, reserveMillis: number, who: string): Promise<T> {
  const millis = Math.max(0, clock.remaining() - reserveMillis);
  const late = async (): Promise<never> => {
    await clock.sleep(millis);
    throw new RotationError(`${who} did not answer in ${Math.round(millis / 1000)} s: let it give up earlier, or raise the function's timeout`);
  };
  return Promise.race([work, late()]);
}
