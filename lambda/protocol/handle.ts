/** Dispatches Secrets Manager's four steps, CloudFormation's requests, and what retires replaced credentials, for one kind of credential. */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answerCloudFormation, CloudFormationEvent } from './cloudformation';
import { decisionOf, nameAndMessage, RotationError } from './errors';
import { ensureFirstValue, revokeWithSecret } from './first-value';
import { logLine } from './log';
import { retire } from './retire';
import type { Outcome } from './rotation';
import type { Clock, Rotator } from './rotator';
import { Secret } from './secret';
import { RotationEvent, STEPS } from './steps';
import type { FirstKeyProperties, RetirementEvent } from '../../src/private/settings';

/** The clients that every rotation needs. */
export interface SecretClients {
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>;
  /** The same, sending no request twice: PutSecretValue must not blur its outcome. */
  readonly once: { readonly secretsManager: Pick<SecretsManagerClient, 'send'> };
}

/** An invocation: what the function is given to work with. */
export interface Invocation<C extends SecretClients> {
  readonly clients: C;
  readonly clock: Clock;
  /** The construct's settings as JSON, as it has put them into the environment. */
  readonly settings?: string;
  /** The function's own ARN. */
  readonly functionArn?: string;
}

export type Event = RotationEvent | CloudFormationEvent | RetirementEvent;

/** Lets through what is sent as long as the work goes on. */
export type Gate = <T extends { send: Function }>(client: T) => T;

/** What the dispatcher has to know of a kind of credential. */
export interface Kind<C extends SecretClients> {
  /** Its rotator, by the construct's settings. */
  rotator(settings: string, secret: Secret, clients: C, clock: Clock): Rotator;

  /** All clients behind a gate. */
  gated(clients: C, gate: Gate): C;
}

/** The handler of a kind of credential. */
export function handlerOf<C extends SecretClients>(kind: Kind<C>): (event: Event, invocation: Invocation<C>) => Promise<Outcome | void> {
  return async (event, invocation) => {
    if ('RequestType' in event) return handleRequest(kind, event, invocation);
    if ('Action' in event) return handleRetirement(kind, event, invocation);
    return handleStep(kind, event, invocation);
  };
}

async function handleRetirement<C extends SecretClients>(kind: Kind<C>, event: RetirementEvent, invocation: Invocation<C>): Promise<Outcome> {
  const { clients, clock, settings } = invocation;
  return logged({ action: event.Action, secret: event.SecretId }, async () => {
    if (!event.SecretId) throw new RotationError(`"SecretId" is missing in the event of action "${event.Action}": name the secret, by its name or ARN`);
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, event.SecretId);
    return retire({ secret, registered: false, rotator: kind.rotator(present(settings), secret, clients, clock), clock }, event);
  });
}

async function handleStep<C extends SecretClients>(kind: Kind<C>, event: RotationEvent, { clients, clock, settings }: Invocation<C>): Promise<void> {
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = event;
  await logged({ step, secret: secretId, token }, async () => {
    const run = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
    if (!run) throw new RotationError(`unknown step "${step}": expected one of ${Object.keys(STEPS).join(', ')}, as Secrets Manager sends them`);
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, secretId, event.RotationToken);
    return run({ secret, token, registered: true, rotator: kind.rotator(present(settings), secret, clients, clock), clock });
  });
}

async function handleRequest<C extends SecretClients>(kind: Kind<C>, event: CloudFormationEvent, invocation: Invocation<C>): Promise<void> {
  const { clients, clock, functionArn } = invocation;
  let made = false;
  let over = false;
  return answerCloudFormation(event, clock, {
    run: async () => {
      // The settings of this very request: during a rollback, those in the environment may be of another deployment.
      const { SecretArn, Settings, SecretIsRetained } = event.ResourceProperties as unknown as FirstKeyProperties;
      const gated = kind.gated(clients, gateUntil(() => over));
      const secret = new Secret(gated.secretsManager, gated.once.secretsManager, SecretArn);
      const onIssue = () => { made = true; };
      const rotator = kind.rotator(present(Settings), secret, gated, clock);
      const rotation = { secret, token: event.RequestId, registered: false, rotator, clock, onIssue, functionArn };
      return event.RequestType === 'Delete'
        ? revokeWithSecret(rotation, SecretIsRetained === 'true')
        : ensureFirstValue(rotation, event.RequestType === 'Update');
    },
    madeSomething: () => made,
    end: () => { over = true; },
  });
}

/** Clients that send nothing more once it is over: a call then never comes back, and what waits for it goes no further. */
function gateUntil(over: () => boolean): Gate {
  return (client) => Object.assign(Object.create(client) as typeof client, {
    send: (...args: unknown[]): unknown => (over() ? new Promise(() => undefined) : client.send(...args)),
  });
}

function present(settings: string | undefined): string {
  if (!settings) throw new RotationError('the environment variable SETTINGS is missing: the construct sets it; deploy again');
  return settings;
}

async function logged(subject: Record<string, string>, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    const outcome = await run();
    logLine({ ...subject, ...outcome });
    return outcome;
  } catch (error) {
    logLine({ ...subject, decision: decisionOf(error), why: nameAndMessage(error) });
    throw bare(error);
  }
}

/** Lambda logs every property of what is thrown, and its cause; the SDK's errors have some that hold the raw answer. */
function bare(error: unknown): Error {
  const copy = new Error(error instanceof Error ? error.message : String(error));
  copy.name = error instanceof Error ? error.name : 'Error';
  copy.stack = nameAndMessage(copy);
  return copy;
}
