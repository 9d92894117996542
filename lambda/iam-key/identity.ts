import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from './access-key-value';
import { call } from '../protocol/aws-call';
import { AwsCallFailed } from '../protocol/errors';

/** What STS answers about a key that IAM has not told it of yet, or that is gone or inactive: it cannot be told which. */
const UNKNOWN_KEY = ['InvalidClientTokenId', 'SignatureDoesNotMatch', 'UnrecognizedClientException', 'InvalidAccessKeyId'];

/** Whose key it is: the ARN, or the code of STS's refusal. */
export type Identity = { readonly arn: string } | { readonly refusal: string };

/** Asks STS whose key it is, by a new client, and so a new connection, each time: answers of one host say little. */
export async function askSts(key: AccessKey, clientFor: (key: AccessKey) => Pick<STSClient, 'send' | 'destroy'>): Promise<Identity> {
  const client = clientFor(key);
  try {
    const answer = await call('sts:GetCallerIdentity', `key ${key.accessKeyId}`, () => client.send(new GetCallerIdentityCommand({})));
    return { arn: answer.Arn ?? '' };
  } catch (error) {
    if (error instanceof AwsCallFailed && UNKNOWN_KEY.includes(error.code)) return { refusal: error.code };
    throw error;
  } finally {
    client.destroy();
  }
}

/** Whether two ARNs are of the same user: of one account and one name. A user that was imported by name has lost its path. */
export function isSameUser(arn: string, other: string): boolean {
  const identity = (value: string) => {
    const [, , , , account, resource = ''] = value.split(':');
    return resource.startsWith('user/') ? `${account}/${resource.split('/').pop()!.toLowerCase()}` : value;
  };
  return identity(arn) === identity(other);
}
