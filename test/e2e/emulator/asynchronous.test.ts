// The emulator's Lambda, as CloudFormation calls it: how often a failed request is repeated, and who is told in the end.
import type { CfnEventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Deployment, Emulator } from '../harness';
import { ProviderProps, providerStack, records, requests } from './provider';

let emulator: Emulator;
let stack: Deployment;
/** How many there were before the test. */
let before: { requests: number; records: number };

beforeAll(async () => {
  emulator = await Emulator.start();
  stack = await emulator.deploy((app) => providerStack(app, {}));
});
beforeEach(async () => { before = { requests: (await requests(stack)).length, records: (await records(stack)).length }; });
afterEach(async () => emulator.controls.change({ lateRepeat: false }));
afterAll(async () => emulator.stop());

const update = async (props: ProviderProps) => stack.update((app) => providerStack(app, props));
const asked = async () => (await requests(stack)).slice(before.requests).map(({ request }) => request);
const told = async () => (await records(stack)).slice(before.records);

const NO_ANSWER = 'did not receive a response';
/** The function throws at its creation alone: what it throws at a Delete would be repeated, too. */
const resource = { Id: 'one', Throws: 'Create' };

test('a failed request is repeated twice, unless the function is configured', async () => {
  await expect(update({ resource })).rejects.toThrow(NO_ANSWER);
  expect(await asked()).toEqual(['Create', 'Create', 'Create', 'Delete']);
});

test.each([undefined, 'live'])('a failed request is repeated as often as it is configured (alias: %s)', async (alias) => {
  await expect(update({ resource, alias, asynchronous: { retries: 0 } })).rejects.toThrow(NO_ANSWER);
  expect(await asked()).toEqual(['Create', 'Delete']);
});

test('the configuration of a function is not that of its alias', async () => {
  await expect(stack.update((app) => {
    const changed = providerStack(app, { resource, alias: 'live', asynchronous: { retries: 0 } });
    (changed.node.findChild('Asynchronous') as CfnEventInvokeConfig).qualifier = '$LATEST';
    return changed;
  })).rejects.toThrow(NO_ANSWER);
  expect(await asked()).toEqual(['Create', 'Create', 'Create', 'Delete']);
});

test('after the last attempt the destination has the request and what the function failed with, and may answer', async () => {
  await update({ resource, alias: 'live', asynchronous: { retries: 1, destination: 'answers' } });

  expect(await stack.physicalId('Resource')).toBe('answered by the destination');
  expect(await asked()).toEqual(['Create', 'Create']);
  expect(await told()).toEqual([{
    version: '1.0',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    requestContext: {
      requestId: expect.any(String) as string,
      functionArn: `${stack.outputs.ProviderArn}:live`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 2,
    },
    requestPayload: expect.objectContaining({ RequestType: 'Create', ResponseURL: expect.any(String) as string }) as object,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: {
      errorType: 'TypeError',
      errorMessage: 'Create was told to throw',
      trace: expect.arrayContaining(['TypeError: Create was told to throw']) as string[],
    },
  }]);
  await update({});
});

test('a destination that does not answer leaves CloudFormation without an answer', async () => {
  await expect(update({ resource, asynchronous: { retries: 0, destination: 'is silent' } })).rejects.toThrow(NO_ANSWER);
  expect(await told()).toEqual([expect.objectContaining({
    requestContext: expect.objectContaining({ functionArn: `${stack.outputs.ProviderArn}:$LATEST`, approximateInvokeCount: 1 }) as object,
  })]);
});

test('a destination that the role may not invoke is refused', async () => {
  await expect(update({ asynchronous: { destination: 'answers' }, mayInvokeDestination: false }))
    .rejects.toThrow('execution role does not have permissions to call InvokeFunction');
});

test('a destination that the role may not invoke any more is told nothing', async () => {
  const asynchronous = { retries: 0, destination: 'answers' } as const;
  await update({ asynchronous });
  const { RoleName, ToldArn } = stack.outputs;
  await emulator.clients.iam.putRolePolicy({
    RoleName,
    PolicyName: 'denied',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'lambda:*', Resource: ToldArn }] }),
  });

  await expect(update({ resource, asynchronous })).rejects.toThrow(NO_ANSWER);
  expect(await told()).toEqual([]);
  await emulator.clients.iam.deleteRolePolicy({ RoleName, PolicyName: 'denied' });
});

test('a request can be repeated as late as on AWS: when the rollback has been answered', async () => {
  await emulator.controls.change({ lateRepeat: true });
  await expect(update({ resource, asynchronous: { retries: 1, destination: 'is silent' } })).rejects.toThrow(NO_ANSWER);

  expect(await asked()).toEqual(['Create', 'Delete', 'Create']);
  expect(await told()).toHaveLength(1);
});

test('a request that may not be repeated goes to the destination at once, even then', async () => {
  await emulator.controls.change({ lateRepeat: true });
  await update({ resource, asynchronous: { retries: 0, destination: 'answers' } });
  expect(await asked()).toEqual(['Create']);
});
