// Constructs that are renamed or moved, a secret that is renamed in vain, and a rotation that another stack has taken over.
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ByHand } from './by-hand';
import { Deployment, Emulator, ENVIRONMENT } from './harness';
import { AT_ONCE, RotatingKey } from './rotating-key';
import { FIELD, FIELDS, RotatingValue } from './rotating-value';
import { IamKeyRotation, IamKeyRotationSecret, RandomValueRotation, SecretRotationSchedule } from '../../src';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await Emulator.start();
  await emulator.controls.change({ dryRun: 'off' }); // it takes three seconds after each deployment
});
afterAll(async () => emulator.stop());

/** Where a rotation stands in its stack. */
type Place = (stack: Stack) => [scope: Construct, id: string];
const FIRST: Place = (stack) => [stack, 'Rotation'];
const RENAMED: Place = (stack) => [stack, 'Renamed'];
const MOVED: Place = (stack) => [new Construct(new Construct(stack, 'Further'), 'Down'), 'Rotation'];

/** What must not be made anew: while both are there they are one rotation of one secret, and the end of the old one would be its end. */
const LASTING = ['AWS::SecretsManager::RotationSchedule', 'AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig'];

async function lasting(stack: Deployment, custom: string): Promise<string[][]> {
  return Promise.all([...LASTING, custom].map(async (type) => stack.physicalIds(type)));
}

async function rotationOf(SecretId: string): Promise<unknown> {
  const { RotationEnabled, RotationLambdaARN, RotationRules } = await emulator.clients.secretsManager.describeSecret({ SecretId });
  return { RotationEnabled, RotationLambdaARN, RotationRules };
}

/** The functions that custom resources have been asked by CloudFormation to delete something with. */
async function deletions(stack: Deployment, functionName: string): Promise<unknown[]> {
  return (await stack.logLines(functionName)).filter(({ request }) => request === 'Delete');
}

describe('an IamKeyRotation whose keys go with it', () => {
  let made: ByHand;
  let stack: Deployment;
  const at = (place: Place) => (app: App): Stack => {
    const scope = new Stack(app, 'Moving', { env: ENVIRONMENT });
    const rotation = new IamKeyRotation(...place(scope), {
      secret: Secret.fromSecretCompleteArn(scope, 'Secret', made.secretArn),
      user: iam.User.fromUserArn(scope, 'User', made.userArn),
      removalPolicy: RemovalPolicy.DESTROY,
      ...AT_ONCE,
    });
    new CfnOutput(scope, 'FunctionName', { value: rotation.rotationFunction.functionName });
    return scope;
  };
  beforeAll(async () => {
    made = await ByHand.make(emulator);
    stack = await emulator.deploy(at(FIRST));
    expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  });

  test.each([['renamed', RENAMED], ['moved into another scope', MOVED], ['moved back', FIRST]])(
    'and that is %s keeps function, schedule and keys, and rotates on', async (_what, place) => {
      const { aws_access_key_id: id } = await made.current();
      const before = {
        resources: await lasting(stack, 'Custom::IamKeyRotationFirstKey'), keys: await made.keys(), rotation: await rotationOf(made.secretArn),
      };
      expect(before.rotation).toMatchObject({ RotationEnabled: true });

      await stack.update(at(place));

      expect(await lasting(stack, 'Custom::IamKeyRotationFirstKey')).toEqual(before.resources);
      expect(await rotationOf(made.secretArn)).toEqual(before.rotation);
      expect(await made.keys()).toEqual(before.keys);
      expect((await made.current()).aws_access_key_id).toBe(id);
      expect(await deletions(stack, stack.outputs.FunctionName)).toEqual([]);
      expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
      expect(await made.identity()).toBe(made.userArn);
    },
  );
});

test.each([['renamed', RENAMED], ['moved into another scope', MOVED]])('a RandomValueRotation that is %s rotates on', async (what, place) => {
  const Name = `web/${what.replaceAll(' ', '-')}`;
  await emulator.clients.secretsManager.createSecret({ Name, SecretString: '{"bot":"token"}' });
  const secret = new RotatingValue(emulator, Name);
  const at = (where: Place) => (app: App): Stack => {
    const scope = new Stack(app, `Values-${what.replaceAll(' ', '-')}`, { env: ENVIRONMENT });
    new RandomValueRotation(...where(scope), { secret: Secret.fromSecretNameV2(scope, 'Secret', Name), fields: FIELDS });
    return scope;
  };
  const stack = await emulator.deploy(at(FIRST));
  const [resources, value, rotation] = [await lasting(stack, 'Custom::RandomValueRotationFirstValue'), await secret.value(), await rotationOf(Name)];
  expect(rotation).toMatchObject({ RotationEnabled: true });

  await stack.update(at(place));

  expect(await lasting(stack, 'Custom::RandomValueRotationFirstValue')).toEqual(resources);
  expect(await rotationOf(Name)).toEqual(rotation);
  expect(await secret.value() === value).toBe(true); // compared here: a difference would be printed
  expect(await stack.rotate(Name)).toMatchObject({ ok: true });
  expect(await secret.value('AWSPREVIOUS', FIELD) === value).toBe(true);
});

/** Uses the key that the secret holds, at a service that denies it, which is a use all the same; then fails the deployment, naming that key. */
const CONSUMER = `const { SecretsManager } = require('@aws-sdk/client-secrets-manager');
exports.handler = async (event) => {
  let Reason = 'nothing was used';
  if (event.RequestType === 'Create') {
    const { SecretString } = await new SecretsManager({}).getSecretValue({ SecretId: event.ResourceProperties.SecretArn });
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = JSON.parse(SecretString);
    const user = new SecretsManager({ credentials: { accessKeyId, secretAccessKey } });
    await user.listSecrets({}).catch((error) => { Reason = error.name + ' for ' + accessKeyId; });
  }
  const Status = event.RequestType === 'Create' ? 'FAILED' : 'SUCCESS';
  await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify({ ...event, Status, Reason, PhysicalResourceId: 'consumer' }) });
};`;

function consumer(key: IamKeyRotationSecret, stack: Stack): void {
  const role = new iam.Role(stack, 'ConsumerRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const user = new lambda.Function(stack, 'Consumer', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline(CONSUMER),
    timeout: Duration.seconds(30),
    role,
    logGroup: new logs.LogGroup(stack, 'ConsumerLogs', { removalPolicy: RemovalPolicy.DESTROY }),
  });
  const read = key.grantRead(user);
  const resource = new CustomResource(stack, 'Consumed', { serviceToken: user.functionArn, properties: { SecretArn: key.secretArn } });
  resource.node.addDependency(key, read);
}

test('of a secret that is renamed in vain the new key is gone although it was used, the old one rotates on, and nothing is left at the end', async () => {
  let fails = false;
  const named = (secretName: string) => () => ({ ...AT_ONCE, secretName });
  const key = await RotatingKey.deploy(emulator, named('first'), 'InVain', (secret, stack) => (fails ? consumer(secret, stack) : undefined));
  await emulator.controls.timePasses(3600);
  const [id, inventory, rotation] = [await key.id(), await emulator.inventory.list(), await rotationOf(key.secretArn)];

  fails = true;
  const failure = await key.update(named('second')).then(() => '', (error: Error) => error.message);
  const [, used] = /AccessDeniedException for (AKIA\w+)/.exec(failure) ?? [];
  expect(failure).toMatch(/AccessDeniedException for AKIA/);
  expect(used).not.toBe(id);

  expect(await key.keys()).toEqual({ [id]: 'Active' });
  expect(await key.id()).toBe(id);
  expect(await rotationOf(key.secretArn)).toEqual(rotation);
  expect(await emulator.inventory.list()).toEqual(inventory);
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await key.works()).toBe(true);

  fails = false;
  await key.stack.destroy();
  expect(await key.stack.leftBehind()).toEqual([]);
});

describe('a rotation whose keys go with it, and whose secret another stack rotates by now,', () => {
  const stackOf = (name: string, made: ByHand, schedule?: SecretRotationSchedule) => (app: App): Stack => {
    const scope = new Stack(app, name, { env: ENVIRONMENT });
    new IamKeyRotation(scope, 'Rotation', {
      secret: Secret.fromSecretCompleteArn(scope, 'Secret', made.secretArn),
      user: iam.User.fromUserArn(scope, 'User', made.userArn),
      removalPolicy: RemovalPolicy.DESTROY,
      schedule,
      ...AT_ONCE,
    });
    return scope;
  };

  test('is removed without touching anything', async () => {
    const made = await ByHand.make(emulator);
    const old = await emulator.deploy(stackOf('Old', made));
    await old.rotate(made.secretArn);
    await old.update(stackOf('Old', made, SecretRotationSchedule.onDemand())); // else the end of its schedule would be the end of any
    const taken = await emulator.deploy(stackOf('New', made));
    const everything = async () => {
      const { VersionIdsToStages } = await emulator.clients.secretsManager.describeSecret({ SecretId: made.secretArn });
      return { keys: await made.keys(), rotation: await rotationOf(made.secretArn), VersionIdsToStages };
    };
    const before = await everything();
    expect(before).toMatchObject({ keys: { [made.keyId]: 'Active' }, rotation: { RotationEnabled: true } });
    expect(Object.keys(before.keys)).toHaveLength(2);

    await old.destroy();

    expect(await everything()).toEqual(before);
    expect(await taken.rotate(made.secretArn)).toMatchObject({ ok: true });
    expect(await made.identity()).toBe(made.userArn);
  });

  test('and whose schedule was still there leaves the keys, too', async () => {
    const made = await ByHand.make(emulator);
    const old = await emulator.deploy(stackOf('OldScheduled', made));
    await old.rotate(made.secretArn);
    await emulator.clients.secretsManager.cancelRotateSecret({ SecretId: made.secretArn });
    await emulator.deploy(stackOf('NewScheduled', made));
    const keys = await made.keys();

    await old.destroy();

    expect(await made.keys()).toEqual(keys);
    expect(await made.identity()).toBe(made.userArn);
  });
});
