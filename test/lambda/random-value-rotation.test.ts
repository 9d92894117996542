import { DAY, HOUR, SECRET_ARN } from './fake-secret';
import { FIELD, FakeValues } from './fake-values';

const LONG = { kind: 'bytes', bytes: 32, encoding: 'base64url' } as const;

describe('a rotation of random values', () => {
  test('puts a new value into the secret, and keeps the replaced one readable', async () => {
    const secret = await FakeValues.withFirstValues();
    const first = secret.value('AWSCURRENT');
    expect(await secret.rotate()).toEqual({ token: secret.versionWith('AWSCURRENT') });
    expect(secret.value('AWSCURRENT')).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(secret.value('AWSCURRENT')).not.toBe(first);
    expect(secret.value('AWSPREVIOUS')).toBe(first);
  });

  test('replaces every value, also one of which there are only two', async () => {
    const secret = await FakeValues.withFirstValues({
      fields: [{ name: 'key', value: LONG }, { name: 'bit', value: { kind: 'characters', length: 1, characters: '01' } }],
    });
    for (let i = 0; i < 10; i++) {
      expect((await secret.rotate()).error).toBeUndefined();
      for (const field of ['key', 'bit']) expect(secret.value('AWSCURRENT', field)).not.toBe(secret.value('AWSPREVIOUS', field));
    }
  });

  test('keeps every other field of the secret, to the byte', async () => {
    const secret = await FakeValues.withFirstValues();
    const before = secret.value('AWSCURRENT') as string;
    const text = `{ "z":1, "${FIELD}" : "${before}" ,\n "bot" : "x\\u0041", "big": 12345678901234567890, "a" :{ "n": 1.10 } }`;
    secret.put('edited', text, ['AWSCURRENT']);
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.text('AWSCURRENT')).toBe(text.replace(before, secret.value('AWSCURRENT') as string));
  });

  test('replaces a value that a person wrote, whatever it looks like', async () => {
    const secret = await FakeValues.withFirstValues();
    secret.put('edited', `{"${FIELD}":"by \\u0068and"}`, ['AWSCURRENT']);
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT')).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(secret.value('AWSPREVIOUS')).toBe('by hand');
  });

  test('leaves no label of its own behind, over many rotations', async () => {
    const secret = await FakeValues.withFirstValues();
    for (let i = 0; i < 25; i++) {
      expect((await secret.rotate()).error).toBeUndefined();
      secret.pass(4 * HOUR);
    }
    expect(secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
  });

  test('makes no call without a reason', async () => {
    const secret = await FakeValues.withFirstValues();
    await secret.rotate();
    expect(secret.calls).toEqual([
      // createSecret: whose turn is it, is there a value already, what else is kept; still pending? – stored
      'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'DescribeSecret', 'PutSecretValue',
      // setSecret
      'DescribeSecret',
      // testSecret: is it as asked for, and no copy of the current one, which a dry run may store
      'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage',
      // finishSecret: edited meanwhile? – current – pending no more
      'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
    ]);
  });

  test('writes one line a step to the log', async () => {
    const secret = await FakeValues.withFirstValues();
    const { token } = await secret.rotate();
    expect(secret.log.map(({ step, decision }) => [step, decision])).toEqual([
      ['createSecret', 'issued'], ['setSecret', 'nothing'], ['testSecret', 'works'], ['finishSecret', 'rotated'],
    ]);
    expect(secret.log.every((line) => line.token === token && line.secret === SECRET_ARN)).toBe(true);
  });

  test('keeps the first value when createSecret is repeated', async () => {
    const secret = await FakeValues.withFirstValues();
    secret.register('token');
    await secret.step('createSecret', 'token');
    const first = secret.text('AWSPENDING');
    for (const step of ['createSecret', 'setSecret', 'createSecret', 'testSecret', 'testSecret', 'createSecret']) await secret.step(step, 'token');
    expect(secret.text('AWSPENDING')).toBe(first);
    for (const step of ['finishSecret', 'finishSecret', 'createSecret', 'testSecret']) await secret.step(step, 'token');
    expect(secret.text('AWSCURRENT')).toBe(first);
  });

  test('leaves the value of a copy of the step that was faster', async () => {
    const secret = await FakeValues.withFirstValues();
    const copied = secret.text('AWSCURRENT')!.replace(secret.value('AWSCURRENT') as string, 'F'.repeat(32));
    secret.fail({ action: 'PutSecretValue', when: 'before', does: () => secret.put('token', copied, []) });
    secret.register('token');
    await expect(secret.step('createSecret', 'token')).rejects.toThrow(/PutSecretValue .* failed with ResourceExistsException/);
    expect(await secret.retry('token')).toEqual({ token: 'token' });
    expect(secret.text('AWSCURRENT')).toBe(copied);
  });

  test('lets an edit win that is made while it runs, and the next one replaces the value', async () => {
    const secret = await FakeValues.withFirstValues();
    const before = secret.value('AWSCURRENT');
    secret.register('token');
    await secret.step('createSecret', 'token');
    secret.edit((value) => (value.bot = 'new'));
    await secret.step('testSecret', 'token');
    await expect(secret.step('finishSecret', 'token')).rejects.toThrow('the secret was edited since the value was made for it; the edit is kept');
    expect([secret.value('AWSCURRENT'), secret.value('AWSCURRENT', 'bot'), secret.versionWith('AWSPENDING')]).toEqual([before, 'new', undefined]);
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT', 'bot')).toBe('new');
    expect(secret.value('AWSCURRENT')).not.toBe(before);
  });

  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('%s refuses a version that is neither pending nor current', async (step) => {
    const secret = await FakeValues.withFirstValues();
    await expect(secret.step(step, 'never-registered')).rejects.toThrow(/neither AWSPENDING nor AWSCURRENT/);
  });

  test('does not pass on a value that another function version has made in another way', async () => {
    const secret = await FakeValues.withFirstValues();
    const current = secret.text('AWSCURRENT');
    secret.register('token');
    await secret.step('createSecret', 'token');
    secret.settings = { ...secret.settings, fields: [{ name: FIELD, value: LONG }] }; // deployed meanwhile
    const { error } = await secret.retry('token');
    expect(error?.message).toContain(`abandoned: field "${FIELD}" is not as asked for: it is not 32 bytes as base64url`);
    expect([secret.text('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([current, undefined]);
    expect((await secret.rotate()).error).toBeUndefined();
    expect(Buffer.from(secret.value('AWSCURRENT') as string, 'base64url')).toHaveLength(32);
  });

  test('has nothing that could be retired', async () => {
    const secret = await FakeValues.withFirstValues();
    await expect(secret.retire()).rejects.toThrow('this function retires nothing');
  });
});

describe('a dry run', () => {
  test.each([['empty', false], ['a copy of the current one', true]])('with a pending version that is %s, changes nothing and passes', async (_what, copy) => {
    const secret = await FakeValues.withFirstValues();
    const current = secret.text('AWSCURRENT');
    secret.register('dry');
    if (copy) secret.versions.get('dry')!.text = current;
    await secret.step('testSecret', 'dry');
    expect(secret.log.at(-1)).toMatchObject({ decision: 'works', why: 'a dry run: the current credential was tried' });
    expect(secret.text('AWSCURRENT')).toBe(current);
  });

  test('passes with a value that a person has put there', async () => {
    const secret = await FakeValues.withFirstValues();
    secret.edit((value) => (value[FIELD] = 'by hand'));
    secret.register('dry');
    await secret.step('testSecret', 'dry');
    expect(secret.log.at(-1)).toMatchObject({ decision: 'works' });
  });

  test('has nothing to try where there is only the placeholder', async () => {
    const secret = new FakeValues();
    secret.register('dry');
    await secret.step('testSecret', 'dry');
    expect(secret.log.at(-1)).toMatchObject({ decision: 'nothing' });
  });
});

describe('a secret that cannot be rotated', () => {
  test.each<[string, string, RegExp]>([
    ['is no JSON', 'garbage-that-is-not-shown', /abandoned: the secret is not JSON: store a JSON object/],
    ['is a list', '["not-shown"]', /is JSON, but no object/],
    ['has a number in the field', `{"${FIELD}":12345678}`, /field "session_secret_key" is no text: put a text into it, or remove it/],
    ['has an empty text in the field', `{"${FIELD}":""}`, /field "session_secret_key" is empty: put a text into it, or remove it/],
    ['has the field twice', `{"${FIELD}":"not-shown","${FIELD}":"not-shown"}`, /has the field "session_secret_key" twice: remove one/],
  ])('because it %s stays as it is, and the next rotation starts clean', async (_what, text, why) => {
    const secret = await FakeValues.withFirstValues();
    secret.put('edited', text, ['AWSCURRENT']);
    const { error } = await secret.rotate();
    expect(error?.message).toMatch(why);
    expect(error?.message).not.toContain('not-shown');
    expect([secret.text('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([text, undefined]);
    secret.put('mended', '{}', ['AWSCURRENT']);
    expect((await secret.rotate()).error).toBeUndefined();
  });

  test('because it would be too large stays as it is, and the next rotation starts clean', async () => {
    const secret = await FakeValues.withFirstValues();
    const text = JSON.stringify({ other: 'x'.repeat(65_500) });
    secret.put('edited', text, ['AWSCURRENT']);
    const { error } = await secret.rotate();
    expect(error?.message).toMatch(/abandoned: with its new values the secret would hold 655\d\d bytes, and 65536 is the most: make the values shorter, or move other fields/);
    expect([secret.text('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([text, undefined]);
  });

  test('because a parameter makes no value stays as it is, and says what to change', async () => {
    const secret = await FakeValues.withFirstValues();
    const text = secret.text('AWSCURRENT');
    secret.settings = { ...secret.settings, fields: [{ name: FIELD, value: { kind: 'characters', length: 0, characters: 'ab' } }] };
    const { error } = await secret.rotate();
    expect(error?.message).toMatch(/abandoned: no value can be made for field "session_secret_key": its length must be .* and is 0; change `fields`/);
    expect([secret.text('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([text, undefined]);
  });

  test('because two parameters name the same field stays as it is', async () => {
    const secret = await FakeValues.withFirstValues({ fields: [{ name: FIELD, value: LONG }] });
    secret.settings = { ...secret.settings, fields: [{ name: FIELD, value: LONG }, { name: FIELD, value: { ...LONG, bytes: 8 } }] };
    secret.pass(DAY);
    expect((await secret.rotate()).error?.message).toContain(`has the name "${FIELD}" twice: give each value a field of its own`);
  });
});
