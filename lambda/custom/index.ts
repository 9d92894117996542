/** `cdk-iam-key-rotation/protocol`: Secrets Manager's four steps for a credential of one's own. */
import type { CredentialDefinition, LambdaContext, RotationHandler } from './definition';
import { handleFor } from './handler';
import { invocationOf, secretClients } from '../protocol/lambda-runtime';

export * from './definition';

/**
 * A handler for Lambda that rotates a credential: `export const handler = rotationHandler({ … })`, as the `code` of a `CustomRotation`. It takes care of
 * tokens, stages, repeated and stalled steps, dry runs, what was made and could not be stored, and rotations that can never finish.
 *
 * @throws TypeError at once, if the definition cannot work
 */
export function rotationHandler(definition: CredentialDefinition): RotationHandler {
  const handle = handleFor(definition);
  const clients = secretClients();
  return async (event: unknown, context: LambdaContext): Promise<unknown> => handle(event, { clients, ...invocationOf(context) });
}
