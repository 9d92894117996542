import { Duration, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { IamKeyRotationSecret, KeepUntilNextRotationOptions, PreviousKeyPolicy, SecretRotationSchedule } from '../src';
import { stackIn } from './private/synthesis';

const HOUR = 3600;
const DAY = 24 * HOUR;
const { keepUntilNextRotation } = PreviousKeyPolicy;
const { rate, cron, onDemand } = SecretRotationSchedule;
const token = (name: string) => Token.asNumber({ Ref: name });

/** What the function is told, with a timeout of five minutes. */
function rendered(options: KeepUntilNextRotationOptions, schedule: SecretRotationSchedule, timeout = Duration.minutes(5)) {
  return keepUntilNextRotation(options)._render({ scope: stackIn(), interval: schedule._render()?.interval, timeout });
}

test.each([
  ['30 days', rate(Duration.days(30)), 7 * DAY],
  ['14 days', rate(Duration.days(14)), 7 * DAY],
  ['10 days', rate(Duration.days(10)), 5 * DAY],
  ['4 hours', rate(Duration.hours(4)), 2 * HOUR],
  ['a week by cron', cron({ hour: '8', weekDay: 'MON' }), 3.5 * DAY],
  ['a time that cannot be told', cron({ hour: '8', weekDay: 'MON#1' }), 7 * DAY],
  ['a time that is known at deployment only', rate(Duration.days(token('Days'))), 7 * DAY],
  ['never by itself', onDemand(), 7 * DAY],
])('by default a replaced key lives a week, or half the interval if that is shorter: %s', (_, schedule, overlapSeconds) => {
  expect(rendered({}, schedule)).toEqual({ overlapSeconds, evenIfInUse: false, isForAdministrator: false });
});

test('overlap and evenIfInUse can be given', () => {
  expect(rendered({ overlap: Duration.hours(36), evenIfInUse: true }, rate(Duration.days(30))))
    .toEqual({ overlapSeconds: 36 * HOUR, evenIfInUse: true, isForAdministrator: false });
});

test.each([
  ['nothing', Duration.seconds(0), rate(Duration.hours(4)), 0],
  ['the interval less the timeout', Duration.minutes(24 * 60 - 5), rate(Duration.days(1)), DAY - 5 * 60],
  ['anything on demand', Duration.days(400), onDemand(), 400 * DAY],
  ['anything, if the interval is known at deployment only', Duration.days(400), rate(Duration.days(token('Days'))), 400 * DAY],
  ['anything, if the interval cannot be told', Duration.days(40), cron({ hour: '8', day: 'L', month: 'JAN,JUL' }), 40 * DAY],
])('overlap can be %s', (_, overlap, schedule, overlapSeconds) => {
  expect(rendered({ overlap }, schedule)).toMatchObject({ overlapSeconds });
});

test.each([
  [Duration.hours(25), rate(Duration.days(1)), '1 day, got: 1 day 1 hour'],
  [Duration.days(1), rate(Duration.days(1)), '1 day, got: 1 day'],
  [Duration.minutes(236), rate(Duration.hours(4)), '4 hours, got: 3 hours 56 minutes'],
  [Duration.days(29), cron({ hour: '8', day: '1' }), '28 days, got: 29 days'],
])('an overlap of %s is refused if that and the timeout do not fit into the interval', (overlap, schedule, values) => {
  expect(() => rendered({ overlap }, schedule)).toThrow("'overlap' and the rotation function's timeout of 5 minutes together must be at most the time between two "
    + `rotations, ${values}: a longer one would have every second rotation refused, shorten it, or rotate less often`);
});

test('the timeout of functionOptions counts', () => {
  const previousKeyPolicy = keepUntilNextRotation({ overlap: Duration.minutes(230) });
  const schedule = rate(Duration.hours(4));

  expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { schedule, previousKeyPolicy, functionOptions: { timeout: Duration.minutes(10) } })).not.toThrow();
  expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { schedule, previousKeyPolicy, functionOptions: { timeout: Duration.minutes(11) } }))
    .toThrow("'overlap' and the rotation function's timeout of 11 minutes together must be at most the time between two rotations, 4 hours, got: 3 hours 50 minutes");
});

test('an overlap that is known at deployment only is let through', () => {
  expect(() => rendered({ overlap: Duration.seconds(token('Overlap')) }, rate(Duration.days(1)))).not.toThrow();
});

test('a timeout that is known at deployment only does not count', () => {
  expect(() => rendered({ overlap: Duration.days(1) }, rate(Duration.days(1)), Duration.seconds(token('Timeout')))).not.toThrow();
  expect(() => rendered({ overlap: Duration.hours(25) }, rate(Duration.days(1)), Duration.seconds(token('Timeout'))))
    .toThrow("'overlap' must be at most the time between two rotations, 1 day, got: 1 day 1 hour");
});

describe('a warning', () => {
  function warnings(options: KeepUntilNextRotationOptions, schedule: SecretRotationSchedule): string[] {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { previousKeyPolicy: keepUntilNextRotation(options), schedule });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data as string);
  }

  test('shows the numbers of an overlap that lets a consumer come too late', () => {
    expect(warnings({ overlap: Duration.days(25) }, rate(Duration.days(30)))).toEqual([
      "'overlap' is 25 days of the 30 days between two rotations: a consumer that reads the secret 4 times per overlap uses a replaced key for up to 6 days 6 hours, and the "
      + 'key must then be unused for 25 days, which is later than the next rotation, so that one may be refused: use 24 days at most, or rotate less often '
      + '[ack: cdk-iam-key-rotation:PreviousKeyPolicy.overlap]',
    ]);
  });

  test.each<[string, KeepUntilNextRotationOptions, SecretRotationSchedule]>([
    ['four fifths of the interval', { overlap: Duration.days(24) }, rate(Duration.days(30))],
    ['the default', {}, rate(Duration.hours(4))],
    ['nothing', { overlap: Duration.days(0) }, rate(Duration.days(1))],
    ['more, if use does not matter', { overlap: Duration.days(25), evenIfInUse: true }, rate(Duration.days(30))],
    ['more than an interval that is only assumed', { overlap: Duration.days(29) }, cron({ hour: '8', day: 'L' })],
    ['anything on demand', { overlap: Duration.days(170) }, onDemand()],
  ])('is not shown for %s', (_, options, schedule) => {
    expect(warnings(options, schedule)).toEqual([]);
  });
});
