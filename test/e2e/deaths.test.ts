// The real function dies, or does not learn what became of a call, around each call that changes something; Secrets Manager tries again.
import { Emulator } from './harness';
import { AT_ONCE, reason, RotatingKey } from './rotating-key';

let emulator: Emulator;
let key: RotatingKey;

beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, () => AT_ONCE);
  await key.rotate(); // from now on every rotation has to free a place
  await emulator.controls.change({ rotationRetries: 1 });
});
afterEach(async () => emulator.controls.setFaults());
afterAll(async () => emulator.stop());

/** A key that is stored nowhere is left alone until no copy of the step can be alive to store it: the timeout, and a minute. */
const GRACE_SECONDS = 6 * 60;

/** Secrets Manager tries again at once, and once more later. */
async function rotateAndRetry(): Promise<{ ok: boolean; waited: boolean }> {
  const { ok, token } = await key.rotate();
  if (ok) return { ok, waited: false };
  await emulator.controls.timePasses(GRACE_SECONDS);
  return { ok: (await key.stack.rotate(key.secretArn, token)).ok, waited: true };
}

const CHANGES = ['UpdateAccessKey', 'DeleteAccessKey', 'CreateAccessKey', 'PutSecretValue', 'UpdateSecretVersionStage'];

test.each(CHANGES.flatMap((action) => (['kill', 'drop'] as const).flatMap((what) => (['before', 'after'] as const).map((when) => [what, when, action] as const))))(
  'a rotation that meets a %s %s %s succeeds when it is tried again, and leaves two working keys', async (what, when, action) => {
    const replaced = await key.id();
    const leftUnstored = (action === 'CreateAccessKey' && when === 'after') || (action === 'PutSecretValue' && when === 'before' && what === 'kill');
    await emulator.controls.resetCalls();
    await emulator.controls.setFaults({ action, when, do: what });

    expect(await rotateAndRetry()).toEqual({ ok: true, waited: leftUnstored });

    expect(await emulator.controls.calls()).toContainEqual(expect.objectContaining({ action, status: 0 })); // the fault was met
    const [current, previous] = [await key.id(), await key.id('AWSPREVIOUS')];
    expect(previous).toBe(replaced);
    expect(await key.keys()).toEqual({ [previous]: 'Active', [current]: 'Active' });
    expect([await key.works(), await key.works('AWSPREVIOUS')]).toEqual([true, true]);
    expect(await key.labels()).toEqual(expect.arrayContaining([current, previous]));
    expect(await key.labels()).not.toContain('AWSPENDING');
  });

test('labels of keys that are gone, left by an attempt that died, are taken off by later rotations', async () => {
  for (const _ of ['gives those a date that have none', 'takes them off']) {
    await emulator.controls.timePasses(2 * 3600); // a list of keys may be late
    expect(await key.rotate()).toMatchObject({ ok: true });
  }
  const labels = (await key.labels()).filter((label) => !label.startsWith('owner-')).sort();
  const dates = labels.filter((label) => label.startsWith('replaced-'));
  expect(dates).toHaveLength(1);
  expect(labels).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested', ...Object.keys(await key.keys()), ...dates].sort());
});

test('a lost answer does not make a second key: CreateAccessKey is sent once, and the same value is stored again', async () => {
  await emulator.controls.setFaults({ action: 'PutSecretValue', when: 'after', do: 'drop' });
  await emulator.controls.resetCalls();
  const { ok, steps } = await key.rotate();
  expect({ ok, steps: steps.length }).toEqual({ ok: true, steps: 4 }); // without another attempt
  expect((await emulator.controls.calls()).filter(({ action }) => action === 'CreateAccessKey')).toHaveLength(1);
});

test.each([['PutSecretValue', 'secretsmanager:PutSecretValue'], ['CreateAccessKey', 'iam:CreateAccessKey']])(
  'where access to %s is denied the error says so, no key is left, and the same rotation succeeds later', async (action, named) => {
    const before = await key.id();
    await emulator.controls.setFaults({ action, times: 10, do: { error: 'AccessDeniedException' } });
    const refused = await key.rotate();
    expect(refused.ok).toBe(false);
    expect(reason(refused)).toContain(`${named} on `);
    expect(reason(refused)).toContain('failed with AccessDenied');
    expect(await key.keys()).toEqual({ [before]: 'Active' }); // the previous one had made room

    await emulator.controls.setFaults();
    expect(await key.stack.rotate(key.secretArn, refused.token)).toMatchObject({ ok: true });
  });
