/** The entry of the rotation function: makes the clients and reads the environment. */
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { Clients, handle } from './handler';
import type { CloudFormationEvent } from './protocol/cloudformation';
import type { Outcome } from './protocol/rotation';
import type { RotationEvent } from './protocol/steps';
import type { RetirementEvent } from '../src/private/settings';

/** What Lambda tells of an invocation, as far as it is used here. */
interface InvocationContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** A server that does not answer must not cost the whole invocation: AWS answers within a second, as a rule. */
const PATIENCE = { requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true } };

// Made once: a client keeps its connections from one invocation to the next.
const clients: Clients = {
  secretsManager: new SecretsManagerClient(PATIENCE),
  iam: new IAMClient(PATIENCE),
  sts: new STSClient(PATIENCE),
  once: { secretsManager: new SecretsManagerClient({ ...PATIENCE, maxAttempts: 1 }), iam: new IAMClient({ ...PATIENCE, maxAttempts: 1 }) },
  iamWith: (credentials) => ({
    iam: new IAMClient({ ...PATIENCE, credentials }),
    once: new IAMClient({ ...PATIENCE, credentials, maxAttempts: 1 }),
  }),
  stsFor: ({ accessKeyId, secretAccessKey }) => new STSClient({ ...PATIENCE, credentials: { accessKeyId, secretAccessKey } }),
};

export async function handler(event: RotationEvent | CloudFormationEvent | RetirementEvent, context: InvocationContext): Promise<Outcome | void> {
  return handle(event, {
    clients,
    clock: {
      now: () => new Date(),
      sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
      remaining: () => context.getRemainingTimeInMillis(),
    },
    settings: process.env.SETTINGS,
    functionArn: context.invokedFunctionArn,
  });
}
