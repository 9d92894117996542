// A replica that is not in sync may still give the previous key to its readers: no rotation takes that key away from them.
import { Emulator } from './harness';
import { AT_ONCE, reason, RotatingKey } from './rotating-key';

let emulator: Emulator;
let key: RotatingKey;

beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, () => ({ ...AT_ONCE, replicaRegions: [{ region: 'eu-west-1' }, { region: 'eu-central-1' }] }));
  expect(await key.rotate()).toMatchObject({ ok: true }); // from now on every rotation has to free a place
});
afterEach(async () => emulator.controls.change({ replicaStatus: {} }));
afterAll(async () => emulator.stop());

test.each([
  ['has failed', 'Failed', false],
  ['is being brought up to date', 'InProgress', true], // it will be soon: Secrets Manager tries again
] as const)('a rotation is refused while a replica %s, and names its region; once that is in sync again it succeeds', async (_what, status, triedAgain) => {
  const [current, previous] = [await key.id(), await key.id('AWSPREVIOUS')];
  await emulator.controls.change({ replicaStatus: { 'eu-west-1': status } });
  const refused = await key.rotate();
  expect(refused.ok).toBe(false);
  expect(reason(refused)).toContain(`${previous} `);
  expect(reason(refused)).toContain('the replica in eu-west-1 is not in sync');
  expect(await key.keys()).toEqual({ [current]: 'Active', [previous]: 'Active' });
  expect((await key.labels()).includes('AWSPENDING')).toBe(triedAgain);

  await emulator.controls.change({ replicaStatus: {} });
  expect(await key.stack.rotate(key.secretArn, triedAgain ? refused.token : undefined)).toMatchObject({ ok: true });
  expect(await key.keys()).toEqual({ [await key.id()]: 'Active', [current]: 'Active' });
});

test('a replica that stays behind does not wedge rotations for ever', async () => {
  await emulator.controls.change({ replicaStatus: { 'eu-central-1': 'Failed' } });
  await emulator.controls.timePasses(61 * 86_400); // two intervals
  expect(await key.rotate()).toMatchObject({ ok: true });
});
