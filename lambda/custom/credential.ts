/** A user's credential in a secret's text, and in what `issue` returns. No message shows a value, except an id. */
import type { Credential, CredentialDefinition } from './definition';
import { Refusal, RotationError, UnusableValue } from '../protocol/errors';
import { parseObject, refuseTwice } from '../protocol/json-text';

type Shape = Pick<CredentialDefinition, 'fields' | 'id' | 'idPattern'>;

/** What tells an id from other labels, such as AWS's own and those that people make. */
const PREFIX = 'credential-';
const ID = /^[\w+=,.@:/-]{1,200}$/;
/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
const LONGEST_LABEL = 256;

/** A label of letters, digits, `-` and `_` alone: any other character becomes `_` and the two digits of its code. */
export function idLabel(id: string): string {
  return PREFIX + id.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The id as the service knows it. */
export function idInLabel(label: string): string {
  return label.slice(PREFIX.length).replace(/_(..)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** People may use labels that begin like ours. */
export function isIdLabel(label: string, shape: Shape): boolean {
  return label.startsWith(PREFIX) && whyNoId(idInLabel(label), shape) === undefined && idLabel(idInLabel(label)) === label;
}

/** The label of a credential; undefined if nobody keeps it under an id. */
export function idOf(credential: Credential, { id }: Shape): string | undefined {
  return id === undefined ? undefined : idLabel(credential[id]);
}

/**
 * The credential in a text; undefined if it holds none of its fields.
 * @throws UnusableValue if only some are there, or one is not usable.
 */
export function credentialIn(text: string, shape: Shape): Credential | undefined {
  const { fields, id } = shape;
  const value = parseObject(text);
  refuseTwice(text, fields);
  if (!fields.some((field) => Object.hasOwn(value, field))) return undefined;
  for (const field of fields) {
    const why = field === id ? whyNoId(value[field], shape) : whyNot(value[field]);
    if (why) throw new UnusableValue(`the secret's field "${field}" ${why}: put a whole credential into it, or remove its fields (${fields.join(', ')}), so that one is made`);
  }
  const unclear = fields.find((field) => looksLikeId(field, value[field], shape));
  if (unclear !== undefined) throw new UnusableValue(`"idPattern" fits "${unclear}", too, so that nobody can tell whether two fields are swapped: narrow it`);
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
export function readIds(listed: unknown, shape: Shape): string[] {
  if (Array.isArray(listed) && listed.every((id) => whyNoId(id, shape) === undefined)) return [...new Set(listed as string[])].map(idLabel);
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
export function labelOfIssued(issued: unknown, shape: Shape): string | undefined {
  const made = shape.id !== undefined && isObject(issued) ? issued[shape.id] : undefined;
  return whyNoId(made, shape) === undefined ? idLabel(made as string) : undefined;
}

function whyNotIssued(issued: unknown, shape: Shape): string | undefined {
  const { fields, id } = shape;
  if (!isObject(issued)) return `returned ${issued === null ? 'null' : Array.isArray(issued) ? 'an array' : `a value of type ${typeof issued}`}: return the credential`;
  const extra = Object.keys(issued).find((field) => !fields.includes(field));
  if (extra !== undefined) return `returned "${extra}", too: add it to "fields", or leave it out`;
  for (const field of fields) {
    const why = field === id ? whyNoId(issued[field], shape) : whyNot(issued[field]);
    if (why) return `"${field}" ${why}`;
    if (looksLikeId(field, issued[field], shape)) return `"idPattern" fits "${field}", too, so that nobody could tell whether two fields are swapped: narrow it`;
  }
  return undefined;
}

function looksLikeId(field: string, value: unknown, { id, idPattern }: Shape): boolean {
  return id !== undefined && field !== id && typeof value === 'string' && isWhole(idPattern, value);
}

function whyNot(value: unknown): string | undefined {
  if (value === undefined) return 'is missing';
  return typeof value !== 'string' || value === '' ? 'is not a text, or empty' : undefined;
}

/** An id becomes a label and is logged: what does not look like one may be the secret, and is not shown. */
function whyNoId(value: unknown, { idPattern }: Shape): string | undefined {
  const why = whyNot(value);
  if (why !== undefined) return why;
  const text = value as string;
  if (!ID.test(text)) return 'is no id: letters, digits and _+=,.@:/- are allowed, up to 200';
  if (!isWhole(idPattern, text)) return 'does not look like an id, by "idPattern": are two fields swapped?';
  return idLabel(text).length > LONGEST_LABEL ? `is too long for a label, in which _+=,.@:/ take three characters of ${LONGEST_LABEL}` : undefined;
}

/** Whether a pattern fits a whole text. */
export function isWhole(pattern: RegExp | undefined, text: string): boolean {
  return pattern !== undefined && new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
