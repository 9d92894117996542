// The emulator's RotateSecret: it calls the function as Secrets Manager does, and refuses what Secrets Manager refuses.
import { randomUUID } from 'node:crypto';
import type { DescribeSecretResponse, RotateSecretRequest, SecretsManager } from '@aws-sdk/client-secrets-manager';
import { Credentials, Deployment, Emulator } from '../harness';
import { puppetStack } from '../puppet/stack';

let emulator: Emulator;
let puppet: Deployment;
let SecretId: string;

beforeAll(async () => {
  emulator = await Emulator.start();
  puppet = await emulator.deploy((app) => puppetStack(app, { scheduled: true }));
  SecretId = puppet.outputs.SecretArn;
});
afterEach(async () => {
  await emulator.controls.setFaults();
  await emulator.controls.change({ rotationRetries: 0, dryRun: 'empty', pendingAfterSuccess: 'removed' });
});
afterAll(async () => emulator.stop());

async function described(): Promise<DescribeSecretResponse> {
  return emulator.clients.secretsManager.describeSecret({ SecretId });
}

/** A user of its own, who may do what it is allowed. */
async function caller(): Promise<{ secretsManager: SecretsManager; allow: (...statements: object[]) => Promise<unknown> }> {
  const UserName = `rotator-${randomUUID()}`;
  const { iam } = emulator.clients;
  await iam.createUser({ UserName });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  const key: Credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  return {
    secretsManager: emulator.clientsFor(key).secretsManager,
    allow: async (...statements) => iam.putUserPolicy({
      UserName,
      PolicyName: 'rotate',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) }),
    }),
  };
}

test('a rotation calls the four steps with one token, and ends with the new version current and nothing pending', async () => {
  const before = await emulator.clients.secretsManager.getSecretValue({ SecretId });

  const rotation = await puppet.rotate(SecretId);

  expect(rotation).toMatchObject({ kind: 'rotation', ok: true });
  expect(rotation.steps.map(({ step, ok }) => [step, ok])).toEqual([
    ['createSecret', true], ['setSecret', true], ['testSecret', true], ['finishSecret', true],
  ]);
  const { VersionIdsToStages, RotationEnabled, LastRotatedDate } = await described();
  expect(VersionIdsToStages).toMatchObject({ [rotation.token]: ['AWSCURRENT'], [before.VersionId!]: ['AWSPREVIOUS'] });
  expect(RotationEnabled).toBe(true);
  expect(LastRotatedDate!.getTime()).toBeGreaterThan(Date.now() - 10_000);
});

test('AWSPENDING can stay on the version that is current after a rotation, where it does not keep the next from starting', async () => {
  await emulator.controls.change({ pendingAfterSuccess: 'stays' });
  const first = await puppet.rotate(SecretId);
  expect((await described()).VersionIdsToStages).toMatchObject({ [first.token]: expect.arrayContaining(['AWSCURRENT', 'AWSPENDING']) as string[] });

  const second = await puppet.rotate(SecretId);
  expect(second).toMatchObject({ ok: true });
  expect((await described()).VersionIdsToStages).toMatchObject({
    [first.token]: ['AWSPREVIOUS'], [second.token]: expect.arrayContaining(['AWSCURRENT', 'AWSPENDING']) as string[],
  });

  await emulator.clients.secretsManager.updateSecretVersionStage({
    SecretId, VersionStage: 'AWSPENDING', MoveToVersionId: first.token, RemoveFromVersionId: second.token,
  });
  await expect(puppet.rotate(SecretId)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await emulator.clients.secretsManager.updateSecretVersionStage({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: first.token });
});

test('a failed step ends the rotation, which leaves a pending version without a value and blocks the next', async () => {
  await emulator.controls.setFaults({ action: 'PutSecretValue', do: { error: 'InvalidRequestException' } });

  const rotation = await puppet.rotate(SecretId);

  expect(rotation).toMatchObject({ ok: false, steps: [{ step: 'createSecret', ok: false }] });
  expect((await described()).VersionIdsToStages).toMatchObject({ [rotation.token]: ['AWSPENDING'] });
  const { Versions } = await emulator.clients.secretsManager.listSecretVersionIds({ SecretId });
  expect(Versions).toContainEqual(expect.objectContaining({ VersionId: rotation.token, CreatedDate: expect.any(Date) as Date }));
  await expect(emulator.clients.secretsManager.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' }))
    .rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(puppet.rotate(SecretId)).rejects.toMatchObject({
    name: 'InvalidRequestException', message: expect.stringContaining('A previous rotation isn\'t complete') as string,
  });

  // The same token takes it up again.
  await expect(puppet.rotate(SecretId, rotation.token)).resolves.toMatchObject({ ok: true });
});

test('Secrets Manager can be told to try again, with the same token', async () => {
  await emulator.controls.change({ rotationRetries: 1 });
  await emulator.controls.setFaults({ action: 'DescribeSecret', do: { error: 'InvalidRequestException' } });

  const { ok, steps } = await puppet.rotate(SecretId);

  expect(ok).toBe(false); // the token has another value by then, and this function makes a new one each time
  expect(steps.map(({ step, ok: passed }) => [step, passed])).toEqual([
    ['createSecret', true], ['setSecret', true], ['testSecret', true], ['finishSecret', false], ['createSecret', false],
  ]);
  const { VersionIdsToStages } = await described();
  const pending = Object.keys(VersionIdsToStages!).find((id) => VersionIdsToStages![id].includes('AWSPENDING'));
  await emulator.clients.secretsManager.updateSecretVersionStage({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: pending });
});

test.each(['empty', 'copy'] as const)('a rotation that is only scheduled calls testSecret alone, on a pending version that goes (%s)', async (dryRun) => {
  await emulator.controls.change({ dryRun });

  await emulator.clients.secretsManager.rotateSecret({ SecretId, RotateImmediately: false });
  await emulator.settle();

  const reports = await emulator.controls.rotations();
  expect(reports.at(-1)).toMatchObject({ kind: 'dryRun', ok: true, steps: [{ step: 'testSecret', ok: true }] });
  expect(Object.values((await described()).VersionIdsToStages!).flat()).not.toContain('AWSPENDING');
});

test('who calls RotateSecret must be allowed to invoke the function', async () => {
  const { allow, secretsManager } = await caller();
  await allow({ Action: 'secretsmanager:RotateSecret', Resource: SecretId });
  await expect(secretsManager.rotateSecret({ SecretId })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await allow({ Action: 'secretsmanager:RotateSecret', Resource: SecretId }, { Action: 'lambda:InvokeFunction', Resource: puppet.outputs.FunctionArn });
  await expect(secretsManager.rotateSecret({ SecretId })).resolves.toMatchObject({ ARN: SecretId });
  await emulator.settle();
});

test.each<[string, object, Partial<RotateSecretRequest>]>([
  ['which function is named', { ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': 'arn:aws:lambda:us-east-1:000000000000:function:own' } },
    { RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:other' }],
  ['whether rules are given', { Bool: { 'secretsmanager:ModifyRotationRules': 'false' } }, { RotationRules: { AutomaticallyAfterDays: 5 } }],
  ['whether it is to rotate at once', { Bool: { 'secretsmanager:RotateImmediately': 'true' } }, { RotateImmediately: false }],
  ['how the secret is named', { ArnLike: { 'secretsmanager:SecretId': 'arn:aws:secretsmanager:*' } }, { SecretId: 'by name' }],
])('a policy for RotateSecret can ask %s', async (_what, Condition, refused) => {
  const { allow, secretsManager } = await caller();
  await allow({ Action: 'secretsmanager:RotateSecret', Resource: '*', Condition }, { Action: 'lambda:InvokeFunction', Resource: puppet.outputs.FunctionArn });
  await expect(secretsManager.rotateSecret({ SecretId })).resolves.toMatchObject({ ARN: SecretId });
  await emulator.settle();
  await expect(secretsManager.rotateSecret({ SecretId, ...refused }))
    .rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('perform: secretsmanager:RotateSecret') as string });
});

test('a function that Secrets Manager may call is not one that it may call by an alias', async () => {
  const { FunctionName, FunctionArn } = puppet.outputs;
  const { lambda, secretsManager } = emulator.clients;
  await lambda.createAlias({ FunctionName, Name: 'live', FunctionVersion: '$LATEST' });
  const rotate = async () => secretsManager.rotateSecret({ SecretId, RotationLambdaARN: `${FunctionArn}:live` });
  await expect(rotate()).rejects.toMatchObject({ name: 'AccessDeniedException' });

  await lambda.addPermission({
    FunctionName, Qualifier: 'live', StatementId: 'live', Action: 'lambda:InvokeFunction', Principal: 'secretsmanager.amazonaws.com',
  });
  await rotate();
  await emulator.settle();
  expect((await emulator.controls.rotations()).at(-1)).toMatchObject({ ok: true });
  await secretsManager.rotateSecret({ SecretId, RotationLambdaARN: FunctionArn });
  await lambda.deleteAlias({ FunctionName, Name: 'live' });
  await emulator.settle();
});

test('time can pass for a secret: its dates, and the times in its labels', async () => {
  const { CreatedDate, VersionIdsToStages } = await described();
  const current = Object.keys(VersionIdsToStages!).find((id) => VersionIdsToStages![id].includes('AWSCURRENT'))!;
  await emulator.clients.secretsManager.updateSecretVersionStage({ SecretId, VersionStage: 'replaced-2026-01-31T04:00:00.000Z', MoveToVersionId: current });

  await emulator.controls.timePasses(86_400, { secretId: SecretId });

  const aged = await described();
  expect(aged.CreatedDate!.getTime()).toBeCloseTo(CreatedDate!.getTime() - 86_400_000, -1);
  expect(aged.VersionIdsToStages![current]).toContain('replaced-2026-01-30T04:00:00.000Z');
});

test('rotation is off once it is cancelled, and once its schedule has left the stack', async () => {
  await emulator.clients.secretsManager.cancelRotateSecret({ SecretId });
  expect((await described()).RotationEnabled).toBe(false);
  await puppet.rotate(SecretId);
  expect((await described()).RotationEnabled).toBe(true);

  await puppet.update((app) => puppetStack(app));

  expect((await described()).RotationEnabled).toBe(false);
  await expect(puppet.rotate(SecretId)).rejects.toMatchObject({ name: 'AccessDeniedException' }); // nobody admits Secrets Manager now
});
