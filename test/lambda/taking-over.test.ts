// What the rotation of a secret that exists does not understand it refuses, and touches nothing.
import { ACCOUNT, DAY, FakeAws, HOUR, SECOND, USER } from './fake-aws';
import { findStrayId } from '../../lambda/iam-key/stray-ids';
import type { IamKeySettings } from '../../src/private/settings';

const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** A secret that exists, with what it holds, and its user's key. */
function existing(value: unknown, settings: Partial<IamKeySettings> = {}): FakeAws {
  const aws = new FakeAws({ unrecordedKey: 'keep', ...settings });
  aws.makeKey({ id: ID, secret: SECRET });
  aws.put('existing', JSON.stringify(value), ['AWSCURRENT']);
  aws.rotatedBy = undefined;
  aws.pass(2 * DAY);
  return aws;
}

test.each<[string, unknown, string]>([
  ['in upper case', { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET }, 'AWS_ACCESS_KEY_ID'],
  ['in Pascal case', { AccessKeyId: ID, SecretAccessKey: SECRET }, 'AccessKeyId'],
  ['nested', { AccessKey: { AccessKeyId: ID, SecretAccessKey: SECRET, Status: 'Active' } }, 'AccessKey.AccessKeyId'],
  ['nested under aws', { region: 'eu-central-1', aws: { id: ID, secret: SECRET } }, 'aws.id'],
  ['in a list', { keys: [{ id: ID }] }, 'keys.0.id'],
  ['as the name of a field', { [ID]: SECRET }, ID],
  ['in a credentials file', { file: `[default]\naws_access_key_id = ${ID}\n` }, 'file'],
  ['in JSON as text', { credentials: JSON.stringify({ aws_access_key_id: ID }) }, 'credentials'],
  ['beneath a name that may be a secret', { [SECRET]: ID }, '…'],
])('a live key %s is refused by its id and place, whatever the policy, and stays', async (_, value, place) => {
  for (const unrecordedKey of ['keep', 'reclaimUnused', 'refuse', 'delete'] as const) {
    const aws = existing(value, { unrecordedKey });
    const before = aws.text('AWSCURRENT');
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain(`WrongSettings: the secret holds ${ID}, a key of user "${USER}", at "${place}", and \`fields\` names `);
    expect(await aws.request('Delete', { PhysicalResourceId: aws.answer!.PhysicalResourceId })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([ID]);
    expect(aws.text('AWSCURRENT')).toBe(before);
  }
});

test('the id that repeats the one in the key field is no reason to refuse, nor to keep a key when it is replaced', async () => {
  const aws = existing({ aws_access_key_id: ID, aws_secret_access_key: SECRET, smtp: { user: ID }, file: `id=${ID}` });
  expect(await aws.request('Create')).toBe('SUCCESS');
  aws.pass(30 * DAY);
  expect((await aws.rotate()).error).toBeUndefined();
  aws.pass(30 * DAY);
  expect((await aws.rotate()).error).toBeUndefined();
  expect(aws.keyIds()).not.toContain(ID);
});

test('another key of the user that stands elsewhere in the secret is refused, and never goes when it is put there later', async () => {
  const aws = existing({ aws_access_key_id: ID, aws_secret_access_key: SECRET });
  const other = aws.makeKey();
  aws.edit((value) => { value.fallback = { id: other.id }; });
  expect(await aws.request('Create')).toBe('FAILED');
  expect(aws.answer!.Reason).toContain(`holds ${other.id}, a key of user "${USER}", at "fallback.id"`);

  const later = await FakeAws.withFirstKey({ unrecordedKey: 'delete', ownsUser: true });
  const spare = later.makeKey();
  later.edit((value) => { value.fallback = { id: spare.id }; });
  later.pass(90 * DAY);
  const { error } = await later.rotate();
  expect(error?.message).toMatch(new RegExp(`${spare.id} .*never used\\) is kept because its id stands in a version of the secret`));
  expect(later.keyIds()).toContain(spare.id);
});

test('fields that a person has moved do not make the next rotation delete the key, or make another one beside it', async () => {
  const aws = await FakeAws.withFirstKey();
  aws.edit((value) => {
    for (const field of ['aws_access_key_id', 'aws_secret_access_key']) {
      value[field.toUpperCase()] = value[field];
      delete value[field];
    }
  });
  const keys = aws.keyIds();
  aws.pass(30 * DAY);
  expect((await aws.rotate()).error?.message).toContain('at "AWS_ACCESS_KEY_ID"');
  expect(aws.keyIds()).toEqual(keys);
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
});

test.each<[string, Partial<Record<'aws_access_key_id' | 'aws_secret_access_key', string>>, boolean, string]>([
  ['a mistyped secret', { aws_secret_access_key: 'mistyped' }, true, 'STS answers SignatureDoesNotMatch'],
  ['an SMTP password in its place', { aws_secret_access_key: 'BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2' }, true, 'an SMTP password is none'],
  ['an inactive key', {}, false, 'STS answers InvalidClientTokenId: it is inactive'],
])('the pair is tried: %s is refused, and stays as it is', async (_, wrong, active, why) => {
  const aws = existing({ aws_access_key_id: ID, aws_secret_access_key: SECRET, ...wrong });
  aws.keys.get(ID)!.active = active;
  const before = aws.text('AWSCURRENT');
  expect(await aws.request('Create')).toBe('FAILED');
  expect(aws.answer!.Reason).toContain(why);
  expect(aws.text('AWSCURRENT')).toBe(before);
});

test('two fields that are swapped are refused, and neither the log, CloudFormation nor a label shows the secret', async () => {
  const aws = existing({ aws_access_key_id: SECRET, aws_secret_access_key: ID });
  expect(await aws.request('Create')).toBe('FAILED'); // the tests' AWS looks for key material in all that is written
  expect(aws.answer!.Reason).toContain('the secret\'s field "aws_access_key_id" must hold the id of a user\'s access key, AKIA and letters and digits, and holds something else');

  const later = await FakeAws.withFirstKey();
  later.edit((value) => { [value.aws_access_key_id, value.aws_secret_access_key] = [value.aws_secret_access_key, value.aws_access_key_id]; });
  later.pass(30 * DAY);
  expect((await later.rotate()).error?.message).toContain('look whether it is swapped with "aws_secret_access_key"');
  expect(await later.request('Update')).toBe('SUCCESS');
});

test('a user that was given keeps a key that nobody has ever used, however old it is: the rotation names it where it needs the place', async () => {
  const aws = existing({ aws_access_key_id: ID, aws_secret_access_key: SECRET });
  const sealed = aws.makeKey({ createdAt: aws.now - 700 * DAY });
  expect(await aws.request('Create')).toBe('SUCCESS');
  for (let rotation = 0; rotation < 3; rotation++) {
    aws.pass(30 * DAY);
    const { error } = await aws.rotate();
    expect(error?.message).toMatch(new RegExp(`${sealed.id} .*never used\\) is kept because this secret did not make it, and unrecordedKeyPolicy`));
  }
  expect(aws.keyIds()).toEqual([ID, sealed.id]);
});

test('the first key of a given user removes no key that was made since the secret was', async () => {
  const aws = new FakeAws({ unrecordedKey: 'keep' });
  aws.pass(200 * DAY); // the secret is old
  const [emergency, used] = [aws.makeKey(), aws.makeKey({ lastUsedAt: aws.now })];
  aws.pass(HOUR);
  expect(await aws.request('Create')).toBe('FAILED');
  expect(aws.answer!.Reason).toContain(emergency.id);
  expect(await aws.request('Delete', { PhysicalResourceId: aws.answer!.PhysicalResourceId })).toBe('SUCCESS');
  expect(aws.keyIds()).toEqual([emergency.id, used.id]);
});

test('what an attempt of this rotation has left goes also under the policy that keeps all other keys', async () => {
  const aws = await FakeAws.withFirstKey({ unrecordedKey: 'keep' });
  aws.fail({ action: 'CreateAccessKey', when: 'after', does: 'die' });
  const { token } = await aws.rotate();
  expect(aws.keyIds()).toHaveLength(2);
  aws.pass(HOUR / 2);
  expect((await aws.retry(token)).error).toBeUndefined();
  expect(aws.keyIds().sort()).toEqual([aws.keyId('AWSCURRENT'), aws.keyId('AWSPREVIOUS')].sort());
});

test('a place is told by names of fields, and nothing else is shown', () => {
  const text = JSON.stringify({ a: { 'b.c': [{ d: `x${ID}y` }] }, account: ACCOUNT, n: SECOND });
  expect(findStrayId(text, ['AKIAOTHEROTHEROTHER1', ID])).toEqual({ id: ID, place: 'a.b.c.0.d' });
  expect(findStrayId(text, ['AKIAOTHEROTHEROTHER1'])).toBeUndefined();
});
