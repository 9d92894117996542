/** What Lambda gives to a function, and how a function talks to AWS. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretClients } from './handle';
import type { Clock } from './rotator';
import { SETTINGS_VARIABLE } from '../../src/private/settings';

/** What Lambda tells of an invocation, as far as it is used here. */
export interface InvocationContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** A server that does not answer must not cost the whole invocation: AWS answers within a second, as a rule. */
export const PATIENCE = { requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true } };

/** To be made once: a client keeps its connections from one invocation to the next. */
export function secretClients(): SecretClients {
  return { secretsManager: new SecretsManagerClient(PATIENCE), once: { secretsManager: new SecretsManagerClient({ ...PATIENCE, maxAttempts: 1 }) } };
}

/** The invocation that is under way, without its clients. */
export function invocationOf(context: InvocationContext): { clock: Clock; settings?: string; invokedFunctionArn: string } {
  if (typeof context?.invokedFunctionArn !== 'string') throw new TypeError('the handler must be given Lambda\'s context as its second argument: it tells how the function was called');
  return {
    clock: {
      now: () => new Date(),
      sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
      remaining: () => context.getRemainingTimeInMillis(),
    },
    settings: process.env[SETTINGS_VARIABLE],
    invokedFunctionArn: context.invokedFunctionArn,
  };
}
