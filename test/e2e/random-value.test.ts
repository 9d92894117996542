// Random values, deployed: the first ones, their rotations, a check function, an existing secret, and an app that accepts both values.
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Emulator } from './harness';
import { checkFunction, deploy, FIELD, FIELDS, RotatingValue, stackOf } from './rotating-value';
import { RandomValue, RandomValueRotation, RandomValueRotationSecret, SecretRotationSchedule } from '../../src';

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterEach(async () => emulator.controls.change({ dryRun: 'empty' }));
afterAll(async () => emulator.stop());

const LETTERS_AND_DIGITS = /^[A-Za-z0-9]{32}$/;

test('a session secret of 32 characters is there after the deployment, rotates every four hours, and leaves nothing behind', async () => {
  const stack = await deploy(emulator, 'Session', (scope) => {
    const made = new RandomValueRotationSecret(scope, 'Session', { fields: FIELDS, schedule: SecretRotationSchedule.rate(Duration.hours(4)) });
    return { SecretArn: made.secretArn, FunctionName: made.rotationFunction.functionName };
  });
  const secret = new RotatingValue(emulator, stack.outputs.SecretArn);
  const first = await secret.value();
  expect(first).toMatch(LETTERS_AND_DIGITS);
  expect(await secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', expect.stringMatching(/^owner-/), 'tested']);
  const { RotationEnabled, RotationRules } = await emulator.clients.secretsManager.describeSecret({ SecretId: secret.secretId });
  expect({ RotationEnabled, RotationRules }).toMatchObject({ RotationEnabled: true, RotationRules: { ScheduleExpression: 'rate(4 hours)' } });

  await secret.edit({ bot: 'token', big: 1 });
  const seen = [first];
  for (let rotation = 0; rotation < 2; rotation++) {
    expect(await stack.rotate(secret.secretId)).toMatchObject({ ok: true });
    expect(await secret.value('AWSPREVIOUS')).toBe(seen.at(-1));
    seen.push(await secret.value());
    expect(seen.at(-1)).toMatch(LETTERS_AND_DIGITS);
    expect(JSON.parse(await secret.text())).toMatchObject({ bot: 'token', big: 1 });
  }
  expect(new Set(seen).size).toBe(3);
  expect(await secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', expect.stringMatching(/^owner-/), 'tested']);

  const log = JSON.stringify(await stack.logLines(stack.outputs.FunctionName));
  expect(log).toContain('"decision":"rotated"');
  expect(seen.filter((value) => log.includes(value as string))).toEqual([]);

  await stack.destroy();
  expect(await stack.leftBehind()).toEqual([]);
});

test('a field that is added gets its first value at the deployment, and the others keep theirs', async () => {
  const withFields = (fields: Record<string, RandomValue>) => (scope: Parameters<Parameters<typeof deploy>[2]>[0]) =>
    ({ SecretArn: new RandomValueRotationSecret(scope, 'Session', { fields }).secretArn });
  const stack = await deploy(emulator, 'Grows', withFields(FIELDS));
  const secret = new RotatingValue(emulator, stack.outputs.SecretArn);
  const first = await secret.value();

  await stack.update(stackOf('Grows', withFields({ ...FIELDS, hmac_key: RandomValue.base64(32) })));

  expect(await secret.value()).toBe(first);
  expect(Buffer.from(await secret.value('AWSCURRENT', 'hmac_key') as string, 'base64')).toHaveLength(32);
});

test('a check function reads the new version by its id, and decides whether it becomes current', async () => {
  const stack = await deploy(emulator, 'Checked', (scope) => {
    const check = checkFunction(scope);
    const made = new RandomValueRotationSecret(scope, 'Session', { fields: FIELDS, checkFunction: check });
    return { SecretArn: made.secretArn, FunctionName: made.rotationFunction.functionName, CheckName: check.functionName };
  });
  const secret = new RotatingValue(emulator, stack.outputs.SecretArn);
  const { token, ok } = await stack.rotate(secret.secretId);
  expect(ok).toBe(true);
  expect(await stack.logLines(stack.outputs.CheckName)).toContainEqual({ asked: token, length: 32 });

  await secret.edit({ refuse: true });
  const current = await secret.value();
  const refused = await stack.rotate(secret.secretId);
  expect(refused).toMatchObject({ ok: false, steps: [{ ok: true }, { ok: true }, { step: 'testSecret', ok: false }] });
  expect(refused.steps.at(-1)!.error).toMatch(/the value does not work yet: the check function .*Check.* failed with .*: its own log says why/);
  expect(await secret.value()).toBe(current);
  const pending = await secret.value('AWSPENDING') as string;
  expect(JSON.stringify([refused, await stack.logLines(stack.outputs.FunctionName)])).not.toContain(pending);

  // An hour later it is given up, and what the check function does not like can be mended.
  await emulator.controls.timePasses(3600, { secretId: secret.secretId });
  const givenUp = await stack.rotate(secret.secretId, refused.token);
  expect(givenUp.steps.at(-1)!.error).toContain('is abandoned: the value does not work yet: the check function');
  expect(await secret.value()).toBe(current);
  await secret.edit({ refuse: false });
  expect(await stack.rotate(secret.secretId)).toMatchObject({ ok: true });

  await stack.destroy();
  expect(await stack.leftBehind()).toEqual([]);
});

test.each(['empty', 'copy'] as const)('an existing secret is taken over as it is, rotates, and stays when the rotation goes (the dry run is %s)', async (dryRun) => {
  await emulator.controls.change({ dryRun });
  const Name = `web/session-${dryRun}`;
  const text = `{ "bot" : "x\\u0041", "${FIELD}":"made by hand", "big": 12345678901234567890 }`;
  await emulator.clients.secretsManager.createSecret({ Name, SecretString: text });
  const secret = new RotatingValue(emulator, Name);
  const stack = await deploy(emulator, `Adopts-${dryRun}`, (scope) => {
    new RandomValueRotation(scope, 'Rotation', { secret: Secret.fromSecretNameV2(scope, 'Secret', Name), fields: FIELDS });
    return {};
  });
  expect(await secret.text()).toBe(text);

  expect(await stack.rotate(Name)).toMatchObject({ ok: true });
  const value = await secret.value() as string;
  expect(value).toMatch(LETTERS_AND_DIGITS);
  expect(await secret.text()).toBe(text.replace('made by hand', value));
  expect(await secret.text('AWSPREVIOUS')).toBe(text);

  await stack.destroy();
  expect(await secret.value()).toBe(value);
  expect(await stack.leftBehind()).toEqual([]);
});

/** The example, and what its app answers. */
async function example(context: Record<string, string> = {}) {
  const stack = await emulator.deployDirectory(join(__dirname, '../../examples/typescript/session-secret'), context);
  const web = async (request: object) => {
    const { payload, error } = await stack.invoke(stack.outputs.WebName, request);
    if (error !== undefined) throw new Error(error);
    return payload as { session: string; user?: string };
  };
  return {
    stack,
    rotate: async () => expect(await stack.rotate(stack.outputs.SecretArn)).toMatchObject({ ok: true }),
    signIn: async () => (await web({ signIn: 'ada' })).session,
    userOf: async (session: string) => (await web({ session })).user,
  };
}

test('the example: a session from before a rotation is still accepted, one from before two is not', async () => {
  const { stack, rotate, signIn, userOf } = await example({ cacheSeconds: '0' });
  const first = await signIn(); // AWSPREVIOUS holds no value yet
  expect(await userOf(first)).toBe('ada');
  expect(await userOf(first.replace(/^[^.]+/, Buffer.from('eve').toString('base64url')))).toBeUndefined();

  await rotate();
  const second = await signIn();
  expect(second).not.toBe(first);
  expect([await userOf(first), await userOf(second)]).toEqual(['ada', 'ada']);

  await rotate();
  expect([await userOf(first), await userOf(second), await userOf(await signIn())]).toEqual([undefined, 'ada', 'ada']);

  await stack.destroy();
  expect(await stack.leftBehind()).toEqual([]);
});
