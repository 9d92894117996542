// The stack's own life when something else fails, or its function is killed, is too slow, or is called twice: nothing is left, nobody is locked out.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Emulator } from './harness';
import { AT_ONCE, RotatingKey } from './rotating-key';
import { IamKeyRotationSecret, SecretRotationSchedule } from '../../src';
import { ALIASES } from '../../src/private/settings';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await Emulator.start();
  await emulator.clients.secretsManager.createSecret({ Name: 'taken', SecretString: '{}' });
});
afterEach(async () => {
  await emulator.controls.setFaults();
  await emulator.controls.change({ lateRepeat: false });
});
afterAll(async () => emulator.stop());

/** Cannot be made, as its name is taken; tried once the key is there. */
function failsAfter(key: IamKeyRotationSecret, stack: Stack): void {
  new CfnSecret(stack, 'Fails', { name: 'taken' }).node.addDependency(key);
}

/** The function answers ten seconds before its time is up: after three, if it has no more than thirteen. */
function hasThirteenSeconds(key: IamKeyRotationSecret): void {
  (key.rotationFunction.node.defaultChild as lambda.CfnFunction).timeout = 13;
}

/** Takes out how often CloudFormation's requests are repeated. */
function asLambdaDoes(key: IamKeyRotationSecret): void {
  const configs = key.node.findAll().filter((node): node is lambda.CfnEventInvokeConfig => node instanceof lambda.CfnEventInvokeConfig);
  for (const config of configs) config.addPropertyDeletionOverride('MaximumRetryAttempts');
}

describe('a creation that fails', () => {
  let before: Set<string>;
  beforeEach(async () => { before = await emulator.inventory.list(); });
  const leftBehind = async () => [...await emulator.inventory.list()].filter((item) => !before.has(item) && !item.startsWith('stack ')); // rolled back, to be deleted

  test('by another resource, once the first key is there, takes the key along', async () => {
    await emulator.controls.resetCalls();
    await expect(RotatingKey.deploy(emulator, undefined, 'Half', failsAfter)).rejects.toThrow(/already exists/);
    expect((await emulator.controls.calls()).map(({ action }) => action)).toContain('CreateAccessKey'); // it was there
    expect(await leftBehind()).toEqual([]);
  });

  test('because the function dies with a key just made is not tried again, and leaves no key', async () => {
    await emulator.controls.resetCalls();
    await emulator.controls.setFaults({ action: 'CreateAccessKey', when: 'after', do: 'kill', times: 10 });
    await expect(RotatingKey.deploy(emulator, undefined, 'Killed')).rejects.toThrow(/did not receive a response/);
    expect((await emulator.controls.calls()).filter(({ action }) => action === 'CreateAccessKey')).toHaveLength(1);
    expect(await leftBehind()).toEqual([]);
  });

  describe('because the function dies, and that Lambda would repeat when the rollback\'s Delete is done,', () => {
    beforeEach(async () => {
      await emulator.controls.change({ lateRepeat: true });
      await emulator.controls.resetCalls();
      await emulator.controls.setFaults({ action: 'CreateAccessKey', when: 'after', do: 'kill' });
    });
    const created = async () => (await emulator.controls.calls()).filter(({ action }) => action === 'CreateAccessKey');

    test('is not repeated, and leaves no key', async () => {
      await expect(RotatingKey.deploy(emulator, undefined, 'Late')).rejects.toThrow(/did not receive a response/);
      expect(await created()).toHaveLength(1);
      expect(await leftBehind()).toEqual([]);
    });

    test('would leave a key and its user if it were repeated, as Lambda does by default', async () => {
      await expect(RotatingKey.deploy(emulator, undefined, 'Later', asLambdaDoes)).rejects.toThrow(/DeleteConflict|did not receive a response/);
      expect(await created()).toHaveLength(2);
      expect((await leftBehind()).map((item) => item.split(' ')[0])).toEqual(expect.arrayContaining(['user', 'access']));
    });
  });

  test('because the key cannot be stored says so, and deletes it', async () => {
    await emulator.controls.setFaults({ action: 'PutSecretValue', do: { error: 'EncryptionFailure' }, times: 10 });
    await expect(RotatingKey.deploy(emulator, undefined, 'Unstored')).rejects.toThrow(/just made, could not be stored and is deleted again.*EncryptionFailure/);
    expect(await leftBehind()).toEqual([]);
  });

  test('because the function runs out of time says so before CloudFormation gives up, and leaves nothing', async () => {
    await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: { delayMillis: 12_000 }, times: 10 });
    await expect(RotatingKey.deploy(emulator, undefined, 'Slow', hasThirteenSeconds)).rejects.toThrow(/the function ran out of time.*functionOptions.timeout/);
    expect(await leftBehind()).toEqual([]);
  });
});

test('an update that another resource fails is rolled back: schedule and key are as before, and the next rotation works', async () => {
  let fails = false;
  const key = await RotatingKey.deploy(emulator, () => AT_ONCE, 'Updated', (made, stack) => (fails ? failsAfter(made, stack) : undefined));
  const [id, inventory] = [await key.id(), await emulator.inventory.list()];

  fails = true;
  // The schedule's dry run would still hold AWSPENDING when the rollback comes. Whether CloudFormation waits for it on AWS is not known.
  await emulator.controls.change({ dryRun: 'off' });
  await expect(key.update(() => ({ ...AT_ONCE, schedule: SecretRotationSchedule.rate(Duration.days(60)) }))).rejects.toThrow(/already exists/);
  await emulator.controls.change({ dryRun: 'empty' });

  expect(await key.id()).toBe(id);
  expect(await emulator.inventory.list()).toEqual(inventory);
  const { RotationRules } = await emulator.clients.secretsManager.describeSecret({ SecretId: key.secretArn });
  expect(RotationRules!.ScheduleExpression).toBe('rate(30 days)');
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await key.works()).toBe(true);
});

describe('what CloudFormation asks for', () => {
  let key: RotatingKey;
  beforeAll(async () => { key = await RotatingKey.deploy(emulator, undefined, 'Twice'); });

  /** Sends a request of CloudFormation to the function, and waits for its answer. */
  async function request(RequestType: string, RequestId: string): Promise<{ Status: string; Reason: string }> {
    const { clients } = emulator;
    const { TemplateBody } = await clients.cloudFormation.getTemplate({ StackName: 'Twice' });
    const [[LogicalResourceId]] = Object.entries((JSON.parse(TemplateBody!) as { Resources: Record<string, { Type: string }> }).Resources)
      .filter(([, { Type }]) => Type === 'Custom::IamKeyRotationFirstKey');
    const { Configuration } = await clients.lambda.getFunction({ FunctionName: key.stack.outputs.FunctionName });
    const ResourceProperties = { SecretArn: key.secretArn, Settings: Configuration!.Environment!.Variables!.SETTINGS, SecretIsRetained: 'false' };
    let answer = '';
    const server = createServer((incoming, response) => {
      incoming.setEncoding('utf8').on('data', (part: string) => { answer += part; }).on('end', () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      await key.stack.invoke(key.stack.outputs.FunctionName, {
        RequestType,
        RequestId,
        LogicalResourceId,
        ResourceProperties,
        StackId: 'Twice',
        PhysicalResourceId: 'first-value',
        ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        OldResourceProperties: RequestType === 'Update' ? ResourceProperties : undefined,
      }, ALIASES.deployment);
    } finally {
      server.close();
      server.closeAllConnections();
    }
    return JSON.parse(answer) as { Status: string; Reason: string };
  }

  test.each(['Create', 'Update'])('may come twice: a second %s finds the key, and changes nothing', async (type) => {
    const [id, keys] = [await key.id(), await key.keys()];
    for (const attempt of [1, 2]) {
      expect({ attempt, ...await request(type, `again-${type}`) }).toMatchObject({ attempt, Status: 'SUCCESS', Reason: 'the secret holds a credential already' });
    }
    expect(await key.id()).toBe(id);
    expect(await key.keys()).toEqual(keys);
    expect(await key.rotate()).toMatchObject({ ok: type === 'Create' }); // the second one waits for its overlap, as ever
  });

  test('may come twice at once: one key is made, stored and works', async () => {
    const { UserName } = key.stack.outputs;
    for (const AccessKeyId of Object.keys(await key.keys())) await emulator.clients.iam.deleteAccessKey({ UserName, AccessKeyId });
    await key.put('{}');
    const id = randomUUID();
    const answers = await Promise.all([request('Update', id), request('Update', id)]);
    expect(answers.map(({ Status }) => Status)).toContain('SUCCESS');
    expect(await key.works()).toBe(true);
    expect(await key.keys()).toEqual({ [await key.id()]: 'Active' });
  });

  test('a deletion whose function dies half-way is gone through with by the next one', async () => {
    await key.rotate();
    await emulator.controls.setFaults({ action: 'DeleteAccessKey', when: 'after', do: 'kill' });
    await expect(request('Delete', 'dies')).rejects.toThrow(); // without an answer CloudFormation keeps the resource
    await emulator.controls.setFaults();
    expect(await request('Delete', 'again')).toMatchObject({ Status: 'SUCCESS' });
    expect(await key.keys()).toEqual({});
    await key.put('{}');
    expect(await request('Update', randomUUID())).toMatchObject({ Status: 'SUCCESS' });
  });

  test('may come twice at the end, too: the keys are gone after the first Delete, and the stack goes', async () => {
    expect(await request('Delete', 'first')).toMatchObject({ Status: 'SUCCESS', Reason: 'the secret is deleted' });
    expect(await key.keys()).toEqual({});
    expect(await request('Delete', 'second')).toMatchObject({ Status: 'SUCCESS' });
    await key.stack.destroy();
    expect(await key.stack.leftBehind()).toEqual([]);
  });
});

test.each(['CreateAccessKey', 'UpdateSecretVersionStage'])('a stack that is deleted while a rotation waits for the answer of %s leaves nothing', async (action) => {
  const key = await RotatingKey.deploy(emulator, undefined, `While${action}`);
  await emulator.controls.resetCalls();
  await emulator.controls.setFaults({ action, when: 'after', do: { delayMillis: 60_000 } });
  await emulator.clients.secretsManager.rotateSecret({ SecretId: key.secretArn });
  while (!(await emulator.controls.calls()).some((call) => call.action === action)) await new Promise((done) => setTimeout(done, 20));

  await key.stack.destroy();
  await emulator.controls.setFaults(); // now the answer comes
  await emulator.settle();

  expect((await emulator.controls.rotations()).at(-1)).toMatchObject({ ok: false });
  // The emulator writes the log of what was still under way, and makes its group again; on AWS the role would need logs:CreateLogGroup.
  expect((await key.stack.leftBehind()).filter((item) => !item.startsWith('log group '))).toEqual([]);
});

test('with RETAIN a deletion in the middle of a rotation leaves the key of the secret, which signs', async () => {
  const key = await RotatingKey.deploy(emulator, () => ({ removalPolicy: RemovalPolicy.RETAIN }), 'RetainedMidway');
  const id = await key.id();
  await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: 'kill' });
  expect(await key.rotate()).toMatchObject({ ok: false });
  await emulator.controls.setFaults();
  await key.stack.destroy();
  expect(await key.id()).toBe(id);
  expect(await key.works()).toBe(true);
  expect(await key.labels()).not.toContain('AWSPENDING'); // whoever rotates it next can start at once
});
