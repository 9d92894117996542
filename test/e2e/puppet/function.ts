/**
 * A function that does what a test says: it makes one AWS call with its role's rights, answers CloudFormation as told, or rotates
 * a plain value by the four steps, with as few calls as that takes. It has none of the safety of the real one.
 */
import { randomUUID } from 'node:crypto';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { STS } from '@aws-sdk/client-sts';

export interface CallEvent {
  readonly service: 'iam' | 'secretsManager' | 'sts';
  /** The method of the SDK's aggregated client: `listAccessKeys`. */
  readonly method: string;
  readonly input: object;
}

interface StepEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly ResourceProperties: { readonly Fails?: string };
  readonly PhysicalResourceId?: string;
}

const clients = { iam: new IAM({}), secretsManager: new SecretsManager({}), sts: new STS({}) };

export async function handler(event: CallEvent | StepEvent | ResourceEvent): Promise<unknown> {
  process.stdout.write(`${JSON.stringify({ event: 'Step' in event ? event.Step : 'RequestType' in event ? event.RequestType : event.method })}\n`);
  if ('Step' in event) return takeStep(event);
  if ('RequestType' in event) return answerResource(event);
  const client = clients[event.service] as unknown as Record<string, (input: object) => Promise<{ $metadata?: unknown }>>;
  const { $metadata, ...output } = await client[event.method](event.input);
  return output;
}

async function takeStep({ Step: step, SecretId, ClientRequestToken }: StepEvent): Promise<void> {
  if (step === 'createSecret') {
    await clients.secretsManager.putSecretValue({ SecretId, ClientRequestToken, SecretString: randomUUID(), VersionStages: ['AWSPENDING'] });
  } else if (step === 'finishSecret') {
    const { VersionIdsToStages = {} } = await clients.secretsManager.describeSecret({ SecretId });
    const current = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id].includes('AWSCURRENT'));
    await clients.secretsManager.updateSecretVersionStage({
      SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current,
    });
  }
}

async function answerResource(event: ResourceEvent): Promise<void> {
  await clients.sts.getCallerIdentity({}); // a call that a fault can meet
  const failed = event.ResourceProperties.Fails === event.RequestType;
  await fetch(event.ResponseURL, {
    method: 'PUT',
    body: JSON.stringify({
      ...event,
      Status: failed ? 'FAILED' : 'SUCCESS',
      Reason: failed ? `${event.RequestType} was told to fail` : undefined,
      PhysicalResourceId: event.PhysicalResourceId ?? 'puppet',
    }),
  });
}
