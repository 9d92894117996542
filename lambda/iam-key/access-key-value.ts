import type { AccessKeyFieldNames } from '../../src/private/settings';
import { UnusableValue, WrongSettings } from '../protocol/errors';
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
  if (fields.userName && value[fields.userName] !== undefined && !isSameName(value[fields.userName], userName)) {
    throw new WrongSettings(`the secret's field "${fields.userName}" names another user than "${userName}": give each user a secret of its own`);
  }
  const [hasId, hasSecret] = [fields.accessKeyId, fields.secretAccessKey].map((field) => Object.hasOwn(value, field));
  if (!hasId && !hasSecret) {
    const other = otherPresets.find((preset) => Object.hasOwn(value, preset.accessKeyId) || Object.hasOwn(value, preset.secretAccessKey));
    if (!other) return undefined;
    throw new WrongSettings(
      `the secret holds the fields "${other.accessKeyId}" and "${other.secretAccessKey}", not "${fields.accessKeyId}" and "${fields.secretAccessKey}": `
      + 'set `fields` to the ones it holds, or use another secret');
  }
  const key = { accessKeyId: textIn(value, fields.accessKeyId), secretAccessKey: textIn(value, fields.secretAccessKey) };
  if (!isAccessKeyId(key.accessKeyId)) { // it may be the secret, and is not shown
    throw new UnusableValue(`the secret's field "${fields.accessKeyId}" must hold the id of a user's access key, AKIA and letters and digits, and holds `
      + `something else: look whether it is swapped with "${fields.secretAccessKey}", has blanks or a line break around it, or is a temporary key (ASIA…)`);
  }
  return key;
}

/**
 * Whether a text is an id of a user's access key, as IAM makes them. Any other text may be a secret, and must not reach a log or a label.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
 */
export function isAccessKeyId(text: string): boolean {
  return /^AKIA[A-Z0-9]{12,28}$/.test(text);
}

/** IAM tells names apart without their case. */
function isSameName(found: unknown, userName: string): boolean {
  return typeof found === 'string' && found.toLowerCase() === userName.toLowerCase();
}

function textIn(value: Record<string, unknown>, field: string): string {
  const content = value[field];
  if (typeof content === 'string' && content !== '') return content;
  throw new UnusableValue(`the secret's field "${field}" is ${content === undefined ? 'missing' : 'not a text, or empty'}: `
    + 'put a whole access key into it, or remove both fields so that a new key is made');
}
