import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { SecretRotationSchedule } from '../src';

const { rate, cron, onDemand } = SecretRotationSchedule;
const HOUR = 3600;
const DAY = 24 * HOUR;

describe('rate', () => {
  test.each<[Duration, string, number]>([
    [Duration.hours(4), 'rate(4 hours)', 4 * HOUR],
    [Duration.minutes(300), 'rate(5 hours)', 5 * HOUR],
    [Duration.hours(25), 'rate(25 hours)', 25 * HOUR],
    [Duration.hours(24), 'rate(1 day)', DAY],
    [Duration.hours(48), 'rate(2 days)', 2 * DAY],
    [Duration.days(90), 'rate(90 days)', 90 * DAY],
    [Duration.days(999), 'rate(999 days)', 999 * DAY],
  ])('%s renders as %s', (interval, expression, seconds) => {
    const rendered = rate(interval)._render()!;

    expect(rendered.expression).toBe(expression);
    expect(rendered.duration).toBeUndefined();
    expect(rendered.interval).toMatchObject({ seconds, isKnown: true });
  });

  test.each<[Duration, string]>([
    [Duration.hours(3), "'interval' must be from 4 hours to 999 days, got: 3 hours"],
    [Duration.hours(0), "'interval' must be from 4 hours to 999 days, got: 0 hours"],
    [Duration.days(1000), "'interval' must be from 4 hours to 999 days, got: 1000 days"],
    [Duration.minutes(250), "'interval' must be in whole hours, got: 4 hours 10 minutes"],
    [Duration.hours(4.5), "'interval' must be in whole hours, got: 4 hours 30 minutes"],
    [Duration.millis(5), "'interval' must be in whole hours, got: 5 millis"],
  ])('%s is refused', (interval, message) => {
    expect(() => rate(interval)).toThrow(message);
  });

  test.each<[Duration, Duration, string]>([
    [Duration.hours(4), Duration.hours(4), '4h'],
    [Duration.hours(6), Duration.minutes(60), '1h'],
    [Duration.days(30), Duration.hours(24), '24h'],
    [Duration.days(30), Duration.days(1), '24h'],
    [Duration.hours(100), Duration.hours(99), '99h'],
  ])('every %s with a window of %s renders as %s', (interval, window, duration) => {
    expect(rate(interval, { window })._render()!.duration).toBe(duration);
  });

  test.each<[Duration, Duration, string]>([
    [Duration.days(1), Duration.minutes(30), "'window' must be in whole hours, at least 1, got: 30 minutes"],
    [Duration.days(1), Duration.minutes(90), "'window' must be in whole hours, at least 1, got: 1 hour 30 minutes"],
    [Duration.days(1), Duration.hours(0), "'window' must be in whole hours, at least 1, got: 0 hours"],
    [Duration.hours(4), Duration.hours(5), "'window' must be at most 4 hours, got: 5 hours. It must end before the next rotation begins."],
    [Duration.days(30), Duration.hours(25), "'window' must be at most 24 hours, got: 1 day 1 hour. With a schedule in days it begins at midnight and must end on the same day (UTC)."],
    [Duration.hours(150), Duration.hours(100), "'window' must be at most 99 hours, got: 4 days 4 hours"],
  ])('every %s with a window of %s is refused', (interval, window, message) => {
    expect(() => rate(interval, { window })).toThrow(message);
  });

  test.each([
    [Duration.days(Token.asNumber({ Ref: 'Days' })), /^rate\(.+ days\)$/],
    [Duration.hours(Token.asNumber({ Ref: 'Hours' })), /^rate\(.+ hours\)$/],
  ])('an interval that is known at deployment only is let through, and nothing is refused because of it', (interval, expression) => {
    const rendered = rate(interval, { window: Duration.hours(48) })._render()!;

    expect(rendered.expression).toMatch(expression);
    expect(rendered.duration).toBe('48h');
    expect(rendered.interval).toMatchObject({ seconds: 30 * DAY, isKnown: false });
  });

  test('an interval that is known at deployment only must be in hours or days', () => {
    expect(() => rate(Duration.minutes(Token.asNumber({ Ref: 'Minutes' })))).toThrow("'interval' must be in hours or days if its value is a token, got: minutes");
  });

  test('a window that is known at deployment only is let through', () => {
    expect(rate(Duration.hours(4), { window: Duration.hours(Token.asNumber({ Ref: 'Hours' })) })._render()!.duration).toMatch(/^.+h$/);
  });
});

describe('cron', () => {
  test.each<[events.CronOptions, string, number]>([
    [{ hour: '8' }, 'cron(0 8 * * ? *)', DAY],
    [{ minute: '0', hour: '8', year: '*' }, 'cron(0 8 * * ? *)', DAY],
    [{ hour: '8', day: '1' }, 'cron(0 8 1 * ? *)', 28 * DAY],
    [{ hour: '8', weekDay: 'MON' }, 'cron(0 8 ? * MON *)', 7 * DAY],
    [{ hour: '8', day: '?', weekDay: 'MON' }, 'cron(0 8 ? * MON *)', 7 * DAY],
    [{ hour: '8', day: '1', weekDay: '?' }, 'cron(0 8 1 * ? *)', 28 * DAY],
    [{ hour: '0/6' }, 'cron(0 0/6 * * ? *)', 6 * HOUR],
    [{ hour: '4', month: 'JAN,JUL', day: '15' }, 'cron(0 4 15 JAN,JUL ? *)', 181 * DAY],
    [{ hour: '4,20', day: 'L' }, 'cron(0 4,20 L * ? *)', 16 * HOUR],
  ])('%j renders as %s', (options, expression, seconds) => {
    const rendered = cron(options)._render()!;

    expect(rendered.expression).toBe(expression);
    expect(rendered.interval).toMatchObject({ seconds, isKnown: true });
  });

  test.each<[events.CronOptions, string]>([
    [{ hour: '4', weekDay: 'MON#1' }, 'cron(0 4 ? * MON#1 *)'],
    [{ hour: '4', day: 'L' }, 'cron(0 4 L * ? *)'],
  ])('%j renders as %s, and 30 days between two rotations are assumed', (options, expression) => {
    const rendered = cron(options)._render()!;

    expect(rendered.expression).toBe(expression);
    expect(rendered.interval).toMatchObject({ seconds: 30 * DAY, isKnown: false });
  });

  test.each<[events.CronOptions, string]>([
    [{ hour: '8', minute: '30' }, "'minute' must be '0', because rotation windows begin on the hour, got: '30'"],
    [{ hour: '8', minute: '*' }, "'minute' must be '0', because rotation windows begin on the hour, got: '*'"],
    [{ hour: '8', year: '2030' }, "'year' must be omitted, because Secrets Manager rotates every year, got: '2030'"],
    [{ day: '1' }, "'hour' must be set, got: undefined. Without it the secret would rotate every hour"],
    [{ hour: '8', day: '1', weekDay: 'MON' }, "'day' and 'weekDay' must not both be set, got: '1' and 'MON'. Omit one of them."],
    [{ hour: '*' }, "'hour' must leave at least 4 hours between two rotations, got: '*', which leaves 1 hour"],
    [{ hour: '0/3' }, "'hour' must leave at least 4 hours between two rotations, got: '0/3', which leaves 3 hours"],
    [{ hour: '0,22' }, "'hour' must leave at least 4 hours between two rotations, got: '0,22', which leaves 2 hours"],
    [{ hour: '8,9', day: 'L' }, "'hour' must leave at least 4 hours between two rotations, got: '8,9', which leaves 1 hour"],
    [{ hour: '24' }, "'hour' must consist of 0 to 23, as a list, a range or with a step, such as '0,23', '0-23' or '0/2', got: '24'"],
    [{ hour: '8', month: 'Yule' }, "'month' must consist of JAN to DEC or 1 to 12"],
    [{ hour: '8', month: 'FEB', day: '29' }, "'day' and 'month' must name a day that every year has, got: '29' and 'FEB'"],
    [{ hour: '8', month: 'FEB', day: '30' }, "'day' and 'month' must name a day that every year has, got: '30' and 'FEB'"],
  ])('%j is refused', (options, message) => {
    expect(() => cron(options)).toThrow(message);
  });

  test.each<[events.CronOptions, Duration, string]>([
    [{ hour: '8' }, Duration.hours(16), '16h'],
    [{ hour: '0', day: 'L' }, Duration.hours(24), '24h'],
    [{ hour: '0/6' }, Duration.hours(6), '6h'],
  ])('%j with a window of %s renders as %s', (options, window, duration) => {
    expect(cron({ ...options, window })._render()!.duration).toBe(duration);
  });

  test.each<[events.CronOptions, Duration, string]>([
    [{ hour: '8' }, Duration.hours(17), "'window' must be at most 16 hours, got: 17 hours. It begins at 8:00 and must end on the same day (UTC)."],
    [{ hour: '23', day: 'L' }, Duration.hours(2), "'window' must be at most 1 hour, got: 2 hours. It begins at 23:00 and must end on the same day (UTC)."],
    [{ hour: '0/6' }, Duration.hours(7), "'window' must be at most 6 hours, got: 7 hours. It must end before the next rotation begins."],
    [{ hour: '8' }, Duration.minutes(10), "'window' must be in whole hours, at least 1, got: 10 minutes"],
  ])('%j with a window of %s is refused', (options, window, message) => {
    expect(() => cron({ ...options, window })).toThrow(message);
  });

  test.each<[string, events.CronOptions]>([
    ['hour', { hour: Token.asString({ Ref: 'Hour' }) }],
    ['day', { hour: '8', day: Token.asString({ Ref: 'Day' }) }],
    ['month', { hour: '8', month: Token.asString({ Ref: 'Month' }) }],
    ['weekDay', { hour: '8', weekDay: Token.asString({ Ref: 'WeekDay' }) }],
  ])('a token for %s is let through, and nothing is refused because of it', (_, options) => {
    expect(cron(options)._render()!.interval).toMatchObject({ seconds: 30 * DAY, isKnown: false });
  });

  test('tokens for minute and year are let through', () => {
    expect(() => cron({ hour: '8', minute: Token.asString({ Ref: 'Minute' }), year: Token.asString({ Ref: 'Year' }) })).not.toThrow();
  });
});

test('onDemand renders nothing', () => {
  expect(onDemand()._render()).toBeUndefined();
});
