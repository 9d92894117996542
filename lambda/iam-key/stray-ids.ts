/** Ids of access keys in a secret, where `fields` does not look for them: a key that consumers may well use. */
import { parseObject } from '../protocol/json-text';

/** A longer name, or another one, may be a secret itself. */
const SHOWN_NAME = /^[\w. -]{1,32}$/;

/** An id, and the place of the text that has it: names of fields, with dots between. */
export interface StrayId {
  readonly id: string;
  readonly place: string;
}

/** The first of these ids that stands in any text or name of a field of the secret, at any depth, on its own or in something longer. */
export function findStrayId(text: string, ids: readonly string[]): StrayId | undefined {
  return ids.length === 0 ? undefined : search(parseObject(text), ids, []);
}

function search(value: unknown, ids: readonly string[], path: readonly string[]): StrayId | undefined {
  if (typeof value === 'string') return inText(value, ids, path);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, content] of Object.entries(value)) {
    const place = [...path, SHOWN_NAME.test(name) ? name : '…'];
    const found = inText(name, ids, place) ?? search(content, ids, place);
    if (found) return found;
  }
  return undefined;
}

function inText(text: string, ids: readonly string[], path: readonly string[]): StrayId | undefined {
  const id = ids.find((one) => text.includes(one));
  return id === undefined ? undefined : { id, place: path.join('.') };
}
