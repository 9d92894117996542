// How a rotator talks to the service: with the administrator's key, which is in a secret of its own that consumers cannot read.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const secrets = new SecretsManagerClient();

interface Options {
  readonly body?: object;
  /** The administrator's, if it is left out. */
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

/** Asks the service, and answers what it answers. An error names what was asked and the status, and nothing that was sent. */
export async function ask<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await fetch(new URL(path, process.env.SERVICE), {
    method,
    headers: { authorization: options.authorization ?? `Bearer ${await administratorsKey()}` },
    body: options.body && JSON.stringify(options.body),
    signal: options.signal,
  });
  const isGone = method === 'DELETE' && response.status === 404; // revoked already
  if (!response.ok && !isGone) throw new Error(`${method} ${path} was answered with ${response.status}`);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function administratorsKey(): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.ADMINISTRATOR, VersionStage: 'AWSCURRENT' }));
  return (JSON.parse(SecretString ?? '{}') as { key: string }).key;
}
