// The emulator's faults, its log of calls, and the rights that a function is asked for.
import { Deployment, Emulator, Invocation } from '../harness';
import type { CallEvent } from '../puppet/function';
import { puppetStack } from '../puppet/stack';

let emulator: Emulator;
let puppet: Deployment;

beforeAll(async () => {
  emulator = await Emulator.start();
  puppet = await emulator.deploy((app) => puppetStack(app));
});
beforeEach(async () => emulator.controls.resetCalls());
afterEach(async () => emulator.controls.setFaults());
afterAll(async () => emulator.stop());

async function call(service: CallEvent['service'], method: string, input: object = {}): Promise<Invocation> {
  return puppet.invoke(puppet.outputs.FunctionName, { service, method, input });
}

async function keys(): Promise<string[]> {
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: puppet.outputs.UserName });
  return AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId!);
}

async function clearKeys(): Promise<void> {
  for (const AccessKeyId of await keys()) await emulator.clients.iam.deleteAccessKey({ UserName: puppet.outputs.UserName, AccessKeyId });
}

const createKey = async () => call('iam', 'createAccessKey', { UserName: puppet.outputs.UserName });

test('the calls of functions are logged, and nobody else\'s', async () => {
  await call('sts', 'getCallerIdentity');
  await emulator.clients.sts.getCallerIdentity({});

  expect(await emulator.controls.calls()).toEqual([{ service: 'sts', action: 'GetCallerIdentity', status: 200 }]);
});

test('the nth call of an action meets an error of AWS, which ends it before anything is done', async () => {
  await emulator.controls.setFaults({ action: 'CreateAccessKey', nth: 2, do: { error: 'AccessDenied' } });
  expect(await createKey()).not.toHaveProperty('error');
  expect(await createKey()).toEqual({ error: 'injected' });
  expect(await keys()).toHaveLength(1);
  await clearKeys();
});

test('an error after the call hides what AWS has done', async () => {
  await emulator.controls.setFaults({ action: 'CreateAccessKey', when: 'after', do: { error: 'AccessDenied' } });
  expect(await createKey()).toEqual({ error: 'injected' });
  expect(await keys()).toHaveLength(1);
  await clearKeys();
});

test('a lost answer makes the SDK send the call again', async () => {
  await emulator.controls.setFaults({ action: 'CreateAccessKey', when: 'after', do: 'drop' });
  expect(await createKey()).not.toHaveProperty('error');
  expect(await emulator.controls.calls()).toEqual([
    { service: 'iam', action: 'CreateAccessKey', status: 0 }, { service: 'iam', action: 'CreateAccessKey', status: 200 },
  ]);
  expect(await keys()).toHaveLength(2);
  await clearKeys();
});

test.each([['before', 0], ['after', 1]] as const)('a function can die %s its call', async (when, made) => {
  await emulator.controls.setFaults({ action: 'CreateAccessKey', when, do: 'kill' });
  expect(await createKey()).toEqual({ error: expect.stringContaining('Runtime exited') as string });
  expect(await keys()).toHaveLength(made);
  expect(await createKey()).not.toHaveProperty('error'); // the next invocation starts a new process
  await clearKeys();
});

test.each(['before', 'after'] as const)('any call can be met, and made to wait, %s AWS has done its work', async (when) => {
  await emulator.controls.setFaults({ action: '*', when, do: { delayMillis: 200 } });
  const started = Date.now();
  await call('sts', 'getCallerIdentity');
  expect(Date.now() - started).toBeGreaterThanOrEqual(200);
});

test('a fault that the emulator does not know is refused', async () => {
  await expect(emulator.controls.setFaults({ action: '*', do: 'explode' as 'kill' })).rejects.toThrow('explode');
});

test('what a function writes to its log can be read', async () => {
  await call('sts', 'getCallerIdentity');
  expect(await puppet.logLines(puppet.outputs.FunctionName)).toContainEqual({ event: 'getCallerIdentity' });
});

test('a function has its role\'s rights: on its user, path included, and on no other', async () => {
  const denied = async (method: string, input: object) => (await call('iam', method, input)).error;
  const [own] = [(await createKey()).payload as { AccessKey: { AccessKeyId: string } }];
  expect(await denied('getAccessKeyLastUsed', { AccessKeyId: own.AccessKey.AccessKeyId })).toBeUndefined();

  await emulator.clients.iam.createUser({ UserName: 'stranger' });
  const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName: 'stranger' });
  expect(await denied('listAccessKeys', { UserName: 'stranger' })).toContain('not authorized to perform: iam:ListAccessKeys');
  expect(await denied('getAccessKeyLastUsed', { AccessKeyId: AccessKey!.AccessKeyId })).toContain('not authorized');
  await clearKeys();
});

test('a secret under a customer key asks for rights on that key', async () => {
  await puppet.update((app) => puppetStack(app, { customerKey: true }));
  const SecretId = puppet.outputs.SecretArn;
  const read = async () => call('secretsManager', 'getSecretValue', { SecretId });
  expect((await read()).error).toContain('Access to KMS is not allowed');

  const { KmsKeyId } = await emulator.clients.secretsManager.describeSecret({ SecretId });
  const grant = async (arn: string) => emulator.clients.iam.putRolePolicy({
    RoleName: puppet.outputs.RoleName,
    PolicyName: 'kms',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: KmsKeyId,
        Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com', 'kms:EncryptionContext:SecretARN': arn } },
      }],
    }),
  });
  await grant('arn:aws:secretsmanager:us-east-1:000000000000:secret:another');
  expect((await read()).error).toContain('Access to KMS is not allowed');
  await grant(SecretId);
  expect(await read()).not.toHaveProperty('error');
});
