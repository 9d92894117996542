// An existing secret is taken over: by each way to name it, and with each authority; its replaced keys are retired.
import { join } from 'node:path';
import { Aspects, Duration, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ByHand } from './by-hand';
import { Emulator } from './harness';
import { PreviousKeyPolicy, RotationAuthority } from '../../src';

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterAll(async () => emulator.stop());

test('a secret with a key is taken over as it is, rotates without losing a field, and stays when the rotation goes', async () => {
  const made = await ByHand.make(emulator);
  const stack = await made.takeOver();
  expect(await made.isUnchanged()).toBe(true);
  expect(await made.keys()).toEqual({ [made.keyId]: 'Active' });

  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  const { aws_access_key_id: id, bot } = await made.current();
  expect(bot).toBe('token');
  expect(await made.keys()).toEqual({ [made.keyId]: 'Active', [id]: 'Active' });

  await stack.destroy();
  expect(await made.keys()).toEqual({ [made.keyId]: 'Active', [id]: 'Active' });
});

test('a key that rotates itself does so, though the function has no right in IAM', async () => {
  const made = await ByHand.make(emulator);
  const stack = await made.takeOver(() => ({
    authority: RotationAuthority.ownKey(),
    previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.hours(0), evenIfInUse: true }),
  }));
  for (let rotation = 0; rotation < 3; rotation++) expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(Object.values(await made.keys())).toEqual(['Active', 'Active']);
  expect(Object.keys(await made.keys())).not.toContain(made.keyId);
});

test('an administrator\'s key in another secret rotates it', async () => {
  const made = await ByHand.make(emulator);
  const admin = await ByHand.make(emulator);
  const Action = ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'].map((action) => `iam:${action}`);
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: made.userArn }] });
  await emulator.clients.iam.putUserPolicy({ UserName: admin.name, PolicyName: 'keys', PolicyDocument });
  const stack = await made.takeOver((scope) => ({ authority: RotationAuthority.adminSecret(Secret.fromSecretCompleteArn(scope, 'Admin', admin.secretArn)) }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(Object.keys(await made.keys())).toHaveLength(2);
});

test('a replaced key is deactivated, then deleted, by the scheduled check; or at once, on its owner\'s word', async () => {
  const made = await ByHand.make(emulator);
  const previousKeyPolicy = PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) });
  const stack = await made.takeOver(() => ({ previousKeyPolicy }));
  const [schedule] = await stack.physicalIds('AWS::Scheduler::Schedule');
  expect(schedule).toBeDefined();
  await stack.rotate(made.secretArn);
  const check = () => stack.invoke(stack.outputs.FunctionName, { Action: 'retireDue' });

  expect(await check()).toMatchObject({ payload: { decision: 'nothing' } });
  await emulator.controls.timePasses(8 * 86_400);
  expect(await check()).toMatchObject({ payload: { decision: 'retired', ids: { deactivated: made.keyId } } });
  expect((await made.keys())[made.keyId]).toBe('Inactive');
  await emulator.controls.timePasses(7 * 86_400);
  expect(await check()).toMatchObject({ payload: { decision: 'retired', ids: { removed: made.keyId } } });

  const before = (await made.current()).aws_access_key_id;
  const retire = () => stack.retire(stack.outputs.FunctionName, before);
  expect((await retire()).error).toContain(`${before} is not retired: it is the current key`);
  await stack.rotate(made.secretArn);
  expect(await retire()).toMatchObject({ payload: { decision: 'retired', ids: { removed: before } } });
  expect(Object.keys(await made.keys())).toEqual([(await made.current()).aws_access_key_id]);
});

test('in an emergency the replaced key goes with the rotation', async () => {
  const made = await ByHand.make(emulator);
  const stack = await made.takeOver(() => ({ previousKeyPolicy: PreviousKeyPolicy.retireImmediately() }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(await made.keys()).toEqual({ [(await made.current()).aws_access_key_id]: 'Active' });
});

test.each<[string, (stack: Stack, made: ByHand) => ISecret]>([
  ['name', (stack, made) => Secret.fromSecretNameV2(stack, 'Named', made.secretName)],
  ['partial ARN', (stack, made) => Secret.fromSecretPartialArn(stack, 'Named', made.secretArn.slice(0, -7))],
])('a secret can be named by its %s', async (_what, secret) => {
  const made = await ByHand.make(emulator);
  const stack = await made.takeOver((scope) => ({ secret: secret(scope, made) }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect((await made.current()).bot).toBe('token');
});

test('a secret whose key rotates itself must hold one', async () => {
  const made = await ByHand.make(emulator);
  await emulator.clients.secretsManager.putSecretValue({ SecretId: made.secretArn, SecretString: '{"bot":"token"}' });
  await expect(made.takeOver(() => ({ authority: RotationAuthority.ownKey() }))).rejects.toThrow('the secret must hold a key of its user already');
  expect(await made.current()).toEqual({ bot: 'token' });
});

describe('a secret whose key cannot be taken over is refused at deployment, and nothing is touched:', () => {
  const LOG_GROUP = '/kept/after/a/rollback';
  /** What may settle is waited for, for a minute, or as long as the function has time. */
  function impatient(stack: Stack): { functionOptions: { logGroup: logs.ILogGroup } } {
    Aspects.of(stack).add({ visit: (node) => { if (node instanceof CfnFunction) node.timeout = 20; } });
    return { functionOptions: { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', LOG_GROUP) } };
  }
  beforeAll(async () => { await emulator.clients.logs.createLogGroup({ logGroupName: LOG_GROUP }); });

  /** All that CloudFormation, the log and the labels tell. */
  async function told(made: ByHand): Promise<string> {
    const { cloudFormation, logs: logged, secretsManager } = emulator.clients;
    const { StackEvents } = await cloudFormation.describeStackEvents({ StackName: `Adopt-${made.name}` });
    const { events } = await logged.filterLogEvents({ logGroupName: LOG_GROUP });
    const { VersionIdsToStages } = await secretsManager.describeSecret({ SecretId: made.secretArn });
    return JSON.stringify([StackEvents, events, VersionIdsToStages]);
  }

  test.each<[string, (value: Record<string, string>) => object, (id: string) => RegExp]>([
    [
      'the fields are written in capitals',
      ({ aws_access_key_id: id, aws_secret_access_key: secret, bot }) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, bot }),
      (id) => new RegExp(`the secret holds ${id}, a key of user "by-hand-\\d+", at "AWS_ACCESS_KEY_ID"`),
    ],
    [
      'the key stands within another field',
      ({ aws_access_key_id: id, aws_secret_access_key: secret }) => ({ uploader: { aws_access_key_id: id, aws_secret_access_key: secret } }),
      (id) => new RegExp(`the secret holds ${id}, a key of user "by-hand-\\d+", at "uploader.aws_access_key_id"`),
    ],
    [
      'the secret access key is mistyped',
      (value) => ({ ...value, aws_secret_access_key: `${value.aws_secret_access_key}x` }),
      (id) => new RegExp(`key ${id} in the secret does not work, STS answers SignatureDoesNotMatch`),
    ],
    [
      'the two fields are swapped',
      ({ aws_access_key_id: id, aws_secret_access_key: secret, bot }) => ({ aws_access_key_id: secret, aws_secret_access_key: id, bot }),
      () => /field "aws_access_key_id" must hold the id of a user's access key.*look whether it is swapped with "aws_secret_access_key"/,
    ],
  ])('%s', async (_what, change, message) => {
    const made = await ByHand.make(emulator);
    const SecretString = JSON.stringify(change(made.value));
    await emulator.clients.secretsManager.putSecretValue({ SecretId: made.secretArn, SecretString });
    const before = await emulator.clients.secretsManager.describeSecret({ SecretId: made.secretArn });

    const failure = await made.takeOver(impatient).then(() => '', (error: Error) => error.message);

    expect(failure.replaceAll(/\s+/g, ' ')).toMatch(message(made.keyId));
    const said = await told(made);
    expect(said).toContain('"decision\\":\\"');
    expect([failure, said].filter((text) => text.includes(made.value.aws_secret_access_key))).toHaveLength(0);
    expect(JSON.stringify(await made.current()) === SecretString).toBe(true); // compared here: a difference would be printed
    const { VersionIdsToStages, RotationEnabled } = await emulator.clients.secretsManager.describeSecret({ SecretId: made.secretArn });
    expect(VersionIdsToStages).toEqual(before.VersionIdsToStages);
    expect(RotationEnabled ?? false).toBe(false);
    expect(await made.keys()).toEqual({ [made.keyId]: 'Active' });
  });
});

test('the example takes over a secret as the console makes it, rotates it, and leaves it working when it is destroyed', async () => {
  const { iam, secretsManager } = emulator.clients;
  const { User } = await iam.createUser({ UserName: 'console', Path: '/robots/' });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'console' });
  const value = { accesskey: AccessKey!.AccessKeyId, secretkey: AccessKey!.SecretAccessKey, username: 'console', masterarn: 'to be filled in', bot: 'token' };
  const { ARN } = await secretsManager.createSecret({ Name: 'prod/uploader', SecretString: JSON.stringify(value) });
  const read = async () => JSON.parse((await secretsManager.getSecretValue({ SecretId: ARN })).SecretString!) as Record<string, string>;

  const stack = await emulator.deployDirectory(join(__dirname, '../../examples/typescript/adopt-existing-secret'), { secretName: 'prod/uploader', userArn: User!.Arn! });
  const before = await read();
  expect(before.accesskey).toBe(value.accesskey);
  expect(JSON.stringify(before) === JSON.stringify(value)).toBe(true); // compared here: a difference would be printed
  expect(await stack.rotate(ARN!)).toMatchObject({ ok: true });

  const after = await read();
  expect(after).toMatchObject({ username: 'console', masterarn: ARN, bot: 'token' });
  expect(after.accesskey).not.toBe(before.accesskey);
  await stack.destroy();
  const { Arn } = await emulator.clientsFor({ accessKeyId: after.accesskey, secretAccessKey: after.secretkey }).sts.getCallerIdentity({});
  expect(Arn).toBe(User!.Arn);
});
