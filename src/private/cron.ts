/** The shortest time between two rotations of a cron schedule. */
import { Token } from 'aws-cdk-lib';

/** The fields of a cron that may vary. The minute is always 0, and no year is excluded. */
export interface CronFields {
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekDay: string;
}

export interface CronTimes {
  /** The hours of the day at which it fires, in ascending order; absent if they are a token. */
  readonly hours?: number[];
  /** The shortest time between two firings; absent if it cannot be determined. */
  readonly shortestGapHours?: number;
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

const COMMON_YEAR = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const LEAP_YEAR = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Rejects fields that no cron can have. Tokens, and what depends on the calendar (`L`, `W`, `#`), pass: their gap cannot be determined. */
export function cronTimes(fields: CronFields): CronTimes {
  const [hours, days, months, weekDays] = (['hour', 'day', 'month', 'weekDay'] as const).map((field) => expand(field, fields[field]));
  if (hours === undefined) return {};
  const gapDays = days && months && weekDays ? shortestGapInDays(days, months, weekDays, fields) : Infinity;
  const gapHours = shortestGap(hours, gapDays * 24);
  return { hours, shortestGapHours: Number.isFinite(gapHours) ? gapHours : undefined };
}

/** Either the day or the weekday is unrestricted. Every month has each pair of adjacent weekdays, so months do not change their gap. */
function shortestGapInDays(days: number[], months: number[], weekDays: number[], fields: CronFields): number {
  if (weekDays.length < 7) return shortestGap(weekDays, 7);
  const [commonYear, leapYear] = [COMMON_YEAR, LEAP_YEAR].map((lengths) => daysOfYear(days, months, lengths));
  if (commonYear.length === 0) {
    throw new Error(`'day' and 'month' must name a day that every year has, got: '${fields.day}' and '${fields.month}'`);
  }
  return Math.min(shortestGap(commonYear, 365), shortestGap(leapYear, 366));
}

/** The days of a year that the fields name, counted from the beginning of the year. */
function daysOfYear(days: number[], months: number[], monthLengths: number[]): number[] {
  return months.flatMap((month) => {
    const daysBefore = monthLengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0);
    return days.filter((day) => day <= monthLengths[month - 1]).map((day) => daysBefore + day);
  });
}

/** The shortest distance between neighbours in a cycle that repeats after `period`. */
function shortestGap(ascending: number[], period: number): number {
  return Math.min(...ascending.map((value, index) => (ascending[index + 1] ?? ascending[0] + period) - value));
}

/** The values of a field in ascending order; undefined if they cannot be determined. */
function expand(field: keyof CronFields, text: string): number[] | undefined {
  if (Token.isUnresolved(text)) return undefined;
  const { min, max, names } = RANGES[field];
  const isCalendarField = field === 'day' || field === 'weekDay';
  const values = new Set<number>();
  for (const part of text.split(',')) {
    if (isCalendarField && isCalendarWildcard(part)) return undefined;
    const [, wildcard, first, last, step] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    const from = wildcard !== undefined ? min : valueOf(first, RANGES[field]);
    const isOpenEnded = wildcard !== undefined || (step !== undefined && last === undefined); // '4/6' means every sixth from 4 on
    const to = isOpenEnded ? max : valueOf(last ?? first, RANGES[field]);
    if (from === undefined || to === undefined || Number(step ?? 1) < 1 || (wildcard === '?' && !isCalendarField)) {
      throw new Error(`'${field}' must consist of ${names ? `${names[0]} to ${names[names.length - 1]} or ` : ''}${min} to ${max}, `
        + `as a list, a range or with a step, such as '${min},${max}', '${min}-${max}' or '${min}/2', got: '${text}'`);
    }
    const span = max - min + 1;
    const length = (to - from + span) % span; // FRI-MON continues past the end of the week
    for (let offset = 0; offset <= length; offset += Number(step ?? 1)) {
      values.add(min + (from - min + offset) % span);
    }
  }
  return [...values].sort((a, b) => a - b);
}

function valueOf(text: string = '', { min, max, names = [] }: FieldRange): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? min + named : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** The last day or weekday of a month, the weekday nearest to a day, the n-th weekday of a month. */
function isCalendarWildcard(part: string): boolean {
  return /^(L(-\d+)?|LW|\d+W|\w+L|\w+#\d)$/i.test(part);
}
