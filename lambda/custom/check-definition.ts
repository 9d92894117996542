import type { CredentialDefinition } from './definition';

const HOOKS = ['issue', 'apply', 'verify', 'rollback', 'revoke', 'list'] as const;
const NEEDED: ReadonlyArray<typeof HOOKS[number]> = ['issue', 'verify'];

/** A service that keeps one credential only has nothing to rotate to. */
const LOWEST_LIMIT = 2;

/** Fails when the function is loaded, so that a deployment fails, for a definition that could not work. */
export function checkDefinition(definition: CredentialDefinition): void {
  const { fields, id, limit, apply, rollback, revoke, list } = definition;
  if (!Array.isArray(fields) || fields.length === 0 || fields.some((field) => typeof field !== 'string' || field === '')) {
    fail(`"fields" must name the secret's fields that hold the credential, such as ['token'], got: ${JSON.stringify(fields)}`);
  }
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twice !== undefined) fail(`"fields" names "${twice}" twice: leave one out`);
  for (const hook of HOOKS) {
    const given = definition[hook];
    if (given === undefined && !NEEDED.includes(hook)) continue;
    if (typeof given !== 'function') fail(`"${hook}" must be a function${given === undefined ? ', and is missing' : `, got: ${typeof given}`}`);
  }
  if (id !== undefined && !fields.includes(id)) fail(`"id" must be one of "fields" (${fields.join(', ')}), got: "${id}"`);
  if (revoke && id === undefined) fail('"revoke" needs "id": the name of the field that holds the id under which the service keeps the credential');
  if (!revoke && id !== undefined) fail('"id" needs "revoke": without it nothing is kept under that id');
  if (list && !revoke) fail('"list" needs "revoke": what it finds too much is revoked');
  if (rollback && !apply) fail('"rollback" needs "apply": there is nothing to undo');
  if (limit !== undefined && (!Number.isInteger(limit) || limit < LOWEST_LIMIT)) {
    fail(`"limit" must be a whole number from ${LOWEST_LIMIT} on, as the replaced credential lives on beside the new one, got: ${limit}`);
  }
}

function fail(why: string): never {
  throw new TypeError(`rotationHandler: ${why}`);
}
