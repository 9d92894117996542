// The commands of the documentation do what it promises: each is run as it stands there, by bash and the AWS CLI, by who has been
// granted no more than it asks for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Credentials, Emulator } from './harness';
import { reason, RotatingKey } from './rotating-key';

const DAY = 86_400;
/** The documents with commands that are marked `<!-- runbook: NAME -->`. */
const DOCUMENT = ['docs/operations.md', 'README.md'].map((file) => readFileSync(join(__dirname, '../..', file), 'utf8')).join('\n');
const COMMANDS = new Map([...DOCUMENT.matchAll(/<!-- runbook: (\S+) -->\n```sh\n([^]*?)\n```/g)].map(([, name, command]) => [name, command]));

let emulator: Emulator;
let key: RotatingKey;
/** Who may rotate, who may retire, and who may both. */
let rotator: Credentials;
let retirer: Credentials;
let operator: Credentials;

beforeAll(async () => {
  emulator = await Emulator.start();
  key = await RotatingKey.deploy(emulator, undefined, 'OneKey', (secret, stack) => {
    const [rotates, retires, both] = ['Rotator', 'Retirer', 'Operator'].map((id) => {
      const user = new iam.User(stack, id);
      new CfnOutput(stack, `${id}Name`, { value: user.userName });
      return user;
    });
    for (const user of [rotates, both]) secret.grantRotate(user);
    for (const user of [retires, both]) secret.grantRetire(user);
  });
  [rotator, retirer, operator] = await Promise.all(['Rotator', 'Retirer', 'Operator'].map(async (id) => {
    const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName: key.stack.outputs[`${id}Name`] });
    return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  }));
});
afterAll(async () => emulator.stop());

/** Each test finds a current and a previous key, which is within its overlap. */
beforeEach(async () => {
  await key.stack.retireReplaced(key.stack.outputs.FunctionName, key.secretArn);
  expect(await key.rotate()).toMatchObject({ ok: true });
});

const ran = new Set<string>();

/** Runs a command of the documentation. What stands there in angle brackets is given, too; the pauses between two tries are shortened. */
async function run(name: string, who: Credentials, { leaked = '', pending = '' } = {}) {
  ran.add(name);
  const command = COMMANDS.get(name)!.replace('<arn>', '"$SECRET"').replace(/<.*id.*>/, pending);
  const { code, output } = await emulator.shell.run(`sleep() { command sleep 0.1; }\n${command}`, who, { SECRET: key.secretArn, KEY: leaked });
  await emulator.settle();
  return { code, output };
}

/** Which of these keys work, by their names here. */
async function working(keys: Record<string, Credentials>): Promise<string[]> {
  const answers = await Promise.all(Object.entries(keys).map(async ([name, credentials]) => {
    const { sts } = emulator.clientsFor(credentials);
    return sts.getCallerIdentity({}).then(() => name, () => undefined);
  }));
  return answers.filter((name) => name !== undefined);
}

async function currentAndPrevious() {
  return { current: await key.credentials(), previous: await key.credentials('AWSPREVIOUS') };
}

async function pendingVersion(): Promise<string> {
  const { VersionIdsToStages } = await emulator.clients.secretsManager.describeSecret({ SecretId: key.secretArn });
  return Object.entries(VersionIdsToStages!).find(([, labels]) => labels.includes('AWSPENDING'))![0];
}

test('whoever may rotate and retire may not read the key', async () => {
  const { code, output } = await emulator.shell.run('aws secretsmanager get-secret-value --secret-id "$SECRET" --query Name', operator, { SECRET: key.secretArn });
  expect(output).toContain('AccessDenied');
  expect(code).not.toBe(0);
});

test('who may only retire may not rotate', async () => {
  const { code, output } = await run('rotate-now', retirer);
  expect(output).toContain('AccessDenied');
  expect(code).not.toBe(0);
});

test('rotate now: a new key becomes current, and the replaced one works on', async () => {
  await key.stack.retireReplaced(key.stack.outputs.FunctionName, key.secretArn); // within its overlap it keeps its place
  const { accessKeyId, secretAccessKey } = await key.credentials();
  expect(await run('rotate-now', rotator)).toMatchObject({ code: 0 });
  expect(await key.id()).not.toBe(accessKeyId);
  expect(await working({ current: await key.credentials(), replaced: { accessKeyId, secretAccessKey } })).toEqual(['current', 'replaced']);
});

test('retire now: the previous key stops within its overlap, the current one does not, and it may be repeated', async () => {
  const keys = await currentAndPrevious();
  expect(await working(keys)).toEqual(['current', 'previous']); // the previous one is in use, too
  expect(await run('retire-now', retirer)).toMatchObject({ code: 0, output: expect.stringContaining(keys.previous.accessKeyId) as string });
  expect(await working(keys)).toEqual(['current']);
  expect(await run('retire-now', retirer)).toEqual({ code: 0, output: '' });
});

test('a previous key that has leaked stops at once, and the current one works on', async () => {
  const keys = await currentAndPrevious();
  expect(await run('leaked-previous', retirer, { leaked: keys.previous.accessKeyId })).toMatchObject({ code: 0 });
  expect(await working(keys)).toEqual(['current']);
});

test('the command for a previous key refuses the current one: it exits with 1, says why, and no key stops', async () => {
  const keys = await currentAndPrevious();
  const { code, output } = await run('leaked-previous', retirer, { leaked: keys.current.accessKeyId });
  expect(output).toContain('it is the current key; rotate first');
  expect(output).toMatch(/Unhandled\s*$/);
  expect(code).toBe(1);
  expect(await working(keys)).toEqual(['current', 'previous']);
});

test('a current key that has leaked stops, as does the previous one, and a new one works', async () => {
  const keys = await currentAndPrevious();
  expect(await run('leaked-current', operator, { leaked: keys.current.accessKeyId })).toMatchObject({ code: 0 });
  expect(await working({ ...keys, new: await key.credentials() })).toEqual(['new']);
  expect(Object.keys(await key.keys())).toEqual([await key.id()]);
});

test('a current key that has leaked stops although a refused rotation holds AWSPENDING', async () => {
  await emulator.controls.timePasses(7 * DAY - 20 * 60); // room within the hour: that rotation is not given up
  const keys = await currentAndPrevious();
  const refused = await key.rotate();
  expect(reason(refused)).toContain('there is no room for a new one');
  expect(await key.labels()).toContain('AWSPENDING');
  const blocked = await run('rotate-now', rotator);
  expect(blocked.output).toContain('A previous rotation isn\'t complete');
  expect(blocked.code).not.toBe(0);

  expect(await run('leaked-current', operator, { leaked: keys.current.accessKeyId })).toMatchObject({ code: 0 });
  expect(await working({ ...keys, new: await key.credentials() })).toEqual(['new']);
  expect(await key.labels()).not.toContain('AWSPENDING');
});

test('a pending key that has leaked stops: it becomes current first, and is replaced at once', async () => {
  const before = await stopBeforeTheEnd();
  const leaked = await key.credentials('AWSPENDING');
  const refused = await run('leaked-previous', retirer, { leaked: leaked.accessKeyId });
  expect(refused.output).toContain('it is the pending key');
  expect(refused.code).toBe(1);

  expect(await run('leaked-current', operator, { leaked: leaked.accessKeyId })).toMatchObject({ code: 0 });
  expect(await working({ ...before, leaked, new: await key.credentials() })).toEqual(['new']);
});

test('a current key that has leaked stops although a rotation that has ended left AWSPENDING on its version', async () => {
  const { secretsManager } = emulator.clients;
  const keys = await currentAndPrevious();
  const { VersionId } = await secretsManager.getSecretValue({ SecretId: key.secretArn });
  await secretsManager.updateSecretVersionStage({ SecretId: key.secretArn, VersionStage: 'AWSPENDING', MoveToVersionId: VersionId });
  const before = (await emulator.controls.rotations()).length;
  expect(await run('leaked-current', operator, { leaked: keys.current.accessKeyId })).toMatchObject({ code: 0 });
  expect(await working({ ...keys, new: await key.credentials() })).toEqual(['new']);
  expect(await emulator.controls.rotations()).toHaveLength(before + 1); // that old one is not taken up
});

test('a rotation that did not complete shows, and is started again', async () => {
  await stopBeforeTheEnd();
  const pending = await pendingVersion();
  const { code, output } = await run('describe', rotator);
  expect(code).toBe(0);
  expect(output).toContain(pending);
  expect(await run('resume', rotator, { pending })).toMatchObject({ code: 0 });
  expect(await key.labels()).not.toContain('AWSPENDING');
  expect(await key.works()).toBe(true);
});

test('a rotation that did not complete can be given up: its key counts as replaced, and once it is retired the next one starts', async () => {
  const { current } = await stopBeforeTheEnd();
  const [given, pending] = [await key.credentials('AWSPENDING'), await pendingVersion()];
  expect((await run('give-up', rotator, { pending })).output).toContain('AccessDenied');
  expect(await run('give-up', { accessKeyId: 'test', secretAccessKey: 'test' }, { pending })).toMatchObject({ code: 0 });
  expect(await working({ current: await key.credentials(), given })).toEqual(['current', 'given']);
  expect(await key.id()).toBe(current.accessKeyId);

  const early = await run('retire-now', retirer);
  expect(early.output).toContain('a rotation that stalled may still make it current; retire it in 300 s');
  expect(early.code).toBe(1);
  await emulator.controls.timePasses(301);
  expect(await run('retire-now', retirer)).toMatchObject({ code: 0 });
  expect(await key.rotate()).toMatchObject({ ok: true });
  expect(await working({ current: await key.credentials(), previous: current, given })).toEqual(['current', 'previous']);
});

test('every command that is marked in the documentation has been run', () => {
  expect([...ran].sort()).toEqual([...COMMANDS.keys()].sort());
});

test('nothing is retired while IAM does not list the current key', async () => {
  const keys = await currentAndPrevious();
  await emulator.clients.iam.deleteAccessKey({ UserName: key.stack.outputs.UserName, AccessKeyId: keys.current.accessKeyId });
  const { code, output } = await run('retire-now', retirer);
  expect(output).toContain('is missing in IAM\'s list');
  expect(code).toBe(1);
  expect(await working(keys)).toEqual(['previous']);
});

/** A rotation whose new key is stored, and not yet tested, when its function dies. */
async function stopBeforeTheEnd() {
  await key.stack.retireReplaced(key.stack.outputs.FunctionName, key.secretArn);
  const current = await key.credentials();
  await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: 'kill' });
  expect(await key.rotate()).toMatchObject({ ok: false });
  await emulator.controls.setFaults();
  expect(await key.labels()).toContain('AWSPENDING');
  return { current };
}
