import { Duration } from 'aws-cdk-lib';
import { RotationInterval } from './private/rotation-interval';
import { PreviousKeySettings } from './private/settings';

/** How a replaced key is kept until the next rotation. */
export interface KeepUntilNextRotationOptions {
  /**
   * How long a replaced key is sure to live: every consumer must have read the new key by then.
   *
   * At most the time between two scheduled rotations.
   *
   * @default - 7 days, or half the time between two scheduled rotations if that is shorter
   */
  readonly overlap?: Duration;

  /**
   * Whether the replaced key goes after the overlap even if it was used a moment ago.
   *
   * By default a rotation that needs the place of a replaced key is refused while that key is in use, until it has not been used for
   * one overlap, and at most for two intervals (180 days without a schedule). With `true` a consumer that did not read the new key
   * within the overlap is cut off.
   *
   * @default false
   */
  readonly evenIfInUse?: boolean;
}

const DEFAULT_OVERLAP = Duration.days(7); // long enough for a consumer that restarts once a week

/**
 * What becomes of the key that a rotation replaces.
 *
 * @example
 * new IamKeyRotationSecret(this, 'UploaderKey', {
 *   // every consumer reads the secret at least once a day
 *   previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.days(2) }),
 * });
 */
export class PreviousKeyPolicy {
  /**
   * The replaced key stays valid until the next rotation needs its place: IAM allows a user two keys.
   *
   * @param options how long it is sure to live
   */
  public static keepUntilNextRotation(options: KeepUntilNextRotationOptions = {}): PreviousKeyPolicy {
    return new PreviousKeyPolicy((interval) => ({
      kind: 'keepUntilNextRotation',
      overlapSeconds: overlapSeconds(options.overlap, interval),
      evenIfInUse: options.evenIfInUse ?? false,
    }));
  }

  private constructor(private readonly render: (interval?: RotationInterval) => PreviousKeySettings) {}

  /**
   * As the rotation function reads it.
   *
   * @internal
   */
  public _render(interval?: RotationInterval): PreviousKeySettings {
    return this.render(interval);
  }
}

function overlapSeconds(overlap: Duration | undefined, interval: RotationInterval | undefined): number {
  if (overlap === undefined) {
    return interval === undefined
      ? DEFAULT_OVERLAP.toSeconds()
      : Math.min(DEFAULT_OVERLAP.toSeconds(), Math.floor(interval.seconds / 2));
  }
  if (!overlap.isUnresolved() && interval?.isKnown && overlap.toSeconds() > interval.seconds) {
    throw new Error(`'overlap' must be at most the time between two rotations, ${Duration.seconds(interval.seconds).toHumanString()}, `
      + `got: ${overlap.toHumanString()}: shorten it, or rotate less often`);
  }
  return overlap.toSeconds();
}
