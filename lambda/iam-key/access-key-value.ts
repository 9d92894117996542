import type { AccessKeyFieldNames } from '../../src/private/settings';
import { UnusableValue } from '../protocol/errors';
import { parseObject, refuseTwice } from '../protocol/json-text';

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
  refuseTwice(text, Object.values(fields) as string[]);
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

function textIn(value: Record<string, unknown>, field: string): string {
  const content = value[field];
  if (typeof content === 'string' && content !== '') return content;
  throw new UnusableValue(`the secret's field "${field}" is ${content === undefined ? 'missing' : 'not a text, or empty'}: `
    + 'put a whole access key into it, or remove both fields so that a new key is made');
}
