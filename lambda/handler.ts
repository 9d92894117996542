/** Dispatches Secrets Manager's four steps and CloudFormation's requests; whatever it calls AWS with is handed to it. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from './iam-key/access-key-value';
import { IamKeyRotator } from './iam-key/iam-key-rotator';
import { IamUser } from './iam-key/iam-user';
import { answerCloudFormation, CloudFormationEvent } from './protocol/cloudformation';
import { decisionOf, nameAndMessage, RotationError } from './protocol/errors';
import { ensureFirstValue, revokeWithSecret } from './protocol/first-value';
import { logLine } from './protocol/log';
import type { Clock, Rotator } from './protocol/rotator';
import { Secret } from './protocol/secret';
import { RotationEvent, STEPS } from './protocol/steps';
import type { FirstKeyProperties, IamKeySettings } from '../src/private/settings';

/** The clients of AWS that a rotation needs. */
export interface Clients {
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>;
  readonly iam: Pick<IAMClient, 'send'>;
  /** The same, sending no request twice: CreateAccessKey has no idempotency token, and PutSecretValue must not blur its outcome. */
  readonly once: { readonly secretsManager: Pick<SecretsManagerClient, 'send'>; readonly iam: Pick<IAMClient, 'send'> };
  /** A new client that signs with this key. */
  readonly stsFor: (key: AccessKey) => Pick<STSClient, 'send' | 'destroy'>;
}

/** @param settings `IamKeySettings` as JSON, as the construct has put them into the environment. */
export async function handle(event: RotationEvent | CloudFormationEvent, clients: Clients, clock: Clock, settings?: string): Promise<void> {
  return 'RequestType' in event ? handleRequest(event, clients, clock) : handleStep(event, clients, clock, settings);
}

async function handleStep(event: RotationEvent, clients: Clients, clock: Clock, settings: string | undefined): Promise<void> {
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = event;
  const subject = { step, secret: secretId, token };
  try {
    const run = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
    if (!run) throw new RotationError(`unknown step "${step}": expected one of ${Object.keys(STEPS).join(', ')}, as Secrets Manager sends them`);
    const secret = new Secret(clients.secretsManager, clients.once.secretsManager, secretId, event.RotationToken);
    const outcome = await run({ secret, token, registered: true, rotator: rotatorFor(settings, clients, clock), clock });
    logLine({ ...subject, ...outcome });
  } catch (error) {
    logLine({ ...subject, decision: decisionOf(error), why: nameAndMessage(error) });
    throw bare(error);
  }
}

async function handleRequest(event: CloudFormationEvent, clients: Clients, clock: Clock): Promise<void> {
  let made = false;
  let over = false;
  return answerCloudFormation(event, clock, {
    run: async () => {
      // The settings of this very request: during a rollback, those in the environment may be of another deployment.
      const { SecretArn, Settings, SecretIsRetained } = event.ResourceProperties as unknown as FirstKeyProperties;
      const gated = gate(clients, () => over);
      const secret = new Secret(gated.secretsManager, gated.once.secretsManager, SecretArn);
      const onIssue = () => { made = true; };
      const rotation = { secret, token: event.RequestId, registered: false, rotator: rotatorFor(Settings, gated, clock), clock, onIssue };
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
  const { secretsManager, iam, once } = clients;
  return {
    secretsManager: gated(secretsManager),
    iam: gated(iam),
    once: { secretsManager: gated(once.secretsManager), iam: gated(once.iam) },
    stsFor: (key) => gated(clients.stsFor(key)),
  };
}

function rotatorFor(json: string | undefined, clients: Clients, clock: Clock): Rotator {
  if (!json) throw new RotationError('the environment variable SETTINGS is missing: the construct sets it; deploy again');
  const settings = JSON.parse(json) as IamKeySettings;
  return new IamKeyRotator(settings, new IamUser(clients.iam, clients.once.iam, settings.userName), clients.stsFor, clock);
}

/** Lambda logs every property of what is thrown, and its cause; the SDK's errors have some that hold the raw answer. */
function bare(error: unknown): Error {
  const copy = new Error(error instanceof Error ? error.message : String(error));
  copy.name = error instanceof Error ? error.name : 'Error';
  copy.stack = nameAndMessage(copy);
  return copy;
}
