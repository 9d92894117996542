/**
 * Dispatches what the function is asked for: Secrets Manager's four steps, what retires replaced credentials, and CloudFormation's requests, for one
 * kind of credential. Anybody who may invoke the function may send any event. So what may be asked depends on the name that the function was called
 * by, which Lambda tells and no event can: a right to invoke it under one name does not reach the others.
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answerCloudFormation, CloudFormationEvent, Work } from './cloudformation';
import { serveRequest } from './deployment';
import { decisionOf, nameAndMessage, Refusal } from './errors';
import { orGiveUp } from './give-up';
import { logLine } from './log';
import { retireDue, retireNow } from './retire';
import type { Outcome, Subject } from './rotation';
import type { Clock, Rotator } from './rotator';
import { isArnOf, Secret } from './secret';
import { RotationEvent, STEPS } from './steps';
import { ALIASES, FirstValueProperties, SecretSettings, SETTINGS_VARIABLE } from '../../src/private/settings';

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
  /** Lambda's word for what was called: the function's ARN, with an alias at its end if it was called by one. */
  readonly invokedFunctionArn: string;
}

/** Lets through what is sent as long as the work goes on. */
export type Gate = <T extends { send: Function }>(client: T) => T;

/** What the dispatcher has to know of a kind of credential. */
export interface Kind<C extends SecretClients, S extends SecretSettings> {
  /** Its rotator, by the construct's settings. */
  rotator(settings: S, secret: Secret, clients: C, clock: Clock): Rotator;

  /** All clients behind a gate. */
  gated(clients: C, gate: Gate): C;
}

export type Handler<C extends SecretClients> = (event: unknown, invocation: Invocation<C>) => Promise<Outcome | void>;

/** The handler of a kind of credential. */
export function handlerOf<C extends SecretClients, S extends SecretSettings>(kind: Kind<C, S>): Handler<C> {
  return async (event, invocation) => {
    const { alias } = calledAs(invocation);
    const fields = typeof event === 'object' && event !== null ? event as Record<string, unknown> : {};
    if (alias === ALIASES.deployment && 'RequestType' in fields) return handleRequest(kind, fields as unknown as CloudFormationEvent, invocation);
    if (alias === ALIASES.retirement && fields.Action === 'retire') {
      return handleRetirement(kind, invocation, 'retire', async (subject) => retireNow(subject, fields.KeyId));
    }
    if (alias === undefined && fields.Action === 'retireDue') return handleRetirement(kind, invocation, 'retireDue', retireDue);
    if (alias === undefined && 'Step' in fields) return handleStep(kind, fields, invocation);
    return refuse(`this is not served ${alias === undefined ? "under the function's own name" : `under its alias "${alias}"`}: ${SERVED}`);
  };
}

const SERVED = `Secrets Manager's steps and {"Action":"retireDue"} are served under its own name, CloudFormation's requests under its alias "${ALIASES.deployment}", `
  + `and {"Action":"retire","KeyId":"AKIA…"} under its alias "${ALIASES.retirement}"`;

/** `$LATEST` is the function itself. */
function calledAs({ invokedFunctionArn }: { readonly invokedFunctionArn: string }): { functionArn: string; alias?: string } {
  const parts = invokedFunctionArn.split(':'); // arn:aws:lambda:<region>:<account>:function:<name>[:<alias>]
  return { functionArn: parts.slice(0, 7).join(':'), alias: parts[7] === '$LATEST' ? undefined : parts[7] };
}

async function handleRetirement<C extends SecretClients, S extends SecretSettings>(
  kind: Kind<C, S>, { clients, clock, settings }: Invocation<C>, action: string, retire: (subject: Subject) => Promise<Outcome>,
): Promise<Outcome> {
  const own = parsed<S>(settings);
  return logged({ action, secret: own.secretArn }, async () => {
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, own.secretArn);
    return retire({ secret, registered: false, rotator: kind.rotator(own, secret, clients, clock), clock });
  });
}

async function handleStep<C extends SecretClients, S extends SecretSettings>(
  kind: Kind<C, S>, event: Record<string, unknown>, { clients, clock, settings }: Invocation<C>,
): Promise<void> {
  const own = parsed<S>(settings);
  const { Step: step, SecretId: secretId, ClientRequestToken: token, RotationToken } = checked(event, own);
  await logged({ step, secret: secretId, token }, async () => {
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, secretId, RotationToken);
    return orGiveUp({ secret, token, registered: true, rotator: kind.rotator(own, secret, clients, clock), clock }, STEPS[step]);
  });
}

/** The step of a rotation of this function's own secret. Nothing of another event is shown. */
function checked({ Step, SecretId, ClientRequestToken, RotationToken }: Record<string, unknown>, { secretArn }: SecretSettings): RotationEvent {
  if (typeof Step !== 'string' || !Object.hasOwn(STEPS, Step)) {
    return refuse(`"Step" must be one of ${Object.keys(STEPS).join(', ')}, as Secrets Manager sends them`);
  }
  if (typeof SecretId !== 'string' || !isArnOf(SecretId, secretArn)) {
    return refuse(`"SecretId" must be ${secretArn}, the secret that this function rotates: give another secret a function of its own`);
  }
  if (typeof ClientRequestToken !== 'string' || !/^[\w-]{1,64}$/.test(ClientRequestToken)) {
    return refuse('"ClientRequestToken" must be the id of the version to fill, as Secrets Manager sends it');
  }
  return { Step, SecretId, ClientRequestToken, RotationToken: typeof RotationToken === 'string' ? RotationToken : undefined };
}

async function handleRequest<C extends SecretClients, S extends SecretSettings>(
  kind: Kind<C, S>, event: CloudFormationEvent, invocation: Invocation<C>,
): Promise<void> {
  const { clients, clock } = invocation;
  const made: Work['made'] = { something: false };
  let over = false;
  return answerCloudFormation(event, clock, {
    run: async () => {
      const gated = kind.gated(clients, gateUntil(() => over));
      // The settings of this very request: during a rollback, those in the environment may be of another deployment.
      const { SecretArn, Settings } = event.ResourceProperties as unknown as FirstValueProperties;
      const secretOf = (secretArn: string) => new Secret(gated.secretsManager, gated.once.secretsManager, secretArn);
      const secret = secretOf(SecretArn);
      const rotatorBy = (settings: string) => kind.rotator(parsed<S>(settings), secret, gated, clock);
      const rotation = {
        secret,
        token: event.RequestId,
        registered: false,
        rotator: rotatorBy(Settings),
        clock,
        startedAt: clock.now(),
        onIssue: () => { made.something = true; },
        onIssued: (id: string | undefined) => { made.id = id; },
        functionArn: calledAs(invocation).functionArn,
      };
      return serveRequest(event, rotation, { rotatorBy, secretInEnvironment: parsed<S>(invocation.settings).secretArn, secretOf });
    },
    made,
    end: () => { over = true; },
  });
}

/** Clients that send nothing more once it is over: a call then never comes back, and what waits for it goes no further. */
function gateUntil(over: () => boolean): Gate {
  return (client) => Object.assign(Object.create(client) as typeof client, {
    send: (...args: unknown[]): unknown => (over() ? new Promise(() => undefined) : client.send(...args)),
  });
}

function parsed<S extends SecretSettings>(settings: string | undefined): S {
  if (!settings) return refuse(`the environment variable ${SETTINGS_VARIABLE} is missing: the construct sets it; deploy again`);
  return JSON.parse(settings) as S;
}

function refuse(why: string): never {
  logLine({ decision: 'refused', why });
  throw bare(new Refusal(why));
}

async function logged(subject: Record<string, string | undefined>, run: () => Promise<Outcome>): Promise<Outcome> {
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
