/** The rotation of random values; whatever it calls AWS with is handed to it. */
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { CheckFunction } from './check-function';
import { RandomValueRotator } from './random-value-rotator';
import type { RandomValueRotationSettings } from '../../src/private/settings';
import { handlerOf, SecretClients } from '../protocol/handle';
import { CURRENT } from '../protocol/labels';

export interface Clients extends SecretClients {
  readonly lambda: Pick<LambdaClient, 'send'>;
}

export const handle = handlerOf<Clients, RandomValueRotationSettings>({
  rotator: (settings, secret, { lambda }, clock) => {
    const { checkFunctionArn } = settings;
    const secretArn = async () => (await secret.look()).arn;
    const currentText = async () => secret.currentText((await secret.look()).versionWith(CURRENT));
    const check = checkFunctionArn === undefined ? undefined : new CheckFunction(lambda, checkFunctionArn, secretArn, clock);
    return new RandomValueRotator(settings, currentText, check);
  },
  gated: ({ secretsManager, lambda, once }, gate) => ({
    secretsManager: gate(secretsManager), lambda: gate(lambda), once: { secretsManager: gate(once.secretsManager) },
  }),
});
