/** How often a cron fires, as far as its fields tell. */
import { Token } from 'aws-cdk-lib';

/** The fields of a cron that may vary; the minute is always 0, and every year is alike. */
export interface CronFields {
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekDay: string;
}

/** What can be told of a cron. */
export interface CronRhythm {
  /** The hours of the day at which it fires, in order; absent if they are known at deployment only. */
  readonly hours?: number[];
  /** The shortest time between two firings; absent if it cannot be told. */
  readonly shortestGapHours?: number;
  /** The longest time between two firings, from the last of one day to the first of another; absent if it cannot be told. */
  readonly longestGapHours?: number;
}

interface FieldRange {
  readonly min: number;
  readonly max: number;
  /** Names of the values, beginning with that of `min`. */
  readonly names?: string[];
}

const RANGES: Record<keyof CronFields, FieldRange> = {
  hour: { min: 0, max: 23 },
  day: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] },
  weekDay: { min: 1, max: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
};

/** The calendar repeats after 28 years (until 2100): long enough to have seen every combination of a weekday, a day and a month. */
const CALENDAR = { begin: Date.UTC(2000, 0, 1), days: 28 * 365 + 7 };
const DAY_MILLIS = 24 * 3600 * 1000;

/** Refuses what no cron can mean; what only Secrets Manager can tell (`L`, `W`, `#`) and tokens are let through. */
export function cronRhythm(fields: CronFields): CronRhythm {
  const values = Object.fromEntries((Object.keys(RANGES) as (keyof CronFields)[])
    .map((field) => [field, expand(field, fields[field])])) as Record<keyof CronFields, Set<number> | undefined>;
  if (values.hour === undefined) {
    return {};
  }
  const hours = [...values.hour].sort((a, b) => a - b);
  let gap = Math.min(...hours.slice(1).map((hour, index) => hour - hours[index]));
  let longest: number | undefined;
  if (values.day !== undefined && values.month !== undefined && values.weekDay !== undefined) {
    const night = 24 - hours[hours.length - 1] + hours[0];
    const days = gapsInDays(values.day, values.month, values.weekDay, fields);
    gap = Math.min(gap, (days.shortest - 1) * 24 + night);
    longest = (days.longest - 1) * 24 + night;
  }
  return { hours, shortestGapHours: Number.isFinite(gap) ? gap : undefined, longestGapHours: longest };
}

/** The values of a field; undefined where they cannot be told. */
function expand(field: keyof CronFields, text: string): Set<number> | undefined {
  if (Token.isUnresolved(text)) {
    return undefined;
  }
  const range = RANGES[field];
  const values = new Set<number>();
  for (const part of text.split(',')) {
    if ((field === 'day' || field === 'weekDay') && isCalendarWildcard(part)) {
      return undefined;
    }
    const match = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    const [from, to] = match === null ? [] : bounds(match, range);
    const step = Number(match?.[4] ?? 1);
    const isVoid = match?.[1] === '?' && field !== 'day' && field !== 'weekDay';
    if (from === undefined || to === undefined || step < 1 || isVoid) {
      const { min, max, names } = range;
      throw new Error(`'${field}' must be made of ${names ? `${names[0]} to ${names[names.length - 1]} or ` : ''}${min} to ${max}, `
        + `as a list, a range or with a step, such as '${min},${max}', '${min}-${max}' or '${min}/2', got: '${text}'`);
    }
    const span = range.max - range.min + 1;
    const length = (to - from + span) % span; // FRI-MON goes on through the end of the week
    for (let offset = 0; offset <= length; offset += step) {
      values.add(range.min + (from - range.min + offset) % span);
    }
  }
  return values;
}

/** First and last value of one part of a field. */
function bounds([, wildcard, first, last, step]: RegExpExecArray, range: FieldRange): (number | undefined)[] {
  if (wildcard !== undefined) {
    return [range.min, range.max];
  }
  const from = valueOf(first, range);
  // '4/6' means every sixth from 4 on
  return [from, last !== undefined ? valueOf(last, range) : step !== undefined ? range.max : from];
}

function valueOf(text: string, range: FieldRange): number | undefined {
  const named = range.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? range.min + named : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= range.min && value <= range.max ? value : undefined;
}

/** The last day or weekday of a month, the weekday nearest to a day, the n-th weekday of a month. */
function isCalendarWildcard(part: string): boolean {
  return /^(L(-\d+)?|LW|\d+W|\w+L|\w+#\d)$/i.test(part);
}

function gapsInDays(days: Set<number>, months: Set<number>, weekDays: Set<number>, fields: CronFields): { shortest: number; longest: number } {
  let previous: number | undefined;
  let shortest = Infinity;
  let longest = 0;
  for (let index = 0; index < CALENDAR.days; index++) {
    const date = new Date(CALENDAR.begin + index * DAY_MILLIS);
    if (days.has(date.getUTCDate()) && months.has(date.getUTCMonth() + 1) && weekDays.has(date.getUTCDay() + 1)) {
      if (previous !== undefined) {
        shortest = Math.min(shortest, index - previous);
        longest = Math.max(longest, index - previous);
      }
      previous = index;
    }
  }
  if (previous === undefined) {
    throw new Error(`'day' and 'month' must name a day that exists, got: '${fields.day}' and '${fields.month}'`);
  }
  return { shortest, longest };
}
