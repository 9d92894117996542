import { Duration, Token } from 'aws-cdk-lib';
import { PreviousKeyPolicy, SecretRotationSchedule } from '../src';

const HOUR = 3600;
const DAY = 24 * HOUR;
const { keepUntilNextRotation } = PreviousKeyPolicy;
const { rate, cron, onDemand } = SecretRotationSchedule;

test.each([
  ['30 days', rate(Duration.days(30)), 7 * DAY],
  ['14 days', rate(Duration.days(14)), 7 * DAY],
  ['10 days', rate(Duration.days(10)), 5 * DAY],
  ['4 hours', rate(Duration.hours(4)), 2 * HOUR],
  ['a week by cron', cron({ hour: '8', weekDay: 'MON' }), 3.5 * DAY],
  ['a time that cannot be told', cron({ hour: '8', weekDay: 'MON#1' }), 7 * DAY],
  ['a time that is known at deployment only', rate(Duration.days(Token.asNumber({ Ref: 'Days' }))), 7 * DAY],
  ['never by itself', onDemand(), 7 * DAY],
])('by default a replaced key lives a week, or half the interval if that is shorter: %s', (_, schedule, overlapSeconds) => {
  expect(keepUntilNextRotation()._render(schedule._render()?.interval))
    .toEqual({ kind: 'keepUntilNextRotation', overlapSeconds, evenIfInUse: false });
});

test('overlap and evenIfInUse can be given', () => {
  expect(keepUntilNextRotation({ overlap: Duration.hours(36), evenIfInUse: true })._render(rate(Duration.days(30))._render()!.interval))
    .toEqual({ kind: 'keepUntilNextRotation', overlapSeconds: 36 * HOUR, evenIfInUse: true });
});

test.each([
  ['nothing', Duration.seconds(0), rate(Duration.days(1)), 0],
  ['the interval', Duration.days(1), rate(Duration.days(1)), DAY],
  ['anything on demand', Duration.days(400), onDemand(), 400 * DAY],
  ['anything, if the interval is known at deployment only', Duration.days(400), rate(Duration.days(Token.asNumber({ Ref: 'Days' }))), 400 * DAY],
])('overlap can be %s', (_, overlap, schedule, overlapSeconds) => {
  expect(keepUntilNextRotation({ overlap })._render(schedule._render()?.interval)).toMatchObject({ overlapSeconds });
});

test.each([
  [Duration.hours(25), rate(Duration.days(1)), "'overlap' must be at most the time between two rotations, 1 day, got: 1 day 1 hour: shorten it, or rotate less often"],
  [Duration.days(29), cron({ hour: '8', day: '1' }), "'overlap' must be at most the time between two rotations, 28 days, got: 29 days: shorten it, or rotate less often"],
  [Duration.days(31), cron({ hour: '8', day: 'L' }), "'overlap' must be at most the time between two rotations, 30 days, got: 31 days: shorten it, or rotate less often"],
])('an overlap of %s is refused if that is longer than the interval', (overlap, schedule, message) => {
  expect(() => keepUntilNextRotation({ overlap })._render(schedule._render()!.interval)).toThrow(message);
});

test('an overlap that is known at deployment only is let through', () => {
  const overlap = Duration.seconds(Token.asNumber({ Ref: 'Overlap' }));

  expect(() => keepUntilNextRotation({ overlap })._render(rate(Duration.days(1))._render()!.interval)).not.toThrow();
});
