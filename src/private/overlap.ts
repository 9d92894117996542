/** How long a replaced credential is sure to live, and whether that fits between two rotations. */
import { Duration } from 'aws-cdk-lib';
import { RotationInterval } from './rotation-interval';

const DEFAULT_OVERLAP = Duration.days(7); // long enough for a consumer that restarts once a week

/** At most half the interval: it fits with any timeout, and leaves room for a consumer that is late. */
export function defaultOverlap(interval: RotationInterval | undefined): Duration {
  return interval === undefined
    ? DEFAULT_OVERLAP
    : Duration.seconds(Math.min(DEFAULT_OVERLAP.toSeconds(), Math.floor(interval.seconds / 2)));
}

/** Fails if every second rotation would be refused. */
export function checkOverlapFits(overlap: Duration, interval: RotationInterval | undefined, timeout: Duration): void {
  if (!interval?.isKnown || overlap.isUnresolved()) {
    return;
  }
  const between = Duration.seconds(interval.seconds).toHumanString();
  const added = timeout.isUnresolved() ? 0 : timeout.toSeconds();
  if (overlap.toSeconds() + added > interval.seconds) {
    const withTimeout = added === 0 ? '' : ` and the rotation function's timeout of ${timeout.toHumanString()} together`;
    throw new Error(`'overlap'${withTimeout} must be at most the time between two rotations, ${between}, got: ${overlap.toHumanString()}: `
      + 'a longer one would have every second rotation refused, shorten it, or rotate less often');
  }
}
