import { isWhole } from './credential';
import type { CredentialDefinition } from './definition';
import { PLACEHOLDER_FIELD } from '../../src/private/settings';

const HOOKS = ['issue', 'apply', 'verify', 'rollback', 'revoke', 'list'] as const;
const NEEDED: ReadonlyArray<typeof HOOKS[number]> = ['issue', 'verify'];

/** A service that keeps one credential only has nothing to rotate to. */
const LOWEST_LIMIT = 2;
/** A secret carries 20 labels: three of Secrets Manager's, two marks of ours, two a credential; one is left to people. */
const HIGHEST_LIMIT = 7;

/** Tokens of usual forms: a pattern that fits one of them does not tell an id from a secret. */
const TOKENS = [
  'Zm9v-YmFy_0123456789.QUJD+ZGVm/Z2hp=ab', // base64 and more
  'ghp_1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX3yZ4a', // a prefix, letters and digits
  'wJalrXUtnFEMI-K7MDENG_bPxRfiCYEXAMPLEKEY0', // base64url
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', // hex
];

/** Fails when the function is loaded, so that a deployment fails, for a definition that could not work. */
export function checkDefinition(definition: CredentialDefinition): void {
  if (typeof definition !== 'object' || definition === null) fail(`must be given an object with "fields", "issue" and "verify", got: ${definition}`);
  const { fields, id, idPattern, limit, apply, rollback, revoke, list } = definition;
  if (!Array.isArray(fields) || fields.length === 0 || fields.some((field) => typeof field !== 'string' || field === '')) {
    fail(`"fields" must name the secret's fields that hold the credential, such as ['token'], got: ${JSON.stringify(fields)}`);
  }
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twice !== undefined) fail(`"fields" names "${twice}" twice: leave one out`);
  if (fields.includes(PLACEHOLDER_FIELD)) fail(`"fields" must not name "${PLACEHOLDER_FIELD}": what a new secret holds is called so, choose another name`);
  for (const hook of HOOKS) {
    const given = definition[hook];
    if (given === undefined && !NEEDED.includes(hook)) continue;
    if (typeof given !== 'function') fail(`"${hook}" must be a function${given === undefined ? ', and is missing' : `, got: ${typeof given}`}`);
  }
  if (id !== undefined && !fields.includes(id)) fail(`"id" must be one of "fields" (${fields.join(', ')}), got: "${id}"`);
  if (id !== undefined && fields.length === 1) fail(`"id" must not be the only one of "fields": an id is no secret, and is logged. Name the field of the secret, too, got: "${id}"`);
  if (id === undefined && idPattern !== undefined) fail('"idPattern" needs "id": the name of the field that it is for');
  if (id !== undefined && !(idPattern instanceof RegExp)) {
    fail(`"id" needs "idPattern": a regular expression for what an id looks like, such as /\\d+/, so that a secret in its field is never logged, got: ${typeof idPattern}`);
  }
  if (TOKENS.some((token) => isWhole(idPattern, token))) fail(`"idPattern" must tell an id from a secret, and fits usual tokens, got: ${idPattern}: name the letters and the length of an id`);
  if (revoke && id === undefined) fail('"revoke" needs "id": the name of the field that holds the id under which the service keeps the credential');
  if (!revoke && id !== undefined) fail('"id" needs "revoke": without it nothing is kept under that id');
  if (list && !revoke) fail('"list" needs "revoke": what it finds too much is revoked');
  if (rollback && !apply) fail('"rollback" needs "apply": there is nothing to undo');
  if (limit !== undefined && !revoke) fail('"limit" needs "revoke": without it nothing is kept');
  if (limit !== undefined && (!Number.isInteger(limit) || limit < LOWEST_LIMIT || limit > HIGHEST_LIMIT)) {
    fail(`"limit" must be a whole number from ${LOWEST_LIMIT}, as the replaced credential lives on beside the new one, to ${HIGHEST_LIMIT}, as a secret carries `
      + `20 labels and each credential needs two, got: ${limit}`);
  }
}

function fail(why: string): never {
  throw new TypeError(`rotationHandler: ${why}`);
}
