/** The entry of the function that rotates random values: makes the clients. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { InvocationContext, invocationOf, secretClients } from './protocol/lambda-runtime';
import type { Outcome } from './protocol/rotation';
import { Clients, handle } from './random-value/handler';

/** A check function may take as long as Lambda lets it; how long it is waited for, this function's own time says. It may be asked twice. */
const lambda = new LambdaClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 15 * 60_000 } });
const clients: Clients = { ...secretClients(), lambda };

export async function handler(event: unknown, context: InvocationContext): Promise<Outcome | void> {
  return handle(event, { clients, ...invocationOf(context) });
}
