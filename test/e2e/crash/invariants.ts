// What must hold after a death, and after what died was tried again: pure functions of what was seen.

/** What there was before something died. */
export interface Before {
  readonly current: string;
  readonly previous?: string;
}

/** What is there now. */
export interface Seen {
  /** The key in the version labelled AWSCURRENT. */
  readonly current: string;
  /** The user's keys: whether each is active. */
  readonly keys: Readonly<Record<string, 'Active' | 'Inactive'>>;
  /** Keys that answered a signed call with their user's name. A key that was not tried is not among them. */
  readonly works: readonly string[];
  /** The fields that somebody has put beside the key are as they were. */
  readonly otherFieldsKept: boolean;
}

/** What is there after another try has ended. */
export interface SeenAtTheEnd extends Seen {
  /** It came to the end that was to be expected. */
  readonly ended: boolean;
  /** Keys whose id is a label, or that a labelled version holds. */
  readonly recorded: readonly string[];
  readonly isPending: boolean;
  /** Lines of the function's log that hold the secret part of a key. */
  readonly leaks: number;
}

/** What an operation may change, and what it comes to. */
export interface Expectation {
  /** It makes a new key current. */
  readonly rotates: boolean;
  /** The key that it replaces goes with it. */
  readonly replacedGoes: boolean;
  /** What is left at the end of the key that was replaced earlier. */
  readonly previous: 'Active' | 'Inactive' | 'gone';
}

/** What may never be, not even for the moment in which a process is dead. */
export function brokenAtDeath(before: Before, { rotates, replacedGoes, previous }: Expectation, seen: Seen): string[] {
  const broken: string[] = [];
  const is = (key: string) => seen.keys[key] ?? 'gone';
  if (seen.current !== before.current && (!rotates || seen.current === before.previous)) broken.push(`${seen.current} has become current instead of ${before.current}`);
  if (is(seen.current) !== 'Active') broken.push(`the current key ${seen.current} is ${is(seen.current)}`);
  else if (!seen.works.includes(seen.current)) broken.push(`the current key ${seen.current} is active, but does not work`);
  if (!replacedGoes && is(before.current) !== 'Active') broken.push(`the key ${before.current}, current before, is ${is(before.current)}`);
  if (before.previous !== undefined) {
    const now = is(before.previous);
    const allowed = { Active: ['Active'], Inactive: ['Active', 'Inactive'], gone: ['Active', 'Inactive', 'gone'] }[previous];
    if (!allowed.includes(now)) broken.push(`the previous key ${before.previous} is ${now}`);
  }
  if (Object.keys(seen.keys).length > 2) broken.push(`the user has ${Object.keys(seen.keys).length} keys`);
  if (!seen.otherFieldsKept) broken.push('another field of the secret is lost');
  return broken;
}

/** And what must have come about once it was tried again. */
export function brokenAtTheEnd(before: Before, expected: Expectation, seen: SeenAtTheEnd): string[] {
  const broken = brokenAtDeath(before, expected, seen);
  if (!seen.ended) broken.push('it does not succeed, however often it is tried again');
  if (expected.rotates && seen.current === before.current) broken.push('the key was not replaced');
  if (seen.isPending) broken.push('a version is pending still');
  if (seen.leaks > 0) broken.push(`${seen.leaks} lines of the log hold a secret access key`);
  const status = before.previous === undefined ? undefined : seen.keys[before.previous] ?? 'gone';
  if (status !== undefined && status !== expected.previous) broken.push(`the previous key ${before.previous} is ${status}, not ${expected.previous}`);
  if (expected.replacedGoes && seen.keys[before.current] !== undefined) broken.push(`the replaced key ${before.current} is ${seen.keys[before.current]}, not gone`);
  for (const [key, is] of Object.entries(seen.keys)) {
    if (!seen.recorded.includes(key)) broken.push(`key ${key} is recorded nowhere`);
    if (is === 'Active' && !seen.works.includes(key)) broken.push(`key ${key} is active, but does not work`);
  }
  return broken;
}
