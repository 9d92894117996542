import { GRACE, HOUR } from './fake-secret';
import { CHECK_ARN, FIELD, FakeValues } from './fake-values';
import type { RandomValueSettings } from '../../src/private/settings';

const HEX: RandomValueSettings = { kind: 'bytes', bytes: 16, encoding: 'hex' };
const SHORT: RandomValueSettings = { kind: 'characters', length: 8, characters: 'abcdefgh' };

/** A secret that somebody has made, and that no function rotates yet. */
function existing(text: string, settings: ConstructorParameters<typeof FakeValues>[0] = {}): FakeValues {
  const secret = new FakeValues(settings);
  secret.rotationEnabled = false;
  secret.put('by-hand', text, ['AWSCURRENT']);
  return secret;
}

describe('a deployment', () => {
  test('puts the first values into a new secret in place of its placeholder, and leaves nothing pending', async () => {
    const secret = new FakeValues({ fields: [{ name: 'key', value: HEX }, { name: 'password', value: SHORT }] });
    expect(await secret.request('Create')).toBe('SUCCESS');
    const values = JSON.parse(secret.text('AWSCURRENT')!);
    expect(Object.keys(values)).toEqual(['key', 'password']);
    expect(values.key).toMatch(/^[0-9a-f]{32}$/);
    expect(values.password).toMatch(/^[a-h]{8}$/);
    expect(secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
  });

  test('that is repeated keeps the first value', async () => {
    const secret = new FakeValues();
    secret.fail({ action: 'UpdateSecretVersionStage', nth: 3, when: 'before', does: 'die' });
    await expect(secret.request('Create', { RequestId: 'create' })).rejects.toThrow('died');
    const first = secret.text('AWSCURRENT');
    secret.heal();
    expect(await secret.request('Create', { RequestId: 'create' })).toBe('SUCCESS');
    expect(secret.text('AWSCURRENT')).toBe(first);
    expect(secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
  });

  test('fills in a field that was added, and does not replace the others', async () => {
    const secret = await FakeValues.withFirstValues();
    secret.edit((value) => (value.bot = 'token'));
    const first = secret.value('AWSCURRENT');
    secret.settings = { ...secret.settings, fields: [...secret.settings.fields, { name: 'added', value: HEX }] };
    expect(await secret.request('Update')).toBe('SUCCESS');
    expect(JSON.parse(secret.text('AWSCURRENT')!)).toEqual({ [FIELD]: first, bot: 'token', added: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT')).not.toBe(first);
  });

  test('that takes a field out leaves it, and rotations leave it, too', async () => {
    const secret = await FakeValues.withFirstValues({ fields: [{ name: 'key', value: HEX }, { name: 'old', value: SHORT }] });
    const old = secret.value('AWSCURRENT', 'old');
    secret.settings = { ...secret.settings, fields: [{ name: 'key', value: HEX }] };
    expect(await secret.request('Update')).toBe('SUCCESS');
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT', 'old')).toBe(old);
    expect(secret.value('AWSCURRENT', 'key')).not.toBe(secret.value('AWSPREVIOUS', 'key'));
  });

  test('that changes a length, while it adds a field, leaves the value to the next rotation', async () => {
    const secret = await FakeValues.withFirstValues();
    const first = secret.value('AWSCURRENT');
    secret.settings = { ...secret.settings, fields: [{ name: FIELD, value: HEX }, { name: 'added', value: HEX }] };
    expect(await secret.request('Update')).toBe('SUCCESS');
    expect(secret.value('AWSCURRENT')).toBe(first);
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('is not told apart from a later one, nor from its rollback: what is there stays', async () => {
    const secret = await FakeValues.withFirstValues();
    const text = secret.text('AWSCURRENT');
    expect(await secret.request('Update')).toBe('SUCCESS');
    expect(secret.text('AWSCURRENT')).toBe(text);
    expect(secret.calls).not.toContain('PutSecretValue');
  });

  test('fails with the reason if a parameter makes no value, and can be rolled back', async () => {
    const secret = new FakeValues({ fields: [{ name: FIELD, value: { ...SHORT, length: 0 } }] });
    expect(await secret.request('Create')).toBe('FAILED');
    expect(secret.answer!.Reason).toContain(`no value can be made for field "${FIELD}": its length must be a whole number from 1 to 65536, and is 0`);
    expect(await secret.request('Delete', { PhysicalResourceId: secret.answer!.PhysicalResourceId })).toBe('SUCCESS');
  });

  test('waits until its rights are known everywhere', async () => {
    const secret = new FakeValues();
    for (const nth of [1, 2, 3]) secret.fail({ action: 'DescribeSecret', nth, when: 'before', does: 'AccessDeniedException' });
    expect(await secret.request('Create')).toBe('SUCCESS');
  });

  test('says what its function may not do, also if the function has a minute only', async () => {
    const secret = new FakeValues();
    secret.timeoutMillis = 60_000;
    for (let nth = 1; nth < 100; nth++) secret.fail({ action: 'DescribeSecret', nth, when: 'before', does: 'AccessDeniedException' });
    expect(await secret.request('Create')).toBe('FAILED');
    expect(secret.answer!.Reason).toContain('secretsmanager:DescribeSecret on secret');
  });
});

describe('taking over an existing secret', () => {
  test.each([
    ['a value like those that are asked for', `{ "bot":"x\\u0041", "${FIELD}" : "${'a'.repeat(32)}" }`],
    ['another kind of value', `{"${FIELD}":"by \\u0068and"}`],
  ])('that holds %s changes nothing, and the first rotation replaces it', async (_what, text) => {
    const secret = existing(text);
    expect(await secret.request('Create')).toBe('SUCCESS');
    expect([secret.text('AWSCURRENT'), secret.labels()]).toEqual([text, ['AWSCURRENT', 'AWSPREVIOUS']]);
    secret.rotationEnabled = true;
    expect((await secret.rotate()).error).toBeUndefined();
    expect(secret.value('AWSCURRENT')).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(secret.text('AWSPREVIOUS')).toBe(text);
  });

  test('that lacks a field adds it, and keeps all else to the byte', async () => {
    const text = '{ "bot":"x\\u0041", "key" : "by \\u0068and" }';
    const secret = existing(text, { fields: [{ name: 'key', value: HEX }, { name: 'added', value: SHORT }] });
    expect(await secret.request('Create')).toBe('SUCCESS');
    expect(secret.text('AWSCURRENT')!.startsWith('{ "bot":"x\\u0041", "key" : "by \\u0068and"')).toBe(true);
    expect(secret.value('AWSCURRENT', 'added')).toMatch(/^[a-h]{8}$/);
  });

  test.each<[string, string, string]>([
    ['is no JSON', 'garbage', 'the secret is not JSON'],
    ['has a number in the field', `{"${FIELD}":12345678}`, 'is no text'],
    ['has the field twice', `{"${FIELD}":"a","${FIELD}":"b"}`, 'twice: remove one'],
    ['would be too large after a rotation', JSON.stringify({ [FIELD]: 'a', other: 'x'.repeat(65_480) }), '65536 is the most'],
  ])('that %s is refused, with nothing changed', async (_what, text, why) => {
    const secret = existing(text);
    expect(await secret.request('Create')).toBe('FAILED');
    expect(secret.answer!.Reason).toContain(why);
    expect([secret.text('AWSCURRENT'), secret.labels()]).toEqual([text, ['AWSCURRENT', 'AWSPREVIOUS']]);
  });

  test('that another function rotates is refused', async () => {
    const secret = existing('{}');
    secret.rotationEnabled = true;
    secret.rotatedBy = CHECK_ARN;
    expect(await secret.request('Create')).toBe('FAILED');
    expect(secret.answer!.Reason).toContain('is rotated by another function');
  });
});

describe('the end of the stack', () => {
  test.each([true, false])('takes away nothing but a rotation that is under way (the secret is retained: %s)', async (retained) => {
    const secret = await FakeValues.withFirstValues();
    await secret.rotate();
    const [current, previous] = [secret.text('AWSCURRENT'), secret.text('AWSPREVIOUS')];
    secret.register('token');
    await secret.step('createSecret', 'token');
    expect(await secret.request('Delete', { retained })).toBe('SUCCESS');
    expect([secret.text('AWSCURRENT'), secret.text('AWSPREVIOUS'), secret.versionWith('AWSPENDING')]).toEqual([current, previous, undefined]);
    secret.pass(GRACE + HOUR);
    expect((await secret.retry('token')).error?.message).toContain('its rotation is over');
  });

  test('passes when the secret is gone', async () => {
    const secret = await FakeValues.withFirstValues();
    secret.secretExists = false;
    expect(await secret.request('Delete')).toBe('SUCCESS');
  });
});
