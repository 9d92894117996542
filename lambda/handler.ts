/** Dispatches Secrets Manager's four steps, CloudFormation's requests, and what retires replaced keys; whatever it calls AWS with is handed to it. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from './iam-key/access-key-value';
import { authorityOf, Credentials, IamClients } from './iam-key/authority';
import { IamKeyRotator } from './iam-key/iam-key-rotator';
import { IamUser } from './iam-key/iam-user';
import { answerCloudFormation, CloudFormationEvent } from './protocol/cloudformation';
import { decisionOf, nameAndMessage, RotationError } from './protocol/errors';
import { ensureFirstValue, revokeWithSecret } from './protocol/first-value';
import { CURRENT } from './protocol/labels';
import { logLine } from './protocol/log';
import { retire } from './protocol/retire';
import type { Outcome } from './protocol/rotation';
import type { Clock, Rotator } from './protocol/rotator';
import { Secret } from './protocol/secret';
import { RotationEvent, STEPS } from './protocol/steps';
import type { FirstKeyProperties, IamKeySettings, RetirementEvent } from '../src/private/settings';

/** The clients of AWS that a rotation needs. */
export interface Clients {
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>;
  readonly iam: Pick<IAMClient, 'send'>;
  readonly sts: Pick<STSClient, 'send'>;
  /** The same, sending no request twice: CreateAccessKey has no idempotency token, and PutSecretValue must not blur its outcome. */
  readonly once: { readonly secretsManager: Pick<SecretsManagerClient, 'send'>; readonly iam: Pick<IAMClient, 'send'> };
  /** Clients of IAM that sign with these credentials. */
  readonly iamWith: (credentials: Credentials) => IamClients;
  /** A new client that signs with this key. */
  readonly stsFor: (key: AccessKey) => Pick<STSClient, 'send' | 'destroy'>;
}

/** An invocation: what the function is given to work with. */
export interface Invocation {
  readonly clients: Clients;
  readonly clock: Clock;
  /** `IamKeySettings` as JSON, as the construct has put them into the environment. */
  readonly settings?: string;
  /** The function's own ARN. */
  readonly functionArn?: string;
}

export async function handle(event: RotationEvent | CloudFormationEvent | RetirementEvent, invocation: Invocation): Promise<Outcome | void> {
  if ('RequestType' in event) return handleRequest(event, invocation);
  if ('Action' in event) return handleRetirement(event, invocation);
  return handleStep(event, invocation);
}

async function handleRetirement(event: RetirementEvent, { clients, clock, settings }: Invocation): Promise<Outcome> {
  const subject = { action: event.Action, secret: event.SecretId };
  return logged(subject, async () => {
    if (!event.SecretId) throw new RotationError(`"SecretId" is missing in the event of action "${event.Action}": name the secret, by its name or ARN`);
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, event.SecretId);
    return retire({ secret, registered: false, rotator: rotatorFor(settings, secret, clients, clock), clock }, event);
  });
}

async function handleStep(event: RotationEvent, { clients, clock, settings }: Invocation): Promise<void> {
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = event;
  await logged({ step, secret: secretId, token }, async () => {
    const run = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
    if (!run) throw new RotationError(`unknown step "${step}": expected one of ${Object.keys(STEPS).join(', ')}, as Secrets Manager sends them`);
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, secretId, event.RotationToken);
    return run({ secret, token, registered: true, rotator: rotatorFor(settings, secret, clients, clock), clock });
  });
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

async function handleRequest(event: CloudFormationEvent, { clients, clock, functionArn }: Invocation): Promise<void> {
  let made = false;
  let over = false;
  return answerCloudFormation(event, clock, {
    run: async () => {
      // The settings of this very request: during a rollback, those in the environment may be of another deployment.
      const { SecretArn, Settings, SecretIsRetained } = event.ResourceProperties as unknown as FirstKeyProperties;
      const gated = gate(clients, () => over);
      const secret = new Secret(gated.secretsManager, gated.once.secretsManager, SecretArn);
      const onIssue = () => { made = true; };
      const rotator = rotatorFor(Settings, secret, gated, clock);
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
function gate(clients: Clients, over: () => boolean): Clients {
  const gated = <T extends { send: Function }>(client: T): T => Object.assign(Object.create(client) as T, {
    send: (...args: unknown[]): unknown => (over() ? new Promise(() => undefined) : client.send(...args)),
  });
  const { secretsManager, iam, sts, once } = clients;
  return {
    secretsManager: gated(secretsManager),
    iam: gated(iam),
    sts: gated(sts),
    iamWith: (credentials) => {
      const signed = clients.iamWith(credentials);
      return { iam: gated(signed.iam), once: gated(signed.once) };
    },
    once: { secretsManager: gated(once.secretsManager), iam: gated(once.iam) },
    stsFor: (key) => gated(clients.stsFor(key)),
  };
}

function rotatorFor(json: string | undefined, secret: Secret, clients: Clients, clock: Clock): Rotator {
  if (!json) throw new RotationError('the environment variable SETTINGS is missing: the construct sets it; deploy again');
  const settings = JSON.parse(json) as IamKeySettings;
  const authority = authorityOf(settings, {
    ofRole: { iam: clients.iam, once: clients.once.iam, sts: clients.sts },
    signedBy: clients.iamWith,
    currentText: async () => secret.currentText((await secret.look()).versionWith(CURRENT)),
    textOf: (arn) => new Secret(clients.secretsManager, clients.once.secretsManager, arn).textWith(CURRENT),
  });
  return new IamKeyRotator(settings, new IamUser(authority, settings.userName), clients.stsFor, clock);
}

/** Lambda logs every property of what is thrown, and its cause; the SDK's errors have some that hold the raw answer. */
function bare(error: unknown): Error {
  const copy = new Error(error instanceof Error ? error.message : String(error));
  copy.name = error instanceof Error ? error.name : 'Error';
  copy.stack = nameAndMessage(copy);
  return copy;
}
