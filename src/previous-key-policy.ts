import { Annotations, Duration } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { RotationInterval } from './private/rotation-interval';
import { PreviousKeySettings } from './private/settings';

/** How a replaced key is kept until the next rotation. */
export interface KeepUntilNextRotationOptions {
  /**
   * How long a replaced key is sure to live: every consumer must have read the new key by then.
   *
   * Together with the rotation function's timeout at most the time between two scheduled rotations: the replaced key goes only after
   * both, and the next rotation would always come too early for it.
   *
   * Better at most four fifths of it. A consumer that reads the secret four times per overlap uses the old key for up to a quarter of
   * the overlap after it was replaced, and unless `evenIfInUse` the key must then be unused for one overlap before the next rotation.
   * More than that is warned of.
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
const READS_PER_OVERLAP = 4; // what the README asks of a consumer

/** What a policy is fitted into. */
interface Rotations {
  /** Where a warning is shown. */
  readonly scope: IConstruct;
  /** Absent if there is no schedule. */
  readonly interval?: RotationInterval;
  /** The rotation function's own. */
  readonly timeout: Duration;
}

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
    return new PreviousKeyPolicy((rotations) => {
      const evenIfInUse = options.evenIfInUse ?? false;
      if (options.overlap !== undefined) {
        checkOverlap(options.overlap, evenIfInUse, rotations);
      }
      return {
        overlapSeconds: (options.overlap ?? defaultOverlap(rotations.interval)).toSeconds(),
        evenIfInUse,
        isForAdministrator: false,
      };
    });
  }

  private constructor(private readonly render: (rotations: Rotations) => PreviousKeySettings) {}

  /**
   * As the rotation function reads it.
   *
   * @internal
   */
  public _render(rotations: Rotations): PreviousKeySettings {
    return this.render(rotations);
  }
}

/** At most half the interval: it fits with any timeout, and leaves room for a consumer that is late. */
function defaultOverlap(interval: RotationInterval | undefined): Duration {
  return interval === undefined
    ? DEFAULT_OVERLAP
    : Duration.seconds(Math.min(DEFAULT_OVERLAP.toSeconds(), Math.floor(interval.seconds / 2)));
}

function checkOverlap(overlap: Duration, evenIfInUse: boolean, { scope, interval, timeout }: Rotations): void {
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
  const stillUsed = overlap.toSeconds() / READS_PER_OVERLAP;
  if (!evenIfInUse && overlap.toSeconds() + stillUsed > interval.seconds) {
    const late = Duration.seconds(Math.ceil(stillUsed)).toHumanString();
    const most = Duration.seconds(Math.floor(interval.seconds * READS_PER_OVERLAP / (READS_PER_OVERLAP + 1))).toHumanString();
    Annotations.of(scope).addWarningV2('cdk-iam-key-rotation:PreviousKeyPolicy.overlap',
      `'overlap' is ${overlap.toHumanString()} of the ${between} between two rotations: a consumer that reads the secret ${READS_PER_OVERLAP} times per overlap `
      + `uses a replaced key for up to ${late}, and the key must then be unused for ${overlap.toHumanString()}, which is later than the next rotation, `
      + `so that one may be refused: use ${most} at most, or rotate less often`);
  }
}
