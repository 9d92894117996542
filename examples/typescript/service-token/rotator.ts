// Rotates a token of the service. It keeps two tokens for each note, so the replaced one lives on until the next rotation.
import { ask } from '../../third-party-service/administrator';
import { rotationHandler } from 'cdk-iam-key-rotation/protocol';

export const handler = rotationHandler({
  fields: ['token_id', 'token'],
  id: 'token_id',
  idPattern: /[0-9a-f-]{36}/,
  issue: async ({ secretArn, signal }) => {
    const { id, token } = await ask<{ id: string; token: string }>('POST', '/tokens', { body: { note: secretArn }, signal });
    return { token_id: id, token };
  },
  verify: async ({ credential, signal }) => ask('GET', '/hello', { authorization: `Bearer ${credential.token}`, signal }),
  revoke: async ({ id, signal }) => ask('DELETE', `/tokens/${id}`, { signal }),
  list: async ({ secretArn, signal }) => ask<string[]>('GET', `/tokens?note=${encodeURIComponent(secretArn)}`, { signal }),
});
