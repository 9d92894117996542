/** Three kinds of credential as a user of the kit would define them, each in a few lines. */
import type { Call, Define } from './fake-service';
import type { Credential, CredentialDefinition } from '../../../lambda/custom/definition';

/** A token that the service issues, lists and revokes. */
export const LISTED_TOKEN: Define = (call) => ({ ...TOKEN(call), list: async () => call('ListTokens') });

/** The same at a service that cannot list. */
export const TOKEN: Define = (call) => ({
  fields: ['id', 'token'],
  id: 'id',
  idPattern: /tok-\d+/,
  issue: async () => call<Credential>('IssueToken'),
  verify: async ({ credential }) => call('TryToken', credential),
  revoke: async ({ id, current }) => call('RevokeToken', { id, by: current }),
});

/** The same at a service that answers a repeated request with what it has made at the first. */
export const IDEMPOTENT_TOKEN: Define = (call) => ({ ...TOKEN(call), issue: async ({ rotationId }) => call<Credential>('IssueToken', { key: rotationId }) });

/** A password, given to two accounts in turn, so that the replaced one goes on working. */
export const TWO_ACCOUNTS: Define = (call) => password(call, (current) => (current?.username === 'app-a' ? 'app-b' : 'app-a'));

/** The same, and `apply` can be undone. */
export const TWO_ACCOUNTS_WITH_ROLLBACK: Define = (call) => ({
  ...TWO_ACCOUNTS(call), rollback: async ({ pending }) => call('SetPassword', { username: pending.username, password: 'locked' }),
});

/** A password of the only account: who changes it needs the one that works. */
export const ONE_ACCOUNT: Define = (call) => ({
  ...password(call, () => 'app-a'),
  apply: async ({ pending, current }) => call('SetPassword', { ...pending, by: current }),
});

export const ONE_ACCOUNT_WITH_ROLLBACK: Define = (call) => ({
  ...ONE_ACCOUNT(call),
  rollback: async ({ current }) => call('SetPassword', current),
});

function password(call: Call, account: (current?: Credential) => string): CredentialDefinition {
  return {
    fields: ['username', 'password'],
    issue: async ({ current }) => ({ username: account(current), password: await call<string>('NewPassword') }),
    apply: async ({ pending }) => call('SetPassword', pending),
    verify: async ({ credential }) => call('TryPassword', credential),
  };
}
