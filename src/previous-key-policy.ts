import { Annotations, Duration } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { checkOverlapFits, defaultOverlap } from './private/overlap';
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

/** When a replaced key is retired. */
export interface RetireAfterOptions {
  /**
   * How long after its replacement a key is deactivated: from then on it is refused, and can be activated again.
   *
   * At least the overlap. A key that is in use is deactivated once it has not been used for one overlap, and at the latest two intervals (180
   * days without a schedule) after it was replaced. The rotation function's timeout comes on top, and up to one check, which is made
   * every twenty-fourth of the shorter delay, from hourly to every 12 hours.
   */
  readonly deactivate: Duration;

  /**
   * How long after its replacement a key is deleted, at least `deactivate`. If use has put off its deactivation, its deletion is put off
   * as long. A rotation that needs the place deletes an inactive key sooner.
   */
  readonly delete: Duration;

  /**
   * How long a replaced key is sure to live: every consumer must have read the new key by then.
   *
   * @default - 7 days, or half the time between two scheduled rotations, or `deactivate`, whichever is shortest
   */
  readonly overlap?: Duration;

  /**
   * Whether the replaced key is deactivated even if it was used a moment ago.
   *
   * @default false
   */
  readonly evenIfInUse?: boolean;
}

/** CIS AWS Foundations asks for keys of at most so many days. */
const MAX_KEY_AGE_DAYS = 90;
const READS_PER_OVERLAP = 4; // what the README asks of a consumer

/** What a policy is fitted into. */
interface PolicyContext {
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
    return new PreviousKeyPolicy((context) => {
      const evenIfInUse = options.evenIfInUse ?? false;
      if (options.overlap !== undefined) {
        checkOverlap(options.overlap, evenIfInUse, context);
      }
      const overlap = options.overlap ?? defaultOverlap(context.interval);
      warnAboutKeyAge(overlap, 'overlap', context);
      return { overlapSeconds: overlap.toSeconds(), evenIfInUse, isForAdministrator: false };
    });
  }

  /**
   * The replaced key is deactivated, and later deleted, by a check that runs on a schedule of its own.
   *
   * The check remembers nothing: what is due it derives from the secret's versions and the user's keys, so that a check that is lost, late
   * or repeated changes nothing. While the current key is missing or inactive, nothing is retired.
   *
   * @param options when
   */
  public static retireAfter(options: RetireAfterOptions): PreviousKeyPolicy {
    return new PreviousKeyPolicy((context) => {
      const evenIfInUse = options.evenIfInUse ?? false;
      const { deactivate } = options;
      checkRetirement(options, context);
      if (options.overlap !== undefined) {
        checkOverlap(options.overlap, evenIfInUse, context);
      }
      warnAboutKeyAge(deactivate, 'deactivate', context);
      const usualOverlap = defaultOverlap(context.interval);
      const isShorter = !deactivate.isUnresolved() && deactivate.toSeconds() < usualOverlap.toSeconds();
      const overlap = options.overlap ?? (isShorter ? deactivate : usualOverlap);
      return {
        overlapSeconds: overlap.toSeconds(),
        evenIfInUse,
        isForAdministrator: false,
        retire: { deactivateSeconds: deactivate.toSeconds(), deleteSeconds: options.delete.toSeconds(), atOnce: false },
      };
    });
  }

  /**
   * The replaced key is deleted as soon as the new one is current, whether it is in use or not: for an emergency. A consumer that has not
   * read the new key is refused from then on.
   */
  public static retireImmediately(): PreviousKeyPolicy {
    return new PreviousKeyPolicy(() => ({
      overlapSeconds: 0,
      evenIfInUse: true,
      isForAdministrator: false,
      retire: { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true },
    }));
  }

  /**
   * No rotation removes a replaced key: an administrator deletes it, or retires it by the command of `grantRetire()`. Until then the
   * next rotation, which needs its place, is refused, and names the key.
   */
  public static keepForAdministrator(): PreviousKeyPolicy {
    return new PreviousKeyPolicy(({ interval }) => ({
      overlapSeconds: defaultOverlap(interval).toSeconds(),
      evenIfInUse: false,
      isForAdministrator: true,
    }));
  }

  private constructor(private readonly render: (context: PolicyContext) => PreviousKeySettings) {}

  /**
   * As the rotation function reads it.
   *
   * @internal
   */
  public _render(context: PolicyContext): PreviousKeySettings {
    return this.render(context);
  }
}

function checkOverlap(overlap: Duration, evenIfInUse: boolean, { scope, interval, timeout }: PolicyContext): void {
  checkOverlapFits(overlap, interval, timeout);
  if (!interval?.isKnown || overlap.isUnresolved()) {
    return;
  }
  const between = Duration.seconds(interval.seconds).toHumanString();
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

function checkRetirement({ deactivate, delete: deletion, overlap }: RetireAfterOptions, { interval }: PolicyContext): void {
  const isKnown = (duration: Duration | undefined): duration is Duration => duration !== undefined && !duration.isUnresolved();
  if (isKnown(deactivate) && isKnown(deletion) && deletion.toSeconds() < deactivate.toSeconds()) {
    throw new Error(`'delete' must not come before 'deactivate', ${deactivate.toHumanString()}, got: ${deletion.toHumanString()}: `
      + 'a key is deactivated first, so that it can be activated again if somebody still needs it');
  }
  if (isKnown(deactivate) && isKnown(overlap) && deactivate.toSeconds() < overlap.toSeconds()) {
    throw new Error(`'deactivate' must not come before the end of 'overlap', ${overlap.toHumanString()}, got: ${deactivate.toHumanString()}: `
      + 'the overlap is how long a replaced key is sure to live, shorten it, or deactivate later');
  }
  if (interval?.isKnown && isKnown(deactivate) && deactivate.toSeconds() > interval.seconds) {
    throw new Error(`'deactivate' must be at most the time between two rotations, ${Duration.seconds(interval.seconds).toHumanString()}, `
      + `got: ${deactivate.toHumanString()}: the next rotation needs the place of the key before that, deactivate sooner, or rotate less often`);
  }
}

/** The oldest key that works is as old as the interval and what follows it together. */
function warnAboutKeyAge(after: Duration, prop: string, { scope, interval }: PolicyContext): void {
  if (!interval?.isKnown || after.isUnresolved()) {
    return;
  }
  const days = Math.ceil((interval.seconds + after.toSeconds()) / 86_400);
  if (days > MAX_KEY_AGE_DAYS) {
    Annotations.of(scope).addWarningV2('cdk-iam-key-rotation:PreviousKeyPolicy.age',
      `the time between two rotations and '${prop}' together are ${days} days: so old is a key before it goes, and CIS AWS Foundations asks for `
      + `${MAX_KEY_AGE_DAYS} at most: rotate more often`);
  }
}
