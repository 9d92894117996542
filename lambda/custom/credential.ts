/** A user's credential in a secret's text, and in what `issue` returns. No message shows a value, except an id. */
import type { Credential, CredentialDefinition } from './definition';
import { Refusal, RotationError, UnusableValue } from '../protocol/errors';
import { parseObject, refuseTwice } from '../protocol/json-text';

type Shape = Pick<CredentialDefinition, 'fields' | 'id'>;

/** What tells an id from other labels, such as AWS's own and those that people make. */
const PREFIX = 'credential-';
/** A label has at most 256 characters. */
const ID = /^[\w+=,.@:/-]{1,200}$/;

export function idLabel(id: string): string {
  return PREFIX + id;
}

export function isIdLabel(label: string): boolean {
  return label.startsWith(PREFIX);
}

/** The label of a credential; undefined if nobody keeps it under an id. */
export function idOf(credential: Credential, { id }: Shape): string | undefined {
  return id === undefined ? undefined : idLabel(credential[id]);
}

/**
 * The credential in a text; undefined if it holds none of its fields.
 * @throws UnusableValue if only some are there, or one is not usable.
 */
export function credentialIn(text: string, { fields, id }: Shape): Credential | undefined {
  const value = parseObject(text);
  refuseTwice(text, fields);
  if (!fields.some((field) => Object.hasOwn(value, field))) return undefined;
  for (const field of fields) {
    const why = whyNot(value[field], field === id);
    if (why) throw new UnusableValue(`the secret's field "${field}" ${why}: put a whole credential into it, or remove its fields (${fields.join(', ')}), so that one is made`);
  }
  return Object.fromEntries(fields.map((field) => [field, value[field] as string]));
}

/** Checks what `issue` has returned. Throws if it is of no use. */
export function readIssued(issued: unknown, shape: Shape, current: Credential | undefined): Credential {
  const why = whyNotIssued(issued, shape);
  if (why !== undefined) {
    throw new Refusal(`"issue" must return an object with the texts ${shape.fields.map((field) => `"${field}"`).join(', ')}, and ${why}`);
  }
  // In the order of the fields, as they are carried on later: another order would look like an edit.
  const credential = Object.fromEntries(shape.fields.map((field) => [field, (issued as Credential)[field]]));
  const telling = shape.id === undefined ? shape.fields : [shape.id];
  if (current && telling.every((field) => credential[field] === current[field])) {
    throw new Refusal('"issue" returned the current credential again: it must make another one each time it is called');
  }
  return credential;
}

/** Checks what `list` has returned, and makes labels of the ids. */
export function readIds(listed: unknown): string[] {
  if (Array.isArray(listed) && listed.every((id) => whyNot(id, true) === undefined)) return [...new Set(listed as string[])].map(idLabel);
  throw new RotationError('"list" must return the ids of the credentials as an array of texts, as "issue" returns them, and returned something else: '
    + 'map what the service answers to it, as in `tokens.map(({ id }) => String(id))`');
}

/** What is read; undefined where people have put something else into the secret. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnusableValue) return undefined;
    throw error;
  }
}

/** The label of what `issue` has made, if it can be told, even though the rest is of no use. */
export function labelOfIssued(issued: unknown, { id }: Shape): string | undefined {
  const made = id !== undefined && isObject(issued) ? issued[id] : undefined;
  return whyNot(made, true) === undefined ? idLabel(made as string) : undefined;
}

function whyNotIssued(issued: unknown, { fields, id }: Shape): string | undefined {
  if (!isObject(issued)) return `returned ${issued === null ? 'null' : Array.isArray(issued) ? 'an array' : `a value of type ${typeof issued}`}: return the credential`;
  const extra = Object.keys(issued).find((field) => !fields.includes(field));
  if (extra !== undefined) return `returned "${extra}", too: add it to "fields", or leave it out`;
  for (const field of fields) {
    const why = whyNot(issued[field], field === id);
    if (why) return `"${field}" ${why}`;
  }
  return undefined;
}

function whyNot(value: unknown, isId: boolean): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string' || value === '') return 'is not a text, or empty';
  return isId && !ID.test(value) ? 'is no id: letters, digits and _+=,.@:/- are allowed, up to 200' : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
