import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { CronTimes, cronTimes } from './private/cron';
import { RenderedSchedule, RotationInterval } from './private/rotation-interval';

/** The window of a rotation. */
export interface SecretRotationWindowOptions {
  /**
   * The time within which a rotation may begin, and is retried if it fails.
   *
   * Whole hours, from 1 to 99. For a schedule in hours, the window must not exceed the time between two rotations. For a schedule in days, it must
   * end on the same day (UTC).
   *
   * @default - one hour for a schedule in hours, until the end of the day (UTC) for a schedule in days
   */
  readonly window?: Duration;
}

/** The fields of a cron, and its window. */
export interface SecretRotationCronOptions extends events.CronOptions {
  /**
   * The time within which a rotation may begin, and is retried if it fails.
   *
   * Whole hours, from 1 to 99. With several rotations a day, the window must not exceed the time between two rotations. Otherwise it must end on the
   * same day (UTC).
   *
   * @default - one hour with several rotations a day, otherwise until the end of the day (UTC)
   */
  readonly window?: Duration;
}

const MIN_HOURS = 4; // Secrets Manager rotates a secret at most every 4 hours
const MAX_DAYS = 999; // and at least every 999 days
const MAX_WINDOW_HOURS = 99; // its API accepts three characters, such as '99h'
const DEFAULT_DAYS = 30;

/**
 * When Secrets Manager rotates a secret. All times are UTC.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 *
 * @example
 * new IamKeyRotationSecret(this, 'UploaderKey', {
 *   // on the first Monday of each month, between 8 and 10 in the morning
 *   schedule: SecretRotationSchedule.cron({ minute: '0', hour: '8', weekDay: 'MON#1', window: Duration.hours(2) }),
 * });
 */
export class SecretRotationSchedule {
  /**
   * At a fixed interval.
   *
   * @param interval whole hours, from 4 hours to 999 days
   * @param options the window
   */
  public static rate(interval: Duration, options: SecretRotationWindowOptions = {}): SecretRotationSchedule {
    if (interval.isUnresolved()) {
      if (!/^(hour|day)s?$/.test(interval.unitLabel())) {
        throw new Error(`'interval' must be in hours or days if its value is a token, got: ${interval.unitLabel()}`);
      }
      return new SecretRotationSchedule({
        expression: `rate(${interval.formatTokenToNumber()})`,
        duration: renderWindow(options.window),
        interval: RotationInterval.ASSUMED,
      });
    }
    const hours = interval.toMinutes({ integral: false }) / 60;
    if (!Number.isInteger(hours)) {
      throw new Error(`'interval' must be in whole hours, got: ${interval.toHumanString()}`);
    }
    if (hours < MIN_HOURS || hours > MAX_DAYS * 24) {
      throw new Error(`'interval' must be from ${MIN_HOURS} hours to ${MAX_DAYS} days, got: ${interval.toHumanString()}`);
    }
    const inDays = hours % 24 === 0;
    return new SecretRotationSchedule({
      expression: inDays ? `rate(${count(hours / 24, 'day')})` : `rate(${count(hours, 'hour')})`,
      duration: inDays
        ? renderWindow(options.window, { hours: 24, reason: 'With a schedule in days it begins at midnight and must end on the same day (UTC).' })
        : renderWindow(options.window, { hours, reason: 'It must end before the next rotation begins.' }),
      interval: RotationInterval.ofHours(hours),
    });
  }

  /**
   * At times of the day, the month or the week.
   *
   * `hour` is required. `minute` must be 0 or omitted, `year` must be omitted, and only one of `day` and `weekDay` may be set. The times must be at
   * least 4 hours apart, and every year must have the day.
   *
   * The schedule's interval is the shortest time between two rotations. It counts as 30 days if it cannot be determined (`L`, `W`, `#` and tokens).
   *
   * @param options the fields, as for EventBridge, and the window
   */
  public static cron(options: SecretRotationCronOptions): SecretRotationSchedule {
    if (options.minute !== undefined && !Token.isUnresolved(options.minute) && options.minute !== '0') {
      throw new Error(`'minute' must be '0', because rotation windows begin on the hour, got: '${options.minute}'`);
    }
    if (options.year !== undefined && !Token.isUnresolved(options.year) && options.year !== '*') {
      throw new Error(`'year' must be omitted, because Secrets Manager rotates every year, got: '${options.year}'`);
    }
    if (options.hour === undefined) {
      throw new Error(`'hour' must be set, got: undefined. Without it the secret would rotate every hour, and ${MIN_HOURS} hours is the minimum.`);
    }
    if (isSet(options.day) && isSet(options.weekDay)) {
      throw new Error(`'day' and 'weekDay' must not both be set, got: '${options.day}' and '${options.weekDay}'. Omit one of them.`);
    }
    const day = options.day ?? (isSet(options.weekDay) ? '?' : '*');
    const weekDay = day === '?' ? options.weekDay ?? '*' : '?';
    const month = options.month ?? '*';
    const times = cronTimes({ hour: options.hour, day, month, weekDay });
    if (times.shortestGapHours !== undefined && times.shortestGapHours < MIN_HOURS) {
      throw new Error(`'hour' must leave at least ${MIN_HOURS} hours between two rotations, got: '${options.hour}', `
        + `which leaves ${count(times.shortestGapHours, 'hour')}`);
    }
    return new SecretRotationSchedule({
      expression: `cron(0 ${options.hour} ${day} ${month} ${weekDay} *)`,
      duration: renderWindow(options.window, longestWindow(times)),
      interval: times.shortestGapHours !== undefined
        ? RotationInterval.ofHours(times.shortestGapHours)
        : RotationInterval.ASSUMED,
    });
  }

  /**
   * No schedule. To rotate the secret, call `RotateSecret` with the ARN of the rotation function.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   */
  public static onDemand(): SecretRotationSchedule {
    return new SecretRotationSchedule();
  }

  /**
   * The schedule of a construct without the `schedule` prop.
   *
   * @internal
   */
  public static _default(): SecretRotationSchedule {
    return SecretRotationSchedule.rate(Duration.days(DEFAULT_DAYS));
  }

  private constructor(private readonly rendered?: RenderedSchedule) {}

  /**
   * Absent if there is no schedule.
   *
   * @internal
   */
  public _render(): RenderedSchedule | undefined {
    return this.rendered;
  }
}

/** The longest window that a cron allows; undefined if its hours are tokens. */
function longestWindow(times: CronTimes): { hours: number; reason: string } | undefined {
  if (times.hours === undefined) {
    return undefined;
  }
  return times.hours.length > 1
    ? { hours: times.shortestGapHours!, reason: 'It must end before the next rotation begins.' }
    : { hours: 24 - times.hours[0], reason: `It begins at ${times.hours[0]}:00 and must end on the same day (UTC).` };
}

function renderWindow(window: Duration | undefined, longest?: { hours: number; reason: string }): string | undefined {
  if (window === undefined) {
    return undefined;
  }
  if (window.isUnresolved()) {
    return `${window.toHours()}h`;
  }
  const hours = window.toMinutes({ integral: false }) / 60;
  if (!Number.isInteger(hours) || hours < 1) {
    throw new Error(`'window' must be in whole hours, at least 1, got: ${window.toHumanString()}`);
  }
  if (longest !== undefined && hours > longest.hours) {
    throw new Error(`'window' must be at most ${count(longest.hours, 'hour')}, got: ${window.toHumanString()}. ${longest.reason}`);
  }
  if (hours > MAX_WINDOW_HOURS) {
    throw new Error(`'window' must be at most ${MAX_WINDOW_HOURS} hours, got: ${window.toHumanString()}`);
  }
  return `${hours}h`;
}

function isSet(field: string | undefined): boolean {
  return field !== undefined && field !== '?';
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
