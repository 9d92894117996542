/** The rotation of what a user's definition describes; whatever it calls AWS with is handed to it. */
import { checkDefinition } from './check-definition';
import { CustomRotator } from './custom-rotator';
import type { CredentialDefinition } from './definition';
import type { CustomRotationSettings } from '../../src/private/settings';
import { Event, handlerOf, Invocation, SecretClients } from '../protocol/handle';
import type { Outcome } from '../protocol/rotation';

export function handleFor(definition: CredentialDefinition): (event: Event, invocation: Invocation<SecretClients>) => Promise<Outcome | void> {
  checkDefinition(definition);
  return handlerOf<SecretClients>({
    rotator: (json, secret, _clients, clock) => new CustomRotator(definition, JSON.parse(json) as CustomRotationSettings, secret, clock),
    gated: ({ secretsManager, once }, gate) => ({ secretsManager: gate(secretsManager), once: { secretsManager: gate(once.secretsManager) } }),
  });
}
