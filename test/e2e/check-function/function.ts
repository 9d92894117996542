/** A check function: reads the version that it is told of, by its id, and refuses it if the secret says so. */
import { SecretsManager } from '@aws-sdk/client-secrets-manager';

interface Question {
  readonly SecretArn: string;
  readonly VersionId: string;
}

const secretsManager = new SecretsManager({});

export async function handler({ SecretArn, VersionId }: Question): Promise<void> {
  const { SecretString = '' } = await secretsManager.getSecretValue({ SecretId: SecretArn, VersionId });
  const { session_secret_key: value, refuse } = JSON.parse(SecretString) as { session_secret_key: string; refuse?: boolean };
  process.stdout.write(`${JSON.stringify({ asked: VersionId, length: value.length })}\n`);
  if (refuse) throw new Error(`refused, with a value in the message: ${value}`);
}
