/** The rotation of what a user's definition describes; whatever it calls AWS with is handed to it. */
import { checkDefinition } from './check-definition';
import { CustomRotator } from './custom-rotator';
import type { CredentialDefinition } from './definition';
import type { CustomRotationSettings } from '../../src/private/settings';
import { Handler, handlerOf, SecretClients } from '../protocol/handle';

export function handleFor(definition: CredentialDefinition): Handler<SecretClients> {
  checkDefinition(definition);
  return handlerOf<SecretClients, CustomRotationSettings>({
    rotator: (settings, secret, _clients, clock) => new CustomRotator(definition, settings, secret, clock),
    gated: ({ secretsManager, once }, gate) => ({ secretsManager: gate(secretsManager), once: { secretsManager: gate(once.secretsManager) } }),
  });
}
