// The real construct and the real function, deployed: the life of a key from the first deployment to the end of the stack.
import { Call, Emulator } from './harness';
import { AT_ONCE, RotatingKey } from './rotating-key';

let emulator: Emulator;
let key: RotatingKey;

beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, () => AT_ONCE);
});
afterAll(async () => emulator.stop());

/** The actions that a step called, sorted: some run at the same time. */
function actionsOf(step: string, calls: Call[]): string[] {
  return calls.filter((call) => call.step === step).map(({ action }) => action).sort();
}

test('the secret holds a key that works when the deployment ends, and is rotated from then on', async () => {
  expect(await key.works()).toBe(true);
  expect(await key.keys()).toEqual({ [await key.id()]: 'Active' });
  expect(await key.labels()).not.toContain('AWSPENDING');
  const { RotationEnabled } = await emulator.clients.secretsManager.describeSecret({ SecretId: key.secretArn });
  expect(RotationEnabled).toBe(true);
});

test('a rotation leaves the current and the previous key, both working, and makes no call without a reason', async () => {
  const replaced = await key.id();
  await emulator.controls.resetCalls();

  expect(await key.rotate()).toMatchObject({ ok: true });

  expect(await key.id('AWSPREVIOUS')).toBe(replaced);
  expect([await key.works(), await key.works('AWSPREVIOUS')]).toEqual([true, true]);
  expect(await key.keys()).toEqual({ [replaced]: 'Active', [await key.id()]: 'Active' });
  const calls = await emulator.controls.calls();
  expect(actionsOf('createSecret', calls)).toEqual([
    'CreateAccessKey', 'DescribeSecret', 'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'ListAccessKeys', 'PutSecretValue',
  ]);
  expect(actionsOf('setSecret', calls)).toEqual(['DescribeSecret']);
  expect(actionsOf('testSecret', calls)).toEqual([
    'DescribeSecret', 'GetCallerIdentity', 'GetCallerIdentity', 'GetCallerIdentity', 'GetSecretValue', 'UpdateSecretVersionStage',
  ]);
  expect(actionsOf('finishSecret', calls)).toEqual([
    'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
  ]);
});

test('every other field of the secret is kept through two rotations, to the letter', async () => {
  const [before, after] = ['"b": 12345678901234567890, "10": [1.50, {"a" : null}],', '"a": "\\u00e9",\n "2": 1e400'];
  const text = ({ aws_access_key_id: id, aws_secret_access_key: secret }: Record<string, string>) =>
    `{${before} "aws_access_key_id": "${id}", "aws_secret_access_key": "${secret}", ${after}}`;
  const edited = await key.value();
  await key.put(text(edited));
  await emulator.controls.timePasses(6 * 60); // the edit has moved AWSPREVIOUS: it does not tell any more that a rotation has replaced the other key

  for (const rotation of [1, 2]) {
    expect(await key.rotate()).toMatchObject({ ok: true });
    const kept = await key.text() === text(await key.value());
    expect({ rotation, kept }).toEqual({ rotation, kept: true }); // compared here: a difference would be printed
    expect(await key.id()).not.toBe(edited.aws_access_key_id);
  }
  expect(await key.keys()).not.toHaveProperty(edited.aws_access_key_id);
  expect(Object.keys(await key.keys())).toHaveLength(2);
});

test.each(['removed', 'stays'] as const)('where AWSPENDING %s after a rotation, a person may edit the secret, and the next one succeeds', async (where) => {
  await emulator.controls.change({ pendingAfterSuccess: where });
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await key.labels()).not.toContain('AWSPENDING');

  await key.edit({ edited: where });
  await emulator.controls.timePasses(6 * 60);
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await key.value()).toMatchObject({ edited: where });
  expect(await key.works()).toBe(true);
  expect(await key.labels()).not.toContain('AWSPENDING');
  await emulator.controls.change({ pendingAfterSuccess: 'removed' });
});

test('what the function logs is JSON of ids, and holds no secret value', async () => {
  const log = JSON.stringify(await key.stack.logLines(key.stack.outputs.FunctionName));
  const held = [await key.value(), await key.value('AWSPREVIOUS')];
  expect(held.map(({ aws_access_key_id: id }) => log.includes(id))).toEqual([true, true]);
  expect(held.map(({ aws_secret_access_key: secret }) => log.includes(secret))).toEqual([false, false]);
});

test('nothing is left behind by a stack that is destroyed', async () => {
  await key.stack.destroy();

  expect(await key.stack.leftBehind()).toEqual([]);
});
