// What the emulator offers to long runs: a state to come back to, and what its functions' processes hold in memory.
import { Emulator } from '../harness';
import { AT_ONCE, RotatingKey } from '../rotating-key';

let emulator: Emulator;
let key: RotatingKey;
beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, () => AT_ONCE);
});
afterAll(async () => emulator.stop());

test('a snapshot brings back every key, version, label and date', async () => {
  const { secretsManager, iam } = emulator.clients;
  /** A date may be a second off: some are whole seconds. */
  const minute = (date: Date) => Math.round(date.getTime() / 60_000);
  const state = async () => {
    const { VersionIdsToStages } = await secretsManager.describeSecret({ SecretId: key.secretArn });
    const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName: key.stack.outputs.UserName });
    return {
      text: await key.text(),
      labels: Object.entries(VersionIdsToStages!).map(([version, labels]) => [version, labels.map((label) => label.replace(/^replaced-.*/, 'replaced'))]),
      keys: AccessKeyMetadata!.map(({ AccessKeyId, Status, CreateDate }) => [AccessKeyId, Status, minute(CreateDate!)]),
    };
  };
  await key.rotate();
  await emulator.controls.takeSnapshot();
  const before = await state();
  await key.rotate();
  await emulator.controls.timePasses(86_400);
  expect(await state()).not.toEqual(before);

  await emulator.controls.restoreSnapshot();
  expect(await state()).toEqual(before);
  expect(await key.works()).toBe(true);
  expect(await key.rotate()).toMatchObject({ ok: true });
});

test('rotations that are over can be forgotten', async () => {
  await emulator.controls.resetRotations();
  expect(await emulator.controls.rotations()).toEqual([]);
});

test('the secret part of every key is known, to look for it in logs', async () => {
  expect(await emulator.controls.issuedSecrets()).toContain((await key.value()).aws_secret_access_key);
});

test('the process of a function is there as long as it lives, with its memory', async () => {
  await key.rotate();
  const own = async () => (await emulator.controls.processes()).filter((running) => running.function === key.stack.outputs.FunctionName);
  const [{ pid, residentBytes }] = await own();
  expect(residentBytes).toBeGreaterThan(10 * 1024 * 1024); // Node.js itself

  await emulator.controls.setFaults({ action: '*', do: 'kill' });
  await key.rotate();
  await emulator.controls.setFaults();
  expect((await own()).map((running) => running.pid)).not.toContain(pid);
});
