// The emulator's CloudFormation and the harness itself: deploying, failing, destroying, starting and stopping.
import { createServer } from 'node:net';
import { Deployment, Emulator } from '../harness';
import { puppetStack } from '../puppet/stack';

let emulator: Emulator;

beforeAll(async () => { emulator = await Emulator.start(); });
afterEach(async () => emulator.controls.setFaults());
afterAll(async () => emulator.stop());

/** Every request that the puppet has had from CloudFormation. */
async function requests(puppet: Deployment): Promise<unknown[]> {
  const lines = await puppet.logLines(puppet.outputs.FunctionName);
  return lines.map(({ event }) => event).filter((event) => event !== 'testSecret');
}

test('a stack is deployed and destroyed, and leaves nothing behind', async () => {
  const puppet = await emulator.deploy((app) => puppetStack(app, { scheduled: true, resourceFails: 'never' }));
  expect(puppet.outputs.SecretRef).toBe(puppet.outputs.SecretArn); // Ref of a secret is its ARN
  expect(await puppet.leftBehind()).toContain(`user ${puppet.outputs.UserName}`);

  await puppet.destroy();

  expect(await puppet.leftBehind()).toEqual([]);
});

test('a user who still has keys keeps a stack from being destroyed', async () => {
  const puppet = await emulator.deploy((app) => puppetStack(app));
  const { UserName } = puppet.outputs;
  const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName });

  await expect(puppet.destroy()).rejects.toThrow('DeleteConflict');
  await emulator.clients.iam.deleteAccessKey({ UserName, AccessKeyId: AccessKey!.AccessKeyId });
  await puppet.destroy();
  expect(await puppet.leftBehind()).toEqual([]);
});

test('what a resource needs that cannot be deleted stays, and goes with it the next time', async () => {
  const puppet = await emulator.deploy((app) => puppetStack(app, { resourceFails: 'never' }));
  await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: 'kill', times: 10 });

  await expect(puppet.destroy()).rejects.toThrow('did not receive a response');
  const left = await puppet.leftBehind();
  expect(left).toContain(`function ${puppet.outputs.FunctionName}`);
  expect(left).toContain(`user ${puppet.outputs.UserName}`); // the function's policy names it

  await emulator.controls.setFaults();
  await puppet.destroy();
  expect(await puppet.leftBehind()).toEqual([]);
});

test('a custom resource that fails to be created is deleted, and the stack rolled back with its reason', async () => {
  const puppet = await emulator.deploy((app) => puppetStack(app));

  await expect(puppet.update((app) => puppetStack(app, { resourceFails: 'Create' }))).rejects.toThrow('Create was told to fail');

  expect(await requests(puppet)).toEqual(['Create', 'Delete']);
  await puppet.update((app) => puppetStack(app)); // UPDATE_ROLLBACK_COMPLETE: it can be deployed again
  await puppet.destroy();
});

test('a custom resource that fails to be updated is updated back', async () => {
  const puppet = await emulator.deploy((app) => puppetStack(app, { resourceFails: 'never' }));

  await expect(puppet.update((app) => puppetStack(app, { resourceFails: 'Update', revision: 1 }))).rejects.toThrow('Update was told to fail');

  expect(await requests(puppet)).toEqual(['Create', 'Update', 'Update']);
  await puppet.destroy();
});

test('a custom resource whose function dies is asked again, as Lambda does with an asynchronous invocation', async () => {
  await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: 'kill' });

  const puppet = await emulator.deploy((app) => puppetStack(app, { resourceFails: 'never' }));

  expect(await requests(puppet)).toEqual(['Create', 'Create']);
  await puppet.destroy();
});

test('a port that is taken is told, with what to do', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };

  await expect(Emulator.startEmpty({ port })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
  await new Promise((done) => server.close(done));
});

test('a stopped emulator answers no more, and can be stopped again', async () => {
  const other = await Emulator.startEmpty();
  await expect(other.controls.calls()).resolves.toEqual([]);

  await other.stop();
  await other.stop();

  await expect(other.controls.calls()).rejects.toThrow('ECONNREFUSED');
});
