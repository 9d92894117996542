/** Staging labels: Secrets Manager's, and those of our own that stand for no credential. */

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';

/** The version that has last passed testSecret. It stays there until another one passes. */
export const TESTED = 'tested';

/** How a credential's turn ended: another one replaced it, or its rotation was given up, so that no consumer was ever given it. */
export type EndKind = 'replaced' | 'abandoned';

export interface End {
  readonly kind: EndKind;
  readonly at: Date;
}

/** The label of a version whose credential's turn ended: `replaced-20260131T040000000Z`. Labels of ours are letters, digits, `-` and `_`. */
export function endLabel({ kind, at }: End): string {
  return `${kind}-${at.toISOString().replace(/[^0-9TZ]/g, '')}`;
}

/** What a label made by `endLabel` says; undefined for any other label. */
export function endOf(label: string): End | undefined {
  const [, kind, year, month, day, hour, minute, second, millis] =
    /^(replaced|abandoned)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(label) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  return Number.isNaN(at.getTime()) ? undefined : { kind: kind as EndKind, at };
}
