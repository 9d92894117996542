/** One random value: how it is made, and whether a text is one. */
import { randomBytes, randomInt } from 'node:crypto';
import { LARGEST_SECRET_BYTES, RandomValueSettings } from '../../src/private/settings';

/** A new value, other than the one it replaces, from the operating system's cryptographic source. No character is more likely than another. */
export function generate(value: RandomValueSettings, replaced?: string): string {
  for (;;) { // a set that is known at deployment only may name a character twice
    const made = value.kind === 'bytes' ? randomBytes(value.bytes).toString(value.encoding) : characters(value.length, [...new Set(value.characters)]);
    if (made !== replaced) return made; // short ones repeat: a rotation that replaced nothing would look like a success
  }
}

function characters(length: number, set: string[]): string {
  return Array.from({ length }, () => set[randomInt(set.length)]).join('');
}

/** Why a text is no such value; undefined if it is one. Shows nothing of the text. */
export function whyNot(value: RandomValueSettings, text: string): string | undefined {
  if (value.kind === 'bytes') {
    const bytes = Buffer.from(text, value.encoding);
    return bytes.length === value.bytes && bytes.toString(value.encoding) === text ? undefined : `it is not ${value.bytes} bytes as ${value.encoding}`;
  }
  const found = [...text];
  if (found.length !== value.length) return `it has ${found.length} characters, not ${value.length}`;
  const allowed = new Set(value.characters);
  return found.every((character) => allowed.has(character)) ? undefined : 'it has characters other than those asked for';
}

/** Why no such value can be made; undefined if one can. The construct refuses the same, except for what is known at deployment only. */
export function whyImpossible(value: RandomValueSettings): string | undefined {
  const length = value.kind === 'bytes' ? value.bytes : value.length;
  if (!Number.isInteger(length) || length < 1 || length > LARGEST_SECRET_BYTES) {
    return `its length must be a whole number from 1 to ${LARGEST_SECRET_BYTES}, and is ${JSON.stringify(length)}`;
  }
  if (value.kind === 'characters' && new Set(value.characters).size < 2) return 'its character set must have at least two different characters';
  return undefined;
}
