/** The entry of the function that rotates access keys: makes the clients. */
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { Clients, handle } from './handler';
import { InvocationContext, invocationOf, PATIENCE, secretClients } from './protocol/lambda-runtime';
import type { Outcome } from './protocol/rotation';

const secret = secretClients();
const clients: Clients = {
  ...secret,
  iam: new IAMClient(PATIENCE),
  sts: new STSClient(PATIENCE),
  once: { ...secret.once, iam: new IAMClient({ ...PATIENCE, maxAttempts: 1 }) },
  iamWith: (credentials) => ({
    iam: new IAMClient({ ...PATIENCE, credentials }),
    once: new IAMClient({ ...PATIENCE, credentials, maxAttempts: 1 }),
  }),
  stsFor: ({ accessKeyId, secretAccessKey }) => new STSClient({ ...PATIENCE, credentials: { accessKeyId, secretAccessKey } }),
};

export async function handler(event: unknown, context: InvocationContext): Promise<Outcome | void> {
  return handle(event, { clients, ...invocationOf(context) });
}
