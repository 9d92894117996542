import { Duration, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { IamKeyRotationSecret, KeepUntilNextRotationOptions, PreviousKeyPolicy, RetireAfterOptions, SecretRotationSchedule } from '../src';
import { stackIn } from './private/synthesis';
import { hoursBetweenChecks } from '../src/private/retirement-schedule';

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
  expect(() => rendered({ overlap }, schedule)).toThrow("'overlap' plus the rotation function's timeout of 5 minutes must be at most the time between two "
    + `rotations, ${values}. Otherwise every second rotation would fail: shorten the overlap, or rotate less often.`);
});

test('the timeout of functionOptions counts', () => {
  const previousKeyPolicy = keepUntilNextRotation({ overlap: Duration.minutes(230) });
  const schedule = rate(Duration.hours(4));

  expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { schedule, previousKeyPolicy, functionOptions: { timeout: Duration.minutes(10) } })).not.toThrow();
  expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { schedule, previousKeyPolicy, functionOptions: { timeout: Duration.minutes(11) } }))
    .toThrow("'overlap' plus the rotation function's timeout of 11 minutes must be at most the time between two rotations, 4 hours, got: 3 hours 50 minutes");
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
      "'overlap' should be at most 24 days, four fifths of the time between two rotations, got: 25 days. A consumer that reads the secret 4 times per "
      + 'overlap may use a replaced key for 6 days 6 hours, and the next rotation fails unless the key has then been unused for one overlap: '
      + 'shorten the overlap, or rotate less often. [ack: cdk-iam-key-rotation:PreviousKeyPolicy.overlap]',
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

describe('retireAfter', () => {
  const retireAfter = (options: RetireAfterOptions, schedule = rate(Duration.days(30)), scope = stackIn()) =>
    PreviousKeyPolicy.retireAfter(options)._render({ scope, interval: schedule._render()?.interval, timeout: Duration.minutes(5) });

  test('is told the function with the usual overlap, or a shorter one if the key is deactivated sooner', () => {
    expect(retireAfter({ deactivate: Duration.days(10), delete: Duration.days(20) })).toEqual({
      overlapSeconds: 7 * DAY,
      evenIfInUse: false,
      isForAdministrator: false,
      retire: { deactivateSeconds: 10 * DAY, deleteSeconds: 20 * DAY, atOnce: false },
    });
    expect(retireAfter({ deactivate: Duration.days(2), delete: Duration.days(2), evenIfInUse: true }))
      .toMatchObject({ overlapSeconds: 2 * DAY, evenIfInUse: true });
    expect(retireAfter({ deactivate: Duration.days(2), delete: Duration.days(3), overlap: Duration.hours(1) }))
      .toMatchObject({ overlapSeconds: HOUR });
  });

  test.each<[string, RetireAfterOptions, string]>([
    ['a deletion before the deactivation', { deactivate: Duration.days(3), delete: Duration.days(2) },
      "'delete' must be at least 'deactivate', 3 days, got: 2 days. A key is deactivated first"],
    ['a deactivation before the overlap ends', { deactivate: Duration.days(3), delete: Duration.days(4), overlap: Duration.days(5) },
      "'deactivate' must be at least 'overlap', 5 days, got: 3 days"],
    ['a deactivation after the next rotation', { deactivate: Duration.days(31), delete: Duration.days(40) },
      "'deactivate' must be at most the time between two rotations, 30 days, got: 31 days"],
    ['an overlap longer than the interval', { deactivate: Duration.days(30), delete: Duration.days(40), overlap: Duration.days(30) },
      "'overlap' plus the rotation function's timeout of 5 minutes must be at most the time between two rotations"],
  ])('%s is refused', (_, options, message) => {
    expect(() => retireAfter(options)).toThrow(message);
  });

  test('what is known at deployment only is let through', () => {
    const late = Duration.seconds(token('Seconds'));
    expect(() => retireAfter({ deactivate: late, delete: Duration.days(1) })).not.toThrow();
    expect(() => retireAfter({ deactivate: Duration.days(2), delete: late })).not.toThrow();
  });

  test.each([[7 * DAY, 14 * DAY, 7], [DAY, 30 * DAY, 1], [30 * DAY, 90 * DAY, 12], [2 * HOUR, 3 * HOUR, 1], [7 * DAY, 7 * DAY, 7], [0, 0, 1]])(
    'with deactivation after %i s and deletion after %i s there is a check every %i hours', (deactivateSeconds, deleteSeconds, hours) => {
      expect(hoursBetweenChecks({ deactivateSeconds, deleteSeconds, atOnce: false })).toBe(hours);
    });
});

test('retireImmediately and keepForAdministrator are told the function', () => {
  const where = { scope: stackIn(), interval: rate(Duration.days(30))._render()?.interval, timeout: Duration.minutes(5) };
  expect(PreviousKeyPolicy.retireImmediately()._render(where)).toEqual({
    overlapSeconds: 0, evenIfInUse: true, isForAdministrator: false, retire: { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true },
  });
  expect(PreviousKeyPolicy.keepForAdministrator()._render(where)).toEqual({ overlapSeconds: 7 * DAY, evenIfInUse: false, isForAdministrator: true });
});

test.each([
  [rate(Duration.days(90)), undefined, 97],
  [rate(Duration.days(83)), undefined, undefined],
  [rate(Duration.days(60)), PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(31), delete: Duration.days(60) }), 91],
  [rate(Duration.days(60)), PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(30), delete: Duration.days(60) }), undefined],
  [onDemand(), undefined, undefined],
])('a key that would get too old is warned of: %#', (schedule, previousKeyPolicy, days) => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { schedule, previousKeyPolicy });

  const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('CIS AWS Foundations'));
  expect(warnings.map(({ entry }) => /reach (\d+) days/.exec(String(entry.data))?.[1])).toEqual(days === undefined ? [] : [String(days)]);
});
