// The emulator's Lambda: who may call a function by an alias, and by which ARN the function sees itself called.
import { CfnRule } from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { CfnAlias, Function } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Deployment, Emulator } from '../harness';
import { providerStack, requests } from './provider';
import { ROOT } from '../harness/clients';

let emulator: Emulator;
let stack: Deployment;
let FunctionName: string;
let arn: string;

/** An event that the provider answers nobody. */
const eventOf = (kind: string) => JSON.stringify({ RequestType: kind, ResourceProperties: { Throws: kind } });
const Payload = eventOf('Hello');

beforeAll(async () => {
  emulator = await Emulator.start();
  stack = await emulator.deploy((app) => providerStack(app, { alias: 'live', resource: { Id: 'one' } }));
  ({ ProviderName: FunctionName, ProviderArn: arn } = stack.outputs);
});
afterAll(async () => emulator.stop());

/** By which ARNs the function has been called by this kind of request. */
async function calledBy(kind: string): Promise<unknown[]> {
  return (await requests(stack)).filter(({ request }) => request === kind).map((request) => request.arn);
}

test('Ref of an alias is its ARN, and CloudFormation calls the function by it', async () => {
  expect(stack.outputs.AliasRef).toBe(`${arn}:live`);
  expect(await calledBy('Create')).toEqual([`${arn}:live`]);
});

test('the function sees the ARN that Invoke has named', async () => {
  const { lambda } = emulator.clients;
  await lambda.invoke({ FunctionName, Payload });
  await lambda.invoke({ FunctionName, Qualifier: 'live', Payload });
  await lambda.invoke({ FunctionName: `${FunctionName}:live`, Payload });
  await lambda.invoke({ FunctionName: `${arn}:live`, Payload });
  expect(await calledBy('Hello')).toEqual([arn, `${arn}:live`, `${arn}:live`, `${arn}:live`]);
});

test.each([
  ['the function', (own: string) => [own, `${own}:$LATEST`], [true, false, false, false]],
  ['the alias', (own: string) => [`${own}:live`], [false, true, true, true]],
])('who may invoke %s alone may invoke it by no other ARN', async (name, resources, allowed) => {
  const UserName = name.replace(' ', '-');
  const { iam: users } = emulator.clients;
  await users.createUser({ UserName });
  await users.putUserPolicy({
    UserName,
    PolicyName: 'invoke',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: resources(arn) }],
    }),
  });
  const { AccessKey } = await users.createAccessKey({ UserName });
  const { lambda } = emulator.clientsFor({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  const names = [{ FunctionName }, { FunctionName, Qualifier: 'live' }, { FunctionName: `${FunctionName}:live` }, { FunctionName: `${arn}:live` }];
  const invoked = names.map(async (input) => lambda.invoke({ ...input, Payload }).then(() => true, (error: Error) => error.name));
  expect(await Promise.all(invoked)).toEqual(allowed.map((may) => may || 'AccessDeniedException'));
});

test('an alias that does not exist is not found', async () => {
  await expect(emulator.clients.lambda.invoke({ FunctionName, Qualifier: 'none', Payload }))
    .rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('EventBridge and EventBridge Scheduler call the function by the ARN of their target', async () => {
  await stack.update((app) => {
    const changed = providerStack(app, { alias: 'live', resource: { Id: 'one' } });
    const [provider, alias] = [changed.node.findChild('Provider') as Function, changed.node.findChild('Alias') as CfnAlias];
    const targets = [{ id: 'alias', arn: alias.ref }, { id: 'function', arn: provider.functionArn }];
    new CfnRule(changed, 'Rule', { eventPattern: { source: ['test'] }, targets: targets.map((target) => ({ ...target, input: eventOf('Rule') })) });
    const role = new iam.Role(changed, 'SchedulerRole', { assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com') });
    new CfnSchedule(changed, 'Schedule', {
      flexibleTimeWindow: { mode: 'OFF' },
      scheduleExpression: 'at(2020-01-01T00:00:00)', // ministack fires it within ten seconds
      target: { arn: alias.ref, roleArn: role.roleArn, input: eventOf('Schedule') },
    });
    return changed;
  });
  await emulator.shell.run('aws --region us-east-1 events put-events --entries \'[{"Source":"test","DetailType":"any","Detail":"{}"}]\'', ROOT);

  while ((await calledBy('Schedule')).length < 1 || (await calledBy('Rule')).length < 2) await new Promise((done) => setTimeout(done, 200));
  expect(await calledBy('Schedule')).toEqual([`${arn}:live`]);
  expect((await calledBy('Rule')).sort()).toEqual([arn, `${arn}:live`]);
});

test('an alias can be changed and taken away', async () => {
  await stack.update((app) => {
    const changed = providerStack(app, { alias: 'live' });
    (changed.node.findChild('Alias') as CfnAlias).description = 'described';
    return changed;
  });
  const alias = async () => emulator.clients.lambda.getAlias({ FunctionName, Name: 'live' });
  expect(await alias()).toMatchObject({ AliasArn: `${arn}:live`, FunctionVersion: '$LATEST', Description: 'described' });

  await stack.update((app) => providerStack(app, {}));
  await expect(alias()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
