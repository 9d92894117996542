import { Annotations, Duration } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { checkOverlapFits, defaultOverlap } from './private/overlap';
import { RotationInterval } from './private/rotation-interval';
import { PreviousKeySettings } from './private/settings';

/** How a replaced key is kept until the next rotation. */
export interface KeepUntilNextRotationOptions {
  /**
   * The minimum time a replaced key stays valid. Every consumer must read the new key before it ends.
   *
   * The overlap and the rotation function's timeout together must not exceed the time between two scheduled rotations. A replaced key can be deleted
   * only after both, so every second rotation would fail.
   *
   * Use at most four fifths of that time; the construct warns about more. A consumer that reads the secret four times per overlap may use the old
   * key for a quarter of the overlap after its replacement. Unless `evenIfInUse` is set, the key must then stay unused for one overlap before the
   * next rotation.
   *
   * @default - 7 days, or half the time between two scheduled rotations if that is shorter
   */
  readonly overlap?: Duration;

  /**
   * Whether to delete the replaced key after the overlap even if it is still in use.
   *
   * By default, a rotation that needs room for a new key fails while the replaced key is in use. It succeeds once the key has not been used for one
   * overlap. Use protects a key for at most two intervals (180 days without a schedule). With `true`, a consumer that has not read the new key
   * within the overlap loses access.
   *
   * @default false
   */
  readonly evenIfInUse?: boolean;
}

/** When a replaced key is retired. */
export interface RetireAfterOptions {
  /**
   * The time from the replacement of a key to its deactivation. AWS rejects an inactive key; you can activate it again.
   *
   * It must be at least the overlap. A key in use is deactivated once it has not been used for one overlap, and at the latest two intervals (180
   * days without a schedule) after its replacement.
   *
   * The actual delay is longer by the rotation function's timeout and by up to one check. Checks run every twenty-fourth of the shorter delay,
   * between hourly and every 12 hours.
   */
  readonly deactivate: Duration;

  /**
   * The time from the replacement of a key to its deletion. It must be at least `deactivate`.
   *
   * If use delays the deactivation of a key, its deletion is delayed by the same time. A rotation that needs room for a new key deletes an inactive
   * key sooner.
   */
  readonly delete: Duration;

  /**
   * The minimum time a replaced key stays valid. Every consumer must read the new key before it ends.
   *
   * @default - 7 days, or half the time between two scheduled rotations, or `deactivate`, whichever is shortest
   */
  readonly overlap?: Duration;

  /**
   * Whether to deactivate the replaced key even if it is still in use.
   *
   * @default false
   */
  readonly evenIfInUse?: boolean;
}

const MAX_KEY_AGE_DAYS = 90; // CIS AWS Foundations
const READS_PER_OVERLAP = 4; // what the README requires of a consumer

/** The rotation that a policy applies to. */
interface PolicyContext {
  /** Where warnings appear. */
  readonly scope: IConstruct;
  /** Absent if there is no schedule. */
  readonly interval?: RotationInterval;
  /** The rotation function's timeout. */
  readonly timeout: Duration;
}

/**
 * What happens to the key that a rotation replaces.
 *
 * @example
 * new IamKeyRotationSecret(this, 'UploaderKey', {
 *   // every consumer reads the secret at least once a day
 *   previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.days(2) }),
 * });
 */
export class PreviousKeyPolicy {
  /**
   * Keeps the replaced key valid until the next rotation needs its place: IAM allows two keys per user.
   *
   * @param options the overlap
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
   * Deactivates the replaced key, and later deletes it. A check with its own schedule does both.
   *
   * The check stores nothing: it derives what is due from the secret's versions and the user's keys. A lost, late or repeated check does no harm.
   * While the current key is missing or inactive, the check retires nothing.
   *
   * @param options the delays
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
   * Deletes the replaced key as soon as the new one is current, even if it is in use: for an emergency. A consumer that has not read the new key
   * loses access.
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
   * Leaves the replaced key to an administrator, who deletes it or retires it with the command of `grantRetire()`. Until then, the next rotation,
   * which needs its place, fails and names the key.
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
   * The settings that the rotation function reads.
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
  const lastUse = overlap.toSeconds() / READS_PER_OVERLAP;
  if (!evenIfInUse && overlap.toSeconds() + lastUse > interval.seconds) {
    const most = Duration.seconds(Math.floor(interval.seconds * READS_PER_OVERLAP / (READS_PER_OVERLAP + 1))).toHumanString();
    Annotations.of(scope).addWarningV2('cdk-iam-key-rotation:PreviousKeyPolicy.overlap',
      `'overlap' should be at most ${most}, four fifths of the time between two rotations, got: ${overlap.toHumanString()}. `
      + `A consumer that reads the secret ${READS_PER_OVERLAP} times per overlap may use a replaced key for `
      + `${Duration.seconds(Math.ceil(lastUse)).toHumanString()}, and the next rotation fails unless the key has then been unused for one overlap: `
      + 'shorten the overlap, or rotate less often.');
  }
}

function checkRetirement({ deactivate, delete: deletion, overlap }: RetireAfterOptions, { interval }: PolicyContext): void {
  const isKnown = (duration: Duration | undefined): duration is Duration => duration !== undefined && !duration.isUnresolved();
  if (isKnown(deactivate) && isKnown(deletion) && deletion.toSeconds() < deactivate.toSeconds()) {
    throw new Error(`'delete' must be at least 'deactivate', ${deactivate.toHumanString()}, got: ${deletion.toHumanString()}. `
      + 'A key is deactivated first, so that you can activate it again if a consumer still needs it.');
  }
  if (isKnown(deactivate) && isKnown(overlap) && deactivate.toSeconds() < overlap.toSeconds()) {
    throw new Error(`'deactivate' must be at least 'overlap', ${overlap.toHumanString()}, got: ${deactivate.toHumanString()}. `
      + 'Shorten the overlap, or deactivate later.');
  }
  if (interval?.isKnown && isKnown(deactivate) && deactivate.toSeconds() > interval.seconds) {
    throw new Error(`'deactivate' must be at most the time between two rotations, ${Duration.seconds(interval.seconds).toHumanString()}, `
      + `got: ${deactivate.toHumanString()}. The next rotation needs the key's place: deactivate sooner, or rotate less often.`);
  }
}

/** A key is current for one interval, and then stays valid until it is retired. */
function warnAboutKeyAge(after: Duration, prop: string, { scope, interval }: PolicyContext): void {
  if (!interval?.isKnown || after.isUnresolved()) {
    return;
  }
  const days = Math.ceil((interval.seconds + after.toSeconds()) / 86_400);
  if (days > MAX_KEY_AGE_DAYS) {
    Annotations.of(scope).addWarningV2('cdk-iam-key-rotation:PreviousKeyPolicy.age',
      `a key can reach ${days} days before it is removed, which is the time between two rotations and '${prop}' together; CIS AWS Foundations allows `
      + `${MAX_KEY_AGE_DAYS} days. Rotate more often.`);
  }
}
