// What may change in a stack that is deployed, and what is refused; each by `cdk deploy`.
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Emulator } from './harness';
import { AT_ONCE, reason, RotatingKey } from './rotating-key';
import { AccessKeyFields, SecretRotationSchedule } from '../../src';

let emulator: Emulator;
let key: RotatingKey;

beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, () => AT_ONCE);
});
afterAll(async () => emulator.stop());

async function rules() {
  const { RotationEnabled, RotationRules } = await emulator.clients.secretsManager.describeSecret({ SecretId: key.secretArn });
  return RotationEnabled ? RotationRules?.ScheduleExpression : undefined;
}

describe('goes through without touching the key:', () => {
  let before: string;
  beforeEach(async () => { before = await key.id(); });
  afterEach(async () => expect(await key.id()).toBe(before));

  test('another schedule', async () => {
    await key.update(() => ({ ...AT_ONCE, schedule: SecretRotationSchedule.rate(Duration.days(60)) }));
    expect(await rules()).toBe('rate(60 days)');
  });

  test('on demand, and back', async () => {
    await key.update(() => ({ ...AT_ONCE, schedule: SecretRotationSchedule.onDemand() }));
    expect(await rules()).toBeUndefined();
    await key.update(() => AT_ONCE);
    expect(await rules()).toBe('rate(30 days)');
  });

  test('another encryption key', async () => {
    await key.update((stack) => ({ ...AT_ONCE, encryptionKey: new kms.Key(stack, 'Cmk', { removalPolicy: RemovalPolicy.DESTROY }) }));
    expect(await key.works()).toBe(true);
  });
});

test('on demand, a rotation is started with the function\'s ARN', async () => {
  await key.update(() => ({ ...AT_ONCE, schedule: SecretRotationSchedule.onDemand() }));
  const before = await key.id();
  const { Configuration } = await emulator.clients.lambda.getFunction({ FunctionName: key.stack.outputs.FunctionName });
  await emulator.clients.secretsManager.rotateSecret({ SecretId: key.secretArn, RotationLambdaARN: Configuration!.FunctionArn });
  await emulator.settle();
  expect(await key.id()).not.toBe(before);
  await key.update(() => AT_ONCE);
});

test('a rotation with another encryption key works, as the role may use that one', async () => {
  await key.update((stack) => ({ ...AT_ONCE, encryptionKey: new kms.Key(stack, 'Cmk', { removalPolicy: RemovalPolicy.DESTROY }) }));
  expect(await key.rotate()).toMatchObject({ ok: true });
  await key.update(() => AT_ONCE);
});

test('other options of the policy count from the next rotation on', async () => {
  await key.update(); // 7 days of overlap
  await key.rotate();
  const refused = await key.rotate();
  expect(reason(refused)).toMatch(/there is no room for a new one.*its overlap \(7 d/);
  await key.update(() => AT_ONCE);
  expect(await key.rotate()).toMatchObject({ ok: true });
});

test('a field that a person has edited is kept by deployments and rotations', async () => {
  await key.edit({ bot: 'token' });
  await emulator.controls.timePasses(6 * 60); // the edit has moved AWSPREVIOUS: it does not tell any more that a rotation has replaced the other key
  await key.update(() => ({ ...AT_ONCE, description: 'edited' }));
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await key.value()).toMatchObject({ bot: 'token' });
});

describe('is refused while there is a live key, and rolled back:', () => {
  test.each([
    ['another user', (stack: Stack) => ({ ...AT_ONCE, user: new iam.User(stack, 'Other') }), /holds key AKIA\w+ of arn:aws:iam::\d+:user\/\S+, not of user/],
    ['other fields', () => ({ ...AT_ONCE, fields: AccessKeyFields.COMPACT }), /holds the fields "aws_access_key_id" and "aws_secret_access_key", not "accesskey"/],
  ])('%s', async (_what, props, message) => {
    const before = await key.value();
    await expect(key.update(props)).rejects.toThrow(message);
    const after = await key.value();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after.aws_access_key_id).toBe(before.aws_access_key_id);
    expect(await key.works()).toBe(true);
    expect(await key.rotate()).toMatchObject({ ok: true });
  });
});

describe('another name is another secret, with a new key;', () => {
  test('the old key of a user that the construct made works on, and goes after its overlap', async () => {
    const own = await RotatingKey.deploy(emulator, () => ({ secretName: 'own' }), 'Own');
    const old = await own.id();
    await emulator.controls.timePasses(3600); // the key is older than the secret that comes now
    await own.update(() => ({ secretName: 'own-again' }));
    expect(await own.works()).toBe(true);
    expect(await own.keys()).toEqual({ [old]: 'Active', [await own.id()]: 'Active' });
    expect(reason(await own.rotate())).toMatch(new RegExp(`${old} .* is kept because its overlap`));
    await emulator.controls.timePasses(8 * 24 * 3600);
    expect(await own.rotate()).toMatchObject({ ok: true });
    expect(await own.keys()).not.toHaveProperty(old);
  });

  test('without room for it the deployment is refused, says which keys there are, and is rolled back', async () => {
    await key.rotate();
    const ids = Object.keys(await key.keys());
    const refused = key.update(() => ({ secretName: 'no-room' }));
    await expect(refused).rejects.toThrow(new RegExp(`has 2 access keys and there is no room for a new one. (${ids.join('|')})`));
    expect(Object.keys(await key.keys())).toEqual(ids);
    expect(await key.works()).toBe(true);
  });

  test('with a given user the next rotation is refused, and names the old key', async () => {
    const named = (secretName: string) => (stack: Stack) => ({ ...AT_ONCE, secretName, user: new iam.User(stack, 'Given') });
    const given = await RotatingKey.deploy(emulator, named('given'), 'Given');
    const old = await given.id();
    await given.update(named('given-again'));
    expect(await given.works()).toBe(true);
    const refused = await given.rotate();
    expect(refused.ok).toBe(false);
    expect(reason(refused)).toMatch(new RegExp(`${old} .* is kept because this secret did not make it`));
    expect(await given.keys()).toMatchObject({ [old]: 'Active' });
  });
});
