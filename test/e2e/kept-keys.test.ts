// Which keys a rotation leaves to people: by each `unrecordedKeyPolicy`, and with `keepForAdministrator()`; one stack, deployed again for each.
import { ByHand } from './by-hand';
import { Deployment, Emulator } from './harness';
import { reason } from './rotating-key';
import { IamKeyRotationProps, PreviousKeyPolicy, UnrecordedKeyPolicy } from '../../src';

const DAY = 86_400;

let emulator: Emulator;
let made: ByHand;
let stack: Deployment;
beforeAll(async () => {
  emulator = await Emulator.start();
  made = await ByHand.make(emulator);
  stack = await made.takeOver();
});
afterAll(async () => emulator.stop());

async function deploy(props: Partial<IamKeyRotationProps>): Promise<void> {
  await stack.update(made.app(() => props));
}

/** A person makes a key beside the current one, of which nobody uses any other, some days ago. */
async function personsKey(days: number, isUsed: boolean): Promise<string> {
  await stack.retireReplaced(stack.outputs.FunctionName, made.secretArn);
  const { iam } = emulator.clients;
  const { AccessKey } = await iam.createAccessKey({ UserName: made.name });
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  if (isUsed) await emulator.clientsFor(credentials).secretsManager.listSecrets({}).catch(() => undefined); // denied, and a use all the same
  await emulator.controls.timePasses(days * DAY + 60); // a key as old as the rotation itself counts as made by it
  return credentials.accessKeyId;
}

/** What a rotation has said, or nothing if it has succeeded; the current key works in either case. */
async function refusal(): Promise<string | undefined> {
  const report = await stack.rotate(made.secretArn);
  expect(await made.identity()).toBe(made.userArn);
  return report.ok ? undefined : reason(report);
}

async function leave(id: string): Promise<void> {
  await emulator.clients.iam.deleteAccessKey({ UserName: made.name, AccessKeyId: id });
}

test('by default a person\'s key stays, however old, and though nobody ever used it', async () => {
  const id = await personsKey(300, false);
  expect(await refusal()).toMatch(new RegExp(`${id} .* is kept because this secret did not make it, and unrecordedKeyPolicy leaves it to a person`));
  expect(await made.keys()).toHaveProperty(id);
  await leave(id);
  expect(await refusal()).toBeUndefined();
});

test('with RECLAIM_UNUSED a person\'s key that was never used goes after a day, and not before', async () => {
  await deploy({ unrecordedKeyPolicy: UnrecordedKeyPolicy.RECLAIM_UNUSED });
  const id = await personsKey(0, false);
  expect(await refusal()).toContain(`${id} (active`);
  await emulator.controls.timePasses(DAY);
  expect(await refusal()).toBeUndefined();
  expect(await made.keys()).not.toHaveProperty(id);
});

test('with RECLAIM_UNUSED a person\'s key that was used stays, however long ago, until that person deletes it', async () => {
  const id = await personsKey(300, true);
  expect(await refusal()).toMatch(new RegExp(`${id} .* is kept because this secret did not make it, and somebody uses it`));
  expect(await made.keys()).toHaveProperty(id);
  await leave(id);
  expect(await refusal()).toBeUndefined();
});

test('with REFUSE even a key that was never used stays, until that person deletes it', async () => {
  await deploy({ unrecordedKeyPolicy: UnrecordedKeyPolicy.REFUSE });
  const id = await personsKey(300, false);
  expect(await refusal()).toMatch(new RegExp(`${id} .* is kept because this secret did not make it, and unrecordedKeyPolicy leaves it to a person`));
  expect(await made.keys()).toHaveProperty(id);
  await leave(id);
  expect(await refusal()).toBeUndefined();
});

test('with DELETE a person\'s key goes as a replaced one does: after the overlap, once it is not in use', async () => {
  await deploy({ unrecordedKeyPolicy: UnrecordedKeyPolicy.DELETE });
  const id = await personsKey(1, true);
  expect(await refusal()).toMatch(new RegExp(`${id} .* is kept because its overlap \\(7 d`));
  await emulator.controls.timePasses(8 * DAY);
  expect(await refusal()).toBeUndefined();
  expect(await made.keys()).not.toHaveProperty(id);
});

test('with keepForAdministrator a replaced key stays until somebody retires it, however old it is', async () => {
  await stack.retireReplaced(stack.outputs.FunctionName, made.secretArn);
  await deploy({ previousKeyPolicy: PreviousKeyPolicy.keepForAdministrator() });
  const { aws_access_key_id: id } = await made.current();
  expect(await refusal()).toBeUndefined();
  await emulator.controls.timePasses(400 * DAY);
  expect(await refusal()).toMatch(new RegExp(`${id} .* is kept because previousKeyPolicy keeps a replaced key until an administrator removes it`));
  expect(await stack.invoke(stack.outputs.FunctionName, { Action: 'retireDue' })).toMatchObject({ payload: { decision: 'nothing' } });
  expect(await made.keys()).toHaveProperty(id);

  expect(await stack.retire(stack.outputs.FunctionName, id)).toMatchObject({ payload: { ids: { removed: id } } });
  expect(await refusal()).toBeUndefined();
});
