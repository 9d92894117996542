// The first key, consumers that wait for it, stacks that cannot have one, and what stays when a stack goes.
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Emulator } from './harness';
import { reason, RotatingKey } from './rotating-key';

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterAll(async () => emulator.stop());

test('a consumer of the same stack that waits for the secret finds the first key when it starts', async () => {
  const stack = await emulator.deployDirectory(join(__dirname, '../../examples/typescript/consumer'));
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: stack.outputs.UserName });
  expect(AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId)).toEqual([stack.outputs.AccessKeyIdAtStart]);
  await stack.destroy();
  expect(await stack.leftBehind()).toEqual([]);
});

test('a first key whose function dies fails the deployment, and is made by the next one; nothing is left of the one that was lost', async () => {
  await emulator.controls.setFaults({ action: 'CreateAccessKey', when: 'after', do: 'kill' });
  await expect(RotatingKey.deploy(emulator, undefined, 'Dying')).rejects.toThrow(/did not receive a response/);
  await emulator.controls.setFaults();
  const key = await RotatingKey.deploy(emulator, undefined, 'DyingNoMore');
  expect(await key.works()).toBe(true);
  expect(await key.keys()).toEqual({ [await key.id()]: 'Active' });
});

test('a stack whose user has no room for a key fails with the reason, and leaves nothing', async () => {
  await emulator.clients.iam.createUser({ UserName: 'full' });
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName: 'full' });
    await emulator.clientsFor({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).sts.getCallerIdentity({});
    ids.push(AccessKey!.AccessKeyId!);
  }
  const before = await emulator.inventory.list();
  const failed = RotatingKey.deploy(emulator, (stack) => ({ user: iam.User.fromUserName(stack, 'Full', 'full') }), 'NoRoom');
  await expect(failed).rejects.toThrow(/user "full" has 2 access keys and there is no room for a new one/);
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: 'full' });
  expect(AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId)).toEqual(ids);
  expect([...await emulator.inventory.list()].filter((item) => !before.has(item))).toEqual(['stack NoRoom']); // rolled back, to be deleted
});

test('a stack whose user does not exist fails with the reason', async () => {
  const failed = RotatingKey.deploy(emulator, (stack) => ({ user: iam.User.fromUserName(stack, 'Nobody', 'nobody') }), 'NoUser');
  await expect(failed).rejects.toThrow(/iam:ListAccessKeys on user nobody failed with AccessDenied.*or the user does not exist/);
});

test('RETAIN keeps the secret, the user and the key, which works on', async () => {
  const key = await RotatingKey.deploy(emulator, () => ({ removalPolicy: RemovalPolicy.RETAIN }), 'Retained');
  await key.rotate();
  const keys = await key.keys();
  await key.stack.destroy();
  expect(await key.keys()).toEqual(keys);
  expect(await key.works()).toBe(true);
  expect((await key.stack.leftBehind()).map((left) => left.split(' ')[0]).sort()).toEqual(['access', 'access', 'secret', 'user']);
});

test('a stack that is destroyed while a rotation waits for its retry leaves nothing', async () => {
  const key = await RotatingKey.deploy(emulator, undefined, 'Interrupted');
  await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: 'kill' });
  expect(await key.rotate()).toMatchObject({ ok: false });
  expect(await key.labels()).toContain('AWSPENDING');
  await emulator.controls.setFaults();
  await key.stack.destroy();
  expect(await key.stack.leftBehind()).toEqual([]);
});

describe('a rotation leaves the secret as it is, and says what to do,', () => {
  let key: RotatingKey;
  beforeAll(async () => {
    key = await RotatingKey.deploy(emulator, (stack) => ({ encryptionKey: new kms.Key(stack, 'Cmk', { removalPolicy: RemovalPolicy.DESTROY }) }), 'Edited');
  });

  test.each([
    ['no JSON', 'hidden', /the secret is not JSON: store a JSON object/],
    ['another preset\'s fields', { accesskey: 'hidden', secretkey: 'hidden' }, /holds the fields "accesskey" and "secretkey", not/],
    ['half a key', { aws_access_key_id: 'hidden' }, /"aws_secret_access_key" is missing/],
  ])('if it holds %s', async (_what, value, message) => {
    const before = await key.value();
    await key.put(value);
    const refused = await key.rotate();
    expect(refused.ok).toBe(false);
    expect(reason(refused)).toMatch(message);
    expect(reason(refused)).not.toContain('hidden');
    await key.put(before);
    expect(await key.labels()).not.toContain('AWSPENDING'); // the next rotation can start at once
    expect(await key.works()).toBe(true);
  });

  test('if the role may not use the encryption key', async () => {
    const [RoleName] = await key.stack.physicalIds('AWS::IAM::Role');
    const { PolicyNames } = await emulator.clients.iam.listRolePolicies({ RoleName });
    const { PolicyDocument } = await emulator.clients.iam.getRolePolicy({ RoleName, PolicyName: PolicyNames![0] });
    const document = JSON.parse(decodeURIComponent(PolicyDocument!)) as { Statement: Array<{ Action: string | string[] }> };
    document.Statement = document.Statement.filter(({ Action }) => !JSON.stringify(Action).includes('kms:'));
    await emulator.clients.iam.putRolePolicy({ RoleName, PolicyName: PolicyNames![0], PolicyDocument: JSON.stringify(document) });
    const refused = await key.rotate();
    expect(reason(refused)).toMatch(/secretsmanager:GetSecretValue on secret arn:\S+ failed with AccessDeniedException: .* — the execution role may not use the KMS key/);
  });
});
