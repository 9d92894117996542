// An existing secret is taken over: by each way to name it, and with each authority; its replaced keys are retired.
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Deployment, Emulator, ENVIRONMENT } from './harness';
import { IamKeyRotation, IamKeyRotationProps, PreviousKeyPolicy, RotationAuthority } from '../../src';

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterAll(async () => emulator.stop());

let count = 0;

/** What a person has made by hand: a user with a path and a key, and a secret that holds it beside something else. */
async function byHand() {
  const { iam: iamClient, secretsManager } = emulator.clients;
  const name = `by-hand-${++count}`;
  const { User } = await iamClient.createUser({ UserName: name, Path: '/robots/' });
  const { AccessKey } = await iamClient.createAccessKey({ UserName: name });
  const value = { aws_access_key_id: AccessKey!.AccessKeyId, aws_secret_access_key: AccessKey!.SecretAccessKey, bot: 'token' };
  const { ARN } = await secretsManager.createSecret({ Name: `${name}/key`, SecretString: JSON.stringify(value) });
  return { name, userArn: User!.Arn!, keyId: AccessKey!.AccessKeyId!, secretName: `${name}/key`, secretArn: ARN!, value };
}
type ByHand = Awaited<ReturnType<typeof byHand>>;

async function takeOver(made: ByHand, props: (stack: Stack) => Partial<IamKeyRotationProps>): Promise<Deployment> {
  return emulator.deploy((app: App) => {
    const stack = new Stack(app, `Adopt${count}`, { env: ENVIRONMENT });
    const rotation = new IamKeyRotation(stack, 'Rotation', {
      secret: Secret.fromSecretCompleteArn(stack, 'Secret', made.secretArn), user: iam.User.fromUserArn(stack, 'User', made.userArn), ...props(stack),
    });
    new CfnOutput(stack, 'FunctionName', { value: rotation.rotationFunction.functionName });
    return stack;
  });
}

async function current({ secretArn }: ByHand): Promise<Record<string, string>> {
  const { SecretString } = await emulator.clients.secretsManager.getSecretValue({ SecretId: secretArn, VersionStage: 'AWSCURRENT' });
  return JSON.parse(SecretString!) as Record<string, string>;
}

async function keys({ name }: ByHand): Promise<Record<string, string>> {
  const { AccessKeyMetadata = [] } = await emulator.clients.iam.listAccessKeys({ UserName: name });
  return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId!, Status!]));
}

test('a secret with a key is taken over as it is, rotates without losing a field, and stays when the rotation goes', async () => {
  const made = await byHand();
  const stack = await takeOver(made, () => ({}));
  expect(await current(made)).toEqual(made.value);
  expect(await keys(made)).toEqual({ [made.keyId]: 'Active' });

  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  const { aws_access_key_id: id, bot } = await current(made);
  expect(bot).toBe('token');
  expect(await keys(made)).toEqual({ [made.keyId]: 'Active', [id]: 'Active' });

  await stack.destroy();
  expect(await keys(made)).toEqual({ [made.keyId]: 'Active', [id]: 'Active' });
});

test('a key that rotates itself does so, though the function has no right in IAM', async () => {
  const made = await byHand();
  const stack = await takeOver(made, () => ({
    authority: RotationAuthority.ownKey(),
    previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.hours(0), evenIfInUse: true }),
  }));
  for (let rotation = 0; rotation < 3; rotation++) expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(Object.values(await keys(made))).toEqual(['Active', 'Active']);
  expect(Object.keys(await keys(made))).not.toContain(made.keyId);
});

test('an administrator\'s key in another secret rotates it', async () => {
  const made = await byHand();
  const admin = await byHand();
  const Action = ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'].map((action) => `iam:${action}`);
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: made.userArn }] });
  await emulator.clients.iam.putUserPolicy({ UserName: admin.name, PolicyName: 'keys', PolicyDocument });
  const stack = await takeOver(made, (scope) => ({ authority: RotationAuthority.adminSecret(Secret.fromSecretCompleteArn(scope, 'Admin', admin.secretArn)) }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(Object.keys(await keys(made))).toHaveLength(2);
});

test('a replaced key is deactivated, then deleted, by the scheduled check; or at once, on its owner\'s word', async () => {
  const made = await byHand();
  const previousKeyPolicy = PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) });
  const stack = await takeOver(made, () => ({ previousKeyPolicy }));
  const [schedule] = await stack.physicalIds('AWS::Scheduler::Schedule');
  expect(schedule).toBeDefined();
  await stack.rotate(made.secretArn);
  const check = () => stack.invoke(stack.outputs.FunctionName, { Action: 'retireDue', SecretId: made.secretArn });

  expect(await check()).toMatchObject({ payload: { decision: 'nothing' } });
  await emulator.controls.timePasses(8 * 86_400);
  expect(await check()).toMatchObject({ payload: { decision: 'retired', ids: { deactivated: made.keyId } } });
  expect((await keys(made))[made.keyId]).toBe('Inactive');
  await emulator.controls.timePasses(7 * 86_400);
  expect(await check()).toMatchObject({ payload: { decision: 'retired', ids: { removed: made.keyId } } });

  const before = (await current(made)).aws_access_key_id;
  const retire = () => stack.invoke(stack.outputs.FunctionName, { Action: 'retire', SecretId: made.secretName, KeyId: before });
  expect((await retire()).error).toContain(`${before} is not retired: it is the current key`);
  await stack.rotate(made.secretArn);
  expect(await retire()).toMatchObject({ payload: { decision: 'retired', ids: { removed: before } } });
  expect(Object.keys(await keys(made))).toEqual([(await current(made)).aws_access_key_id]);
});

test('in an emergency the replaced key goes with the rotation', async () => {
  const made = await byHand();
  const stack = await takeOver(made, () => ({ previousKeyPolicy: PreviousKeyPolicy.retireImmediately() }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(await keys(made)).toEqual({ [(await current(made)).aws_access_key_id]: 'Active' });
});

test.each<[string, (stack: Stack, made: ByHand) => ISecret]>([
  ['name', (stack, made) => Secret.fromSecretNameV2(stack, 'Named', made.secretName)],
  ['partial ARN', (stack, made) => Secret.fromSecretPartialArn(stack, 'Named', made.secretArn.slice(0, -7))],
])('a secret can be named by its %s', async (_what, secret) => {
  const made = await byHand();
  const stack = await takeOver(made, (scope) => ({ secret: secret(scope, made) }));
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect((await current(made)).bot).toBe('token');
});

test('a secret whose key rotates itself must hold one', async () => {
  const made = await byHand();
  await emulator.clients.secretsManager.putSecretValue({ SecretId: made.secretArn, SecretString: '{"bot":"token"}' });
  await expect(takeOver(made, () => ({ authority: RotationAuthority.ownKey() }))).rejects.toThrow('the secret must hold a key of its user already');
  expect(await current(made)).toEqual({ bot: 'token' });
});
