// What a stack needs is out of reach when it is changed, rolled back or destroyed: the KMS key, STS, the secret, the administrator's secret.
import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ByHand } from './by-hand';
import { Emulator, Fault } from './harness';
import { AT_ONCE, RotatingKey } from './rotating-key';
import { IamKeyRotationSecret, PreviousKeyPolicy, RotationAuthority } from '../../src';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await Emulator.start();
  await emulator.controls.change({ dryRun: 'off' }); // it takes three seconds after each deployment
  await emulator.clients.secretsManager.createSecret({ Name: 'taken', SecretString: '{}' });
});
afterEach(async () => emulator.controls.setFaults());
afterAll(async () => emulator.stop());

/** So long a replaced key lives: a setting that only the function is told of. */
function overlap(hours: number) {
  return { previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.hours(hours), evenIfInUse: true }) };
}

describe('a change of a setting', () => {
  let key: RotatingKey;
  let fails = false;

  let isDeployed = false;

  /** Rights that are missing are waited for, for a minute, or as long as the function has time: from the second deployment on it has none. */
  function beside(made: IamKeyRotationSecret, stack: Stack): void {
    if (isDeployed) (made.rotationFunction.node.defaultChild as lambda.CfnFunction).timeout = 20;
    if (fails) new CfnSecret(stack, 'Fails', { name: 'taken' }).node.addDependency(made);
  }

  async function status(): Promise<string> {
    const { Stacks } = await emulator.clients.cloudFormation.describeStacks({ StackName: 'Changes' });
    return Stacks![0].StackStatus!;
  }

  beforeAll(async () => {
    key = await RotatingKey.deploy(emulator, () => AT_ONCE, 'Changes', beside);
    isDeployed = true;
  });

  const GONE: ReadonlyArray<[what: string, take: () => Promise<unknown>]> = [
    ['the KMS key of the secret is disabled', async () => always('GetSecretValue', 'DecryptionFailure')],
    ['the KMS key of the secret may not be used', async () => always('GetSecretValue', 'AccessDeniedException')],
    ['STS denies the function', async () => always('GetCallerIdentity', 'AccessDenied')],
    ['somebody has deleted the key', async () => {
      await emulator.clients.iam.deleteAccessKey({ UserName: key.stack.outputs.UserName, AccessKeyId: await key.id() });
    }],
    ['somebody has filled the secret with something else', async () => key.put('garbage')],
    ['somebody has marked the secret for deletion', async () => emulator.clients.secretsManager.deleteSecret({ SecretId: key.secretArn })],
    ['somebody has deleted the secret', async () => {
      await emulator.clients.secretsManager.deleteSecret({ SecretId: key.secretArn, ForceDeleteWithoutRecovery: true });
    }],
  ];

  async function always(action: string, error: string): Promise<void> {
    const fault: Fault = { action, do: { error }, times: 1000 };
    await emulator.controls.setFaults(fault);
  }

  const CASES = GONE.map(([what, take], index) => [what, take, index] as const);
  test.each(CASES)('passes while %s, and so does its rollback', async (_what, take, index) => {
    await take();
    await key.update(() => overlap(10 + index));
    expect(await status()).toBe('UPDATE_COMPLETE');

    fails = true;
    await expect(key.update(() => overlap(100 + index))).rejects.toThrow('already exists');
    fails = false;
    expect(await status()).toBe('UPDATE_ROLLBACK_COMPLETE');
  });

  test('after all of this the stack goes, and leaves nothing', async () => {
    await key.stack.destroy();
    expect(await key.stack.leftBehind()).toEqual([]);
  });
});

describe('a stack whose secret somebody', () => {
  test.each([
    ['has deleted', true], ['has marked for deletion', false],
  ])('%s takes all keys of its own user along, and leaves nothing', async (what, force) => {
    const key = await RotatingKey.deploy(emulator, () => AT_ONCE, what.replaceAll(' ', '-'));
    await key.rotate();
    expect(Object.keys(await key.keys())).toHaveLength(2);
    await emulator.clients.secretsManager.deleteSecret({ SecretId: key.secretArn, ForceDeleteWithoutRecovery: force || undefined });

    await key.stack.destroy();

    expect(await key.stack.leftBehind()).toEqual([]);
  });
});

describe('a stack whose administrator\'s secret somebody', () => {
  const Statement = [{ Effect: 'Allow', Action: 'iam:*AccessKey*', Resource: 'arn:aws:iam::*:user/*' }];

  test.each<[string, (admin: ByHand) => Promise<unknown>, (admin: ByHand) => Promise<unknown>, RegExp]>([
    [
      'has marked for deletion',
      async ({ secretArn: SecretId }) => emulator.clients.secretsManager.deleteSecret({ SecretId }),
      async ({ secretArn: SecretId }) => emulator.clients.secretsManager.restoreSecret({ SecretId }),
      /the administrator's secret \S+ is marked for deletion.*restore it \(aws secretsmanager restore-secret\)/s,
    ],
    [
      'has emptied',
      async ({ secretArn: SecretId }) => emulator.clients.secretsManager.putSecretValue({ SecretId, SecretString: '{}' }),
      async ({ secretArn: SecretId, value }) => emulator.clients.secretsManager.putSecretValue({ SecretId, SecretString: JSON.stringify(value) }),
      /the administrator's secret \S+ has no fields "aws_access_key_id" and "aws_secret_access_key"/s,
    ],
  ])('%s fails to be destroyed, with the way out, and goes once that is mended', async (what, take, mend, told) => {
    const admin = await ByHand.make(emulator);
    const policy = { PolicyName: 'keys', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) };
    await emulator.clients.iam.putUserPolicy({ UserName: admin.name, ...policy });
    const authority = (stack: Stack) => RotationAuthority.adminSecret(Secret.fromSecretCompleteArn(stack, 'Admin', admin.secretArn));
    const key = await RotatingKey.deploy(emulator, (stack) => ({ ...AT_ONCE, authority: authority(stack) }), `Admin-${what.replaceAll(' ', '-')}`);
    await key.rotate();
    const keys = await key.keys();

    await take(admin);
    const failure = await key.stack.destroy().then(() => '', (error: Error) => error.message.replaceAll(/\s+/g, ' '));
    expect(failure).toMatch(told);
    expect(failure).not.toContain(admin.value.aws_secret_access_key);
    expect(await key.keys()).toEqual(keys);

    await mend(admin);
    await key.stack.destroy();
    expect(await key.stack.leftBehind()).toEqual([]);
  });
});
