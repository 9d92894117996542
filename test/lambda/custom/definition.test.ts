// A definition that could not work is refused when the function is loaded, so that a deployment fails and not a rotation.
import { checkDefinition } from '../../../lambda/custom/check-definition';
import type { CredentialDefinition } from '../../../lambda/custom/definition';

const PASSWORD = { fields: ['password'], issue: async () => ({ password: 'x' }), verify: async () => undefined };
const hook = async () => undefined;
const TOKEN = { fields: ['id', 'token'], id: 'id', idPattern: /tok-\d+/, issue: async () => ({ id: '1', token: 'x' }), verify: hook, revoke: hook };

test.each<[string, CredentialDefinition]>([
  ['issue and verify', PASSWORD],
  ['apply and rollback', { ...PASSWORD, apply: hook, rollback: hook }],
  ['revoke, with an id', TOKEN],
  ['list, and the lowest limit', { ...TOKEN, list: async () => [], limit: 2 }],
  ['the highest limit', { ...TOKEN, limit: 7 }],
])('a definition with %s is in order', (_, definition) => {
  expect(() => checkDefinition(definition)).not.toThrow();
});

test.each<[string, unknown, RegExp]>([
  ['none', undefined, /must be given an object with "fields", "issue" and "verify", got: undefined$/],
  ['null', null, /must be given an object with .*, got: null$/],
  ['a function', hook, /must be given an object with/],
  ['no fields', { ...PASSWORD, fields: undefined }, /"fields" must name the secret's fields that hold the credential, such as \['token'\], got: undefined$/],
  ['an empty list of fields', { ...PASSWORD, fields: [] }, /"fields" must name .*, got: \[\]$/],
  ['a text in place of fields', { ...PASSWORD, fields: 'password' }, /"fields" must name .*, got: "password"$/],
  ['a field without a name', { ...PASSWORD, fields: ['password', ''] }, /"fields" must name .*, got: \["password",""\]$/],
  ['a field that is no text', { ...PASSWORD, fields: [1] }, /"fields" must name .*, got: \[1\]$/],
  ['a field named twice', { ...PASSWORD, fields: ['a', 'b', 'a'] }, /"fields" names "a" twice: leave one out$/],
  ['the field of the placeholder', { ...PASSWORD, fields: ['placeholder'] }, /"fields" must not name "placeholder": what a new secret holds is called so, choose another name$/],
  ['no issue', { ...PASSWORD, issue: undefined }, /"issue" must be a function, and is missing$/],
  ['no verify', { ...PASSWORD, verify: undefined }, /"verify" must be a function, and is missing$/],
  ['a hook that is no function', { ...PASSWORD, apply: 'apply' }, /"apply" must be a function, got: string$/],
  ['a hook that is null', { ...PASSWORD, apply: null }, /"apply" must be a function, got: object$/],
  ['an id that is no field', { ...TOKEN, id: 'tokenId' }, /"id" must be one of "fields" \(id, token\), got: "tokenId"$/],
  ['an id that is the only field, and so would be the secret itself', { ...TOKEN, fields: ['id'] }, /"id" must not be the only one of "fields": an id is no secret, and is logged/],
  ['revoke without an id', { ...TOKEN, id: undefined, idPattern: undefined }, /"revoke" needs "id": the name of the field/],
  ['an id without revoke', { ...TOKEN, revoke: undefined }, /"id" needs "revoke": without it nothing is kept under that id$/],
  ['an id without a pattern', { ...TOKEN, idPattern: undefined }, /"id" needs "idPattern": a regular expression for what an id looks like, such as \/\\d\+\/, .*, got: undefined$/],
  ['a pattern that is a text', { ...TOKEN, idPattern: '\\d+' }, /"id" needs "idPattern": .*, got: string$/],
  ...[/\S+/, /[\w-]+/, /\w{8,}/, /^[A-Za-z0-9_]+$/, /[0-9a-f]+/].map((idPattern): [string, unknown, RegExp] => [
    `the pattern ${idPattern}`, { ...TOKEN, idPattern }, /"idPattern" must tell an id from a secret, and fits usual tokens, got: \/.*\/: name the letters and the length/,
  ]),
  ['a pattern without an id', { ...PASSWORD, idPattern: /x/ }, /"idPattern" needs "id": the name of the field that it is for$/],
  ['list without revoke', { ...PASSWORD, list: hook }, /"list" needs "revoke": what it finds too much is revoked$/],
  ['rollback without apply', { ...PASSWORD, rollback: hook }, /"rollback" needs "apply": there is nothing to undo$/],
  ['a limit without revoke', { ...PASSWORD, limit: 2 }, /"limit" needs "revoke": without it nothing is kept$/],
  ['a limit of one', { ...TOKEN, limit: 1 }, /"limit" must be a whole number from 2, .*, to 7, .*, got: 1$/],
  ['a limit that the labels of a secret do not reach for', { ...TOKEN, limit: 8 }, /"limit" must be .* to 7, as a secret carries 20 labels and each credential needs two, got: 8$/],
  ['half a limit', { ...TOKEN, limit: 2.5 }, /"limit" must be a whole number .*, got: 2.5$/],
  ['a limit that is a text', { ...TOKEN, limit: '2' }, /"limit" must be a whole number .*, got: 2$/],
])('a definition with %s is refused, and the fix is told', (_, definition, message) => {
  const check = () => checkDefinition(definition as CredentialDefinition);
  expect(check).toThrow(TypeError);
  expect(check).toThrow(/^rotationHandler: /);
  expect(check).toThrow(message);
});
