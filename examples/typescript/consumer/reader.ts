// Reads the secret when it is deployed, and tells CloudFormation the id of the key that it found.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** What CloudFormation asks, as far as it matters here. */
interface Request {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly ResourceProperties: { readonly SecretArn: string; readonly AccessKeyIdField: string };
}

const client = new SecretsManagerClient();

export async function handler(event: Request): Promise<void> {
  const answer = {
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    PhysicalResourceId: 'started',
  };
  try {
    const accessKeyId = event.RequestType === 'Delete' ? undefined : await readAccessKeyId(event.ResourceProperties);
    await respond(event.ResponseURL, { ...answer, Status: 'SUCCESS', Data: { AccessKeyId: accessKeyId } });
  } catch (error) {
    await respond(event.ResponseURL, { ...answer, Status: 'FAILED', Reason: String(error) });
  }
}

async function readAccessKeyId({ SecretArn, AccessKeyIdField }: Request['ResourceProperties']): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: SecretArn, VersionStage: 'AWSCURRENT' }));
  const accessKeyId: unknown = JSON.parse(SecretString ?? '{}')[AccessKeyIdField];
  if (typeof accessKeyId !== 'string') {
    throw new Error(`the secret holds no '${AccessKeyIdField}'`);
  }
  return accessKeyId;
}

async function respond(url: string, body: object): Promise<void> {
  await fetch(url, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': '' } });
}
