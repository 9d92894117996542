import { FakeAws } from './fake-aws';

/** A secret with a key that its user has. */
function existing(value: Record<string, unknown> = {}) {
  const aws = new FakeAws();
  const key = aws.makeKey();
  const text = `{ "aws_access_key_id": "${key.id}", "aws_secret_access_key": "${key.secret}", "number": 12345678901234567890, "more": ${JSON.stringify(value)} }`;
  aws.put('existing-version', text, ['AWSCURRENT']);
  aws.rotatedBy = undefined;
  aws.rotationEnabled = false;
  return { aws, key, text };
}

test('a secret that holds a key is left as it is, and its first rotation loses no field', async () => {
  const { aws, key, text } = existing({ bot: 'token' });
  expect(await aws.request('Create')).toBe('SUCCESS');
  expect(aws.text('AWSCURRENT')).toBe(text);
  expect(aws.keyIds()).toEqual([key.id]);
  expect(aws.labels()).toEqual([key.id, 'AWSCURRENT', 'AWSPREVIOUS']); // from now on the secret knows its key
  aws.rotationEnabled = true;
  expect((await aws.rotate()).error).toBeUndefined();
  expect(aws.text('AWSCURRENT')).toContain('"number": 12345678901234567890, "more": {"bot":"token"}');
  expect(aws.keyIds()).toEqual([key.id, aws.keyId('AWSCURRENT')]);
});

test('a previous version that is plain text does no harm', async () => {
  const { aws, key } = existing();
  aws.put('old-version', 'not JSON at all', ['AWSPREVIOUS']);
  expect(await aws.request('Create')).toBe('SUCCESS');
  aws.rotationEnabled = true;
  expect((await aws.rotate()).error).toBeUndefined();
  expect(aws.keyId('AWSPREVIOUS')).toBe(key.id);
});

test('a secret without any value gets its first key', async () => {
  const aws = new FakeAws();
  aws.versions.clear();
  expect(await aws.request('Create')).toBe('SUCCESS');
  expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
});

test.each([
  ['another function rotates it', ({ aws }: ReturnType<typeof existing>) => { aws.rotationEnabled = true; aws.rotatedBy = 'arn:aws:lambda:eu-central-1:111122223333:function:old'; },
    /is rotated by another function, arn:aws:lambda:eu-central-1:111122223333:function:old\. If that is this app's own .*else switch it off first/],
  ['it holds a key that the user does not have', ({ aws, key }: ReturnType<typeof existing>) => { aws.keys.delete(key.id); },
    /holds key AKIA\w+, which user "uploader" does not have \(any more\)/],
  ['it holds half a key', ({ aws }: ReturnType<typeof existing>) => aws.edit((value) => { delete value.aws_secret_access_key; }), /"aws_secret_access_key" is missing/],
])('nothing is changed, and the reason is said, if %s', async (_what, spoil, reason) => {
  const set = existing();
  spoil(set);
  const [keys, labels] = [set.aws.keyIds(), set.aws.labels()];
  expect(await set.aws.request('Create')).toBe('FAILED');
  expect(set.aws.answer!.Reason).toMatch(reason);
  expect([set.aws.keyIds(), set.aws.labels()]).toEqual([keys, labels]);
});

test('the label of a rotation that was cancelled is taken off, so that it does not block the next one', async () => {
  const { aws } = existing();
  aws.put('cancelled-version', undefined, ['AWSPENDING']);
  expect(await aws.request('Create')).toBe('SUCCESS');
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
});

test('whatever is wrong with it later is no matter of an update', async () => {
  const { aws, key } = existing();
  aws.rotationEnabled = true;
  aws.rotatedBy = 'another';
  aws.keys.delete(key.id);
  expect(await aws.request('Update')).toBe('SUCCESS');
});
