// Users as they are found: with more keys than IAM allows today, gone, or made again under the same name.
import { ByHand } from './by-hand';
import { Emulator } from './harness';
import { reason } from './rotating-key';
import { UnrecordedKeyPolicy } from '../../src';

const DAY = 86_400;

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterEach(async () => emulator.controls.change({ keysPerUser: 2 }));
afterAll(async () => emulator.stop());

/** A person makes a key of the user, and uses it. */
async function personsKey(UserName: string): Promise<string> {
  const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName });
  const key = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  await emulator.clientsFor(key).secretsManager.listSecrets({}).catch(() => undefined); // denied, and a use all the same
  return key.accessKeyId;
}

async function deleteUser(UserName: string): Promise<void> {
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName });
  for (const { AccessKeyId } of AccessKeyMetadata!) await emulator.clients.iam.deleteAccessKey({ UserName, AccessKeyId });
  await emulator.clients.iam.deleteUser({ UserName });
}

test('a user with three keys is refused a fourth, all three are named and stay; once two may go, they do, and the rotation succeeds', async () => {
  const made = await ByHand.make(emulator);
  await emulator.controls.change({ keysPerUser: 4 }); // an older account
  const others = [await personsKey(made.name), await personsKey(made.name)];
  const stack = await made.takeOver();
  await emulator.controls.resetCalls();
  const refused = await stack.rotate(made.secretArn);
  expect(refused.ok).toBe(false);
  expect(reason(refused)).toContain(`user "${made.name}" has 3 access keys and there is no room for a new one`);
  for (const id of [made.keyId, ...others]) expect(reason(refused)).toContain(`${id} (active`);
  expect((await emulator.controls.calls()).map(({ action }) => action)).not.toContain('CreateAccessKey'); // no LimitExceeded to find out
  expect(Object.keys(await made.keys()).sort()).toEqual([made.keyId, ...others].sort());
  expect(await made.identity()).toBe(made.userArn);

  await emulator.controls.change({ keysPerUser: 2 });
  await stack.update(made.app(() => ({ unrecordedKeyPolicy: UnrecordedKeyPolicy.DELETE })));
  await emulator.controls.timePasses(8 * DAY);
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(Object.keys(await made.keys()).sort()).toEqual([made.keyId, (await made.current()).aws_access_key_id].sort());
});

describe('a user that was deleted', () => {
  let made: ByHand;
  let stack: Awaited<ReturnType<ByHand['takeOver']>>;
  beforeAll(async () => {
    made = await ByHand.make(emulator);
    stack = await made.takeOver();
    await deleteUser(made.name);
  });

  test('is missed by the rotation, which says what to do and leaves the secret as it is', async () => {
    const refused = await stack.rotate(made.secretArn);
    expect(reason(refused)).toContain(`iam:ListAccessKeys on user ${made.name} failed with AccessDenied`); // as IAM answers to who may act on one user only
    expect(reason(refused)).toContain('or the user does not exist (any more): create it again under the same name, or remove the rotation');
    expect(await made.isUnchanged()).toBe(true);
    await emulator.clients.iam.createUser({ UserName: made.name, Path: '/robots/' });
    expect(await stack.rotate(made.secretArn, refused.token)).toMatchObject({ ok: true }); // made again: the same rotation goes on
  });

  test('and made again with the same name has a working key in the secret from then on', async () => {
    expect(await made.identity()).toBe(made.userArn);
    expect(await made.keys()).toEqual({ [(await made.current()).aws_access_key_id]: 'Active' });
    expect((await made.current()).bot).toBe('token');
  });

  test('and made again with two keys that people use keeps these: the rotation is refused, and names them', async () => {
    await deleteUser(made.name);
    await emulator.clients.iam.createUser({ UserName: made.name, Path: '/robots/' });
    const theirs = [await personsKey(made.name), await personsKey(made.name)];
    const refused = await stack.rotate(made.secretArn);
    expect(reason(refused)).toContain('has 2 access keys and there is no room for a new one');
    for (const id of theirs) expect(reason(refused)).toContain(id);
    expect(Object.keys(await made.keys()).sort()).toEqual(theirs.sort());
  });
});
