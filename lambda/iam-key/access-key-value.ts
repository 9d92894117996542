import { applyEdits, modify, parseTree } from 'jsonc-parser';
import type { AccessKeyFieldNames } from '../../src/private/settings';
import { UnusableValue } from '../protocol/errors';

/** An access key as a secret holds it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What decides whether a secret's text is meant for this user and these fields. */
export interface Expected {
  readonly userName: string;
  readonly fields: AccessKeyFieldNames;
  readonly otherPresets: ReadonlyArray<AccessKeyFieldNames>;
}

/**
 * The access key in a secret's text; undefined if it holds none yet.
 * @throws UnusableValue if the text is no JSON object, or holds somebody else's fields. Never shows what it holds.
 */
export function readAccessKey(text: string, { userName, fields, otherPresets }: Expected): AccessKey | undefined {
  const value = parseObject(text);
  refuseTwice(text, fields);
  if (fields.userName && value[fields.userName] !== undefined && value[fields.userName] !== userName) {
    throw new UnusableValue(`the secret's field "${fields.userName}" names another user than "${userName}": give each user a secret of its own`, true);
  }
  const [hasId, hasSecret] = [fields.accessKeyId, fields.secretAccessKey].map((field) => Object.hasOwn(value, field));
  if (!hasId && !hasSecret) {
    const other = otherPresets.find((preset) => Object.hasOwn(value, preset.accessKeyId) || Object.hasOwn(value, preset.secretAccessKey));
    if (!other) return undefined;
    throw new UnusableValue(
      `the secret holds the fields "${other.accessKeyId}" and "${other.secretAccessKey}", not "${fields.accessKeyId}" and "${fields.secretAccessKey}": `
      + 'set `fields` to the ones it holds, or use another secret', true);
  }
  return { accessKeyId: textIn(value, fields.accessKeyId), secretAccessKey: textIn(value, fields.secretAccessKey) };
}

/**
 * The text with these fields set. All else stays as it is to the byte: a parsed copy would lose the order of the fields and the
 * digits of long numbers. Only the placeholder of a new secret goes.
 */
export function writeFields(text: string, fields: ReadonlyArray<readonly [name: string | undefined, value: string]>): string {
  let result = isPlaceholder(parseObject(text)) ? '{}' : text;
  for (const [name, value] of fields) {
    if (name !== undefined) result = applyEdits(result, modify(result, [name], value, {}));
  }
  return result;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new UnusableValue('the secret is not JSON: store a JSON object, an empty one ({}) will do');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnusableValue('the secret is JSON, but no object: store a JSON object, an empty one ({}) will do');
  }
  return value as Record<string, unknown>;
}

/** What the construct puts into a new secret: `{"placeholder":"…"}`, generated, never used. */
function isPlaceholder(value: Record<string, unknown>): boolean {
  return Object.keys(value).length === 1 && typeof value.placeholder === 'string';
}

function textIn(value: Record<string, unknown>, field: string): string {
  const content = value[field];
  if (typeof content === 'string' && content !== '') return content;
  throw new UnusableValue(`the secret's field "${field}" is ${content === undefined ? 'missing' : 'not a text, or empty'}: `
    + 'put a whole access key into it, or remove both fields so that a new key is made');
}

/** Of two fields of one name JSON readers take the last, and an edit changes the first. */
function refuseTwice(text: string, fields: AccessKeyFieldNames): void {
  const names = parseTree(text)?.children?.map((property) => property.children?.[0].value as string) ?? [];
  for (const field of Object.values(fields) as string[]) {
    if (names.indexOf(field) !== names.lastIndexOf(field)) {
      throw new UnusableValue(`the secret has the field "${field}" twice: remove one`);
    }
  }
}
