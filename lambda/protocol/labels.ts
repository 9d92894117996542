/** Staging labels: two of Secrets Manager's, and the one of our own that says since when a credential is replaced. */

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';

const REPLACED = 'replaced-';

/** The label of a version that was replaced at this time: `replaced-2026-01-31T04:00:00.000Z`. */
export function replacedLabel(at: Date): string {
  return REPLACED + at.toISOString();
}

/** The time in a label made by `replacedLabel`; undefined for any other label. */
export function replacedAt(label: string): Date | undefined {
  if (!label.startsWith(REPLACED)) return undefined;
  const at = new Date(label.slice(REPLACED.length));
  return Number.isNaN(at.getTime()) ? undefined : at;
}
