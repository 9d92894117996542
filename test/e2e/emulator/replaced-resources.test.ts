// The emulator's CloudFormation: a custom resource that answers another physical id, and rollbacks that fail.
import type { App } from 'aws-cdk-lib';
import { Deployment, Emulator } from '../harness';
import { ProviderProps, providerStack, requests, TAKEN } from './provider';

let emulator: Emulator;
let stack: Deployment;
/** How many requests there were before the test. */
let before = 0;

const old = (app: App) => providerStack(app, { resource: { Id: 'old' } });

beforeAll(async () => {
  emulator = await Emulator.start();
  await emulator.clients.secretsManager.createSecret({ Name: TAKEN, SecretString: '{}' });
  stack = await emulator.deploy(old);
});
beforeEach(async () => {
  await stack.update(old);
  before = (await requests(stack)).length;
});
afterAll(async () => emulator.stop());

const update = async (props: ProviderProps) => stack.update((app) => providerStack(app, props));

/** What the test has led to: the request, the physical id, and the id among the properties. */
async function asked(): Promise<string[]> {
  return (await requests(stack)).slice(before).map(({ request, id, asked: wanted }) => `${request} ${id} (${wanted})`);
}

async function status(): Promise<string | undefined> {
  const { Stacks } = await emulator.clients.cloudFormation.describeStacks({ StackName: 'Provided' });
  return Stacks![0].StackStatus;
}

test('a changed physical id is a replacement: the old one is deleted, with its old properties, once the update is done', async () => {
  await update({ resource: { Id: 'new' } });

  expect(await asked()).toEqual(['Update old (new)', 'Delete old (old)']);
  expect(await stack.physicalId('Resource')).toBe('new');
});

test('an old one that cannot be deleted then does not fail the update', async () => {
  await update({ resource: { Id: 'old', Fails: 'Delete' } });
  await update({ resource: { Id: 'new' } });

  expect((await asked()).slice(1)).toEqual(['Update old (new)', 'Delete old (old)']);
  expect(await status()).toBe('UPDATE_COMPLETE');
});

test('a rollback deletes the new one, and leaves the old one alone', async () => {
  await expect(update({ resource: { Id: 'new' }, fails: true })).rejects.toThrow('already exists');

  expect(await asked()).toEqual(['Update old (new)', 'Delete new (new)']);
  expect(await status()).toBe('UPDATE_ROLLBACK_COMPLETE');
});

test('a rollback deletes a new one whose Update has failed, too', async () => {
  await expect(update({ resource: { Id: 'new', Fails: 'Update, Delete' } })).rejects.toThrow('Update was told to fail');

  expect(await asked()).toEqual(['Update old (new)', 'Delete new (new)']);
  expect(await status()).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await stack.physicalId('Resource')).toBe('old');
});

test('a rollback fails if the resource cannot be updated back', async () => {
  await update({});
  await update({ resource: { Id: 'old', Fails: 'Update' } });
  await expect(update({ resource: { Id: 'old', Fails: 'Update, Delete' } })).rejects.toThrow('Update was told to fail');

  expect((await asked()).slice(-2)).toEqual(['Update old (old)', 'Update old (old)']);
  expect(await status()).toBe('UPDATE_ROLLBACK_FAILED');
});
