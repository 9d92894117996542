import type { Held, Rotator } from './rotator';

/** Whether two texts hold the same credential: by its id, or where it has none by all of it. */
export function holdSame(rotator: Rotator, one: string, other: string): boolean {
  const [a, b] = [rotator.identify(one), rotator.identify(other)];
  if (a?.id !== undefined || b?.id !== undefined) return a?.id === b?.id;
  return a === undefined || b === undefined ? a === b : rotator.carry(one, other, '') === other;
}

/** How the log and errors call a credential. */
export function nameOf({ id }: Held): string {
  return id ?? 'the value';
}
