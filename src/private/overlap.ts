/** The minimum time a replaced credential stays valid. */
import { Duration } from 'aws-cdk-lib';
import { RotationInterval } from './rotation-interval';

const DEFAULT_OVERLAP = Duration.days(7); // enough for a consumer that restarts once a week

/** At most half the interval: fits with any timeout, and tolerates a consumer that reads late. */
export function defaultOverlap(interval: RotationInterval | undefined): Duration {
  return interval === undefined
    ? DEFAULT_OVERLAP
    : Duration.seconds(Math.min(DEFAULT_OVERLAP.toSeconds(), Math.floor(interval.seconds / 2)));
}

/** Throws if the overlap is so long that every second rotation would fail. */
export function checkOverlapFits(overlap: Duration, interval: RotationInterval | undefined, timeout: Duration): void {
  if (!interval?.isKnown || overlap.isUnresolved()) return;
  const timeoutSeconds = timeout.isUnresolved() ? 0 : timeout.toSeconds();
  if (overlap.toSeconds() + timeoutSeconds > interval.seconds) {
    const withTimeout = timeoutSeconds === 0 ? '' : ` plus the rotation function's timeout of ${timeout.toHumanString()}`;
    throw new Error(`'overlap'${withTimeout} must be at most the time between two rotations, ${Duration.seconds(interval.seconds).toHumanString()}, `
      + `got: ${overlap.toHumanString()}. Otherwise every second rotation would fail: shorten the overlap, or rotate less often.`);
  }
}
