// Rotates a password of the service. Two accounts take turns: while one gets a new password, the other one's goes on working.
import { randomBytes } from 'node:crypto';
import { ask } from '../../third-party-service/administrator';
import { rotationHandler } from 'cdk-iam-key-rotation/protocol';

const ACCOUNTS = ['shop-a', 'shop-b'];

export const handler = rotationHandler({
  fields: ['account', 'password'],
  issue: async ({ current }) => ({
    account: ACCOUNTS.find((account) => account !== current?.account)!,
    password: randomBytes(24).toString('base64url'),
  }),
  apply: async ({ pending, signal }) => ask('PUT', `/accounts/${pending.account}`, { body: { password: pending.password }, signal }),
  verify: async ({ credential: { account, password }, signal }) => {
    await ask('GET', '/hello', { authorization: `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`, signal });
  },
  // Nobody was given the new password: an unknown one takes its place.
  rollback: async ({ pending, signal }) => {
    await ask('PUT', `/accounts/${pending.account}`, { body: { password: randomBytes(24).toString('base64url') }, signal });
  },
});
