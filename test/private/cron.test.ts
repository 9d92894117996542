import { Token } from 'aws-cdk-lib';
import { CronFields, cronTimes } from '../../src/private/cron';

function times(fields: Partial<CronFields>) {
  return cronTimes({ hour: '0', day: '*', month: '*', weekDay: '*', ...fields });
}

const DAY = 24;

test.each<[Partial<CronFields>, number]>([
  [{}, DAY],
  [{ hour: '4,16' }, 12],
  [{ hour: '4,10' }, 6],
  [{ hour: '2,20' }, 6], // over midnight
  [{ hour: '4/12' }, 12],
  [{ hour: '*/8' }, 8],
  [{ hour: '8-18/5' }, 5],
  [{ hour: '20-4/8' }, 8], // 20 and 4
  [{ hour: '0/5' }, 4], // 0, 5, 10, 15, 20 and 0
  [{ day: '1' }, 28 * DAY],
  [{ day: '1,15' }, 14 * DAY],
  [{ day: '31' }, 31 * DAY],
  [{ day: '1,31' }, DAY],
  [{ day: '?', weekDay: 'MON' }, 7 * DAY],
  [{ day: '?', weekDay: '1,7' }, DAY], // Sunday and Saturday
  [{ day: '?', weekDay: 'MON-FRI' }, DAY],
  [{ day: '?', weekDay: 'MON,thu' }, 3 * DAY],
  [{ day: '?', weekDay: 'FRI-MON' }, DAY],
  [{ day: '?', weekDay: '2/3' }, 3 * DAY], // Monday and Thursday
  [{ day: '1', month: '1/3' }, 90 * DAY],
  [{ day: '1', month: 'JAN-DEC/6' }, 181 * DAY],
  [{ day: '1', month: 'NOV-FEB' }, 30 * DAY],
  [{ day: '1,29' }, DAY], // 29 February and 1 March
  [{ day: '1', month: 'JAN' }, 365 * DAY],
  [{ day: '1,31', month: 'JAN,MAR' }, 29 * DAY],
  [{ day: '?', weekDay: 'SAT,SUN', month: 'FEB' }, DAY],
  [{ hour: '20', day: '1,2' }, DAY],
  [{ hour: '2,20', day: '1' }, 18],
  [{ hour: '2,20', day: '1,2' }, 6],
])('%j fires at least %d hours apart', (fields, hours) => {
  expect(times(fields)).toMatchObject({ shortestGapHours: hours });
});

test.each<[Partial<CronFields>]>([
  [{ day: 'L' }], [{ day: 'L-3' }], [{ day: 'LW' }], [{ day: '15W' }], [{ day: '1,L' }],
  [{ weekDay: '6L' }], [{ weekDay: 'FRIL' }], [{ weekDay: 'L' }], [{ weekDay: '2#1' }], [{ weekDay: 'MON#1' }],
])('how far apart %j fires cannot be determined', (fields) => {
  expect(times(fields)).toEqual({ hours: [0], shortestGapHours: undefined });
});

test('within a day it can be determined even then', () => {
  expect(times({ hour: '6,18', day: 'L' }).shortestGapHours).toBe(12);
});

test('the hours are in order', () => {
  expect(times({ hour: '20,4' }).hours).toEqual([4, 20]);
});

test.each<[keyof CronFields, string]>([
  ['hour', '24'], ['hour', '-1'], ['hour', '8am'], ['hour', '8.5'], ['hour', ''], ['hour', '8,'], ['hour', '?'], ['hour', 'L'], ['hour', '0/0'], ['hour', '0/x'],
  ['hour', '8 '], ['day', '0'], ['day', '32'], ['day', 'MON'], ['month', '13'], ['month', '0'], ['month', 'JANUARY'], ['month', '?'], ['weekDay', '0'], ['weekDay', '8'], ['weekDay', 'Monday'],
])("'%s' of '%s' is refused", (field, value) => {
  expect(() => times({ [field]: value })).toThrow(new RegExp(`^'${field}' must consist of .*, got: '${value.replace(/[?.*]/g, '\\$&')}'$`));
});

test.each<[keyof CronFields]>([['hour'], ['day'], ['month'], ['weekDay']])('a token for %s is let through', (field) => {
  const unknown = times({ [field]: Token.asString({ Ref: 'Parameter' }) });

  expect(unknown.shortestGapHours).toBeUndefined();
});

test.each<[Partial<CronFields>]>([[{ day: '31', month: '2,4,6,9,11' }], [{ day: '29', month: '2' }]])('%j is refused: not every year has such a day', (fields) => {
  expect(() => times(fields)).toThrow(`'day' and 'month' must name a day that every year has, got: '${fields.day}' and '${fields.month}'`);
});
