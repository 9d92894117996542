/** The text of a secret that is a JSON object, edited as text: a parsed copy would lose the order of fields and the digits of long numbers. */
import { applyEdits, modify, parseTree } from 'jsonc-parser';
import { UnusableValue } from './errors';
import { PLACEHOLDER_FIELD } from '../../src/private/settings';

/** What edits JSON as text goes as deep as it does. */
const DEEPEST = 500;

/**
 * The object in a secret's text.
 * @throws UnusableValue if there is none. Never shows what the text holds.
 */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new UnusableValue('the secret is not JSON: store a JSON object, with the fields of the credential if there is one; else an empty one ({}) will do');
  }
  if (depthOf(text) > DEEPEST) throw new UnusableValue(`the secret is nested more than ${DEEPEST} deep: store less in one field`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnusableValue('the secret is JSON, but no object: store a JSON object, with the fields of the credential if there is one; else an empty one ({}) will do');
  }
  return value as Record<string, unknown>;
}

/** How deep objects and arrays stand in each other at the most; brackets in texts count, which is no more than too careful. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of text) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

/** The text with these fields set. All else stays as it is to the byte; only the placeholder of a new secret goes. */
export function writeFields(text: string, fields: ReadonlyArray<readonly [name: string | undefined, value: string]>): string {
  let result = isPlaceholder(parseObject(text)) ? '{}' : text;
  for (const [name, value] of fields) {
    if (name !== undefined) result = applyEdits(result, modify(result, [name], value, {}));
  }
  return result;
}

/** Of two fields of one name JSON readers take the last, and an edit changes the first. */
export function refuseTwice(text: string, fields: readonly string[]): void {
  const names = parseTree(text)?.children?.map((property) => property.children?.[0].value as string) ?? [];
  for (const field of fields) {
    if (names.indexOf(field) !== names.lastIndexOf(field)) {
      throw new UnusableValue(`the secret has the field "${field}" twice: remove one`);
    }
  }
}

/** What the construct puts into a new secret: `{"placeholder":"…"}`, generated, never used. */
function isPlaceholder(value: Record<string, unknown>): boolean {
  return Object.keys(value).length === 1 && typeof value[PLACEHOLDER_FIELD] === 'string';
}
