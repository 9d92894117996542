/** One random value: how it is made, and whether a text is one. */
import { randomBytes, randomInt } from 'node:crypto';
import type { RandomValueSettings } from '../../src/private/settings';

/** A new value, from the operating system's cryptographic source; no character is more likely than another. */
export function generate(value: RandomValueSettings): string {
  if (value.kind === 'bytes') return randomBytes(value.bytes).toString(value.encoding);
  const characters = [...value.characters];
  return Array.from({ length: value.length }, () => characters[randomInt(characters.length)]).join('');
}

/** Why a text is no such value; undefined if it is one. Shows nothing of the text. */
export function whyNot(value: RandomValueSettings, text: string): string | undefined {
  if (value.kind === 'bytes') {
    const bytes = Buffer.from(text, value.encoding);
    return bytes.length === value.bytes && bytes.toString(value.encoding) === text ? undefined : `it is not ${value.bytes} bytes as ${value.encoding}`;
  }
  const characters = [...text];
  if (characters.length !== value.length) return `it has ${characters.length} characters, not ${value.length}`;
  const allowed = new Set(value.characters);
  return characters.every((character) => allowed.has(character)) ? undefined : 'it has characters other than those asked for';
}
