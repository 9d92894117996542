/** Staging labels: Secrets Manager's, and those of our own that stand for no credential. */

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';

/** The version that has last passed testSecret. It stays there until another one passes. */
export const TESTED = 'tested';

/** Which resource of CloudFormation has set the rotation up last: what another one deletes afterwards is none of the secret's. */
export const OWNER = 'owner-';

/** Whether a label says nothing of the credential in its version. */
export function isMark(label: string): boolean {
  return label === TESTED || label.startsWith(OWNER);
}

/** What happened to a version: its credential was replaced, or its rotation was given up. */
export type DatedEvent = 'replaced' | 'abandoned';

/** The label that dates an event: `replaced-20260131T040000000Z`. Labels of ours are letters, digits, `-` and `_`. */
export function datedLabel(event: DatedEvent, at: Date): string {
  return `${event}-${at.toISOString().replace(/[^0-9TZ]/g, '')}`;
}

/** The date in a label made by `datedLabel` for this event; undefined for any other label. */
export function dateIn(label: string, event: DatedEvent): Date | undefined {
  const [, of, year, month, day, hour, minute, second, millis] =
    /^(\w+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(label) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  return of !== event || Number.isNaN(at.getTime()) ? undefined : at;
}
