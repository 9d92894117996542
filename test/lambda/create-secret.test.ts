import { ACCOUNT, DAY, FakeAws, HOUR, SECOND, USER } from './fake-aws';

describe('createSecret', () => {
  describe('when the new key cannot be stored', () => {
    test('deletes it after a definite refusal', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.fail({ action: 'PutSecretValue', when: 'before', does: 'AccessDeniedException' });
      const { error } = await aws.rotate();
      expect(error?.message).toMatch(/could not be stored and is deleted again: secretsmanager:PutSecretValue on secret arn:.* failed with AccessDeniedException/);
      expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
    });

    test('stores the same value again after a lost answer', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.fail({ action: 'PutSecretValue', when: 'after', does: 'InternalServiceError' });
      expect((await aws.rotate()).error).toBeUndefined();
      expect(aws.calls.filter((call) => call === 'CreateAccessKey')).toHaveLength(1);
    });

    test('leaves the key to the next attempt while it is unclear whether it was stored', async () => {
      const aws = await FakeAws.withFirstKey();
      for (const nth of [1, 2, 3]) aws.fail({ action: 'PutSecretValue', nth, when: 'before', does: 'InternalServiceError' });
      const { token, error } = await aws.rotate();
      expect(error?.message).toContain('it is unclear whether');
      expect(aws.keyIds()).toHaveLength(2);
      expect((await aws.retry(token)).error).toBeUndefined();
      expect(aws.keyIds()).toEqual([aws.keyId('AWSPREVIOUS'), aws.keyId('AWSCURRENT')]);
    });

    test('does not take a refusal for proof after an answer was lost', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.fail({ action: 'PutSecretValue', when: 'after', does: 'InternalServiceError' });
      aws.fail({ action: 'PutSecretValue', nth: 2, when: 'before', does: 'AccessDeniedException' });
      const { token, error } = await aws.rotate();
      expect(error?.message).toContain('it is unclear whether');
      expect((await aws.retry(token)).error).toBeUndefined();
      expect(aws.keyIds()).toContain(aws.keyId('AWSCURRENT'));
    });
  });

  test('reclaims the key of an attempt that died after making it, also in the same second as it was registered', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.now = Math.floor(aws.now / SECOND) * SECOND + 900; // IAM's date is before the registration, but only by milliseconds
    aws.fail({ action: 'CreateAccessKey', when: 'after', does: 'die' });
    const { token } = await aws.rotate();
    const orphan = aws.keyIds()[1];
    expect((await aws.retry(token)).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(orphan);
    expect(aws.log).toContainEqual(expect.objectContaining({ decision: 'removed', key: orphan }));
  });

  test('never sends CreateAccessKey twice in one attempt', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'CreateAccessKey', when: 'after', does: 'InternalServiceError' });
    await aws.rotate();
    expect(aws.calls.filter((call) => call === 'CreateAccessKey')).toHaveLength(1);
  });

  test('deletes the new key at once if the rotation was ended meanwhile', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'CreateAccessKey', when: 'before', does: () => aws.unlabel('AWSPENDING') });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('was ended while it ran');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('leaves the value of a copy of the step that was faster', async () => {
    const aws = await FakeAws.withFirstKey();
    const copied = JSON.stringify({ aws_access_key_id: 'AKIATHEFASTERCOPY000', aws_secret_access_key: 'x' });
    aws.fail({ action: 'CreateAccessKey', when: 'before', does: () => aws.put('token', copied, ['AKIATHEFASTERCOPY000']) });
    aws.register('token');
    await expect(aws.step('createSecret', 'token')).rejects.toThrow(/is deleted again: .* failed with ResourceExistsException/);
    expect(aws.text('AWSPENDING')).toBe(copied);
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  describe('a key that a person made', () => {
    test('stays if it was used', async () => {
      const aws = await FakeAws.withFirstKey();
      const person = aws.makeKey({ lastUsedAt: aws.now - HOUR, createdAt: aws.now - 200 * DAY });
      const { error } = await aws.rotate();
      expect(error?.message).toContain(`${person.id} (active`);
      expect(error?.message).toContain('somebody uses it');
      expect(aws.keyIds()).toContain(person.id);
    });

    test('stays for a day if it was not used yet, and the error says until when', async () => {
      const aws = await FakeAws.withFirstKey();
      const person = aws.makeKey({ createdAt: aws.now - 5 * HOUR });
      const { error } = await aws.rotate();
      expect(error?.message).toContain(`a rotation succeeds from ${new Date(person.createdAt + DAY).toISOString()} on`);
      expect(aws.keyIds()).toContain(person.id);
      aws.pass(19 * HOUR + SECOND);
      expect((await aws.rotate()).error).toBeUndefined();
      expect(aws.keyIds()).not.toContain(person.id);
    });
  });

  describe('without room for a new key', () => {
    test('names both keys, why each is kept, and what a person can do now', async () => {
      const aws = await FakeAws.withFirstKey();
      await aws.rotate();
      const [previous, current] = aws.keyIds();
      aws.keys.get(previous)!.lastUsedAt = aws.now;
      const { error } = await aws.rotate();
      expect(error?.message).toMatch(new RegExp(`user "${USER}" has 2 access keys and there is no room for a new one`));
      expect(error?.message).toContain(`${current} (active, created `);
      expect(error?.message).toContain('is kept because it is the current key');
      expect(error?.message).toMatch(new RegExp(`${previous} \\(active, created .*, last used .*\\) is kept because its overlap \\(7 d .* has not ended and it is still in use`));
      expect(error?.message).toMatch(/So a rotation succeeds from 2026-\S+ on\. To go on now: delete/);
    });

    test('abandons the rotation if the wait is longer than a window, so that the next one starts clean', async () => {
      const aws = await FakeAws.withFirstKey();
      await aws.rotate();
      const { error } = await aws.rotate();
      expect(error?.name).toBe('Abandoned');
      expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    });

    test('keeps the rotation pending if the wait is short, so that Secrets Manager tries again', async () => {
      const aws = await FakeAws.withFirstKey({ previousKey: { kind: 'keepUntilNextRotation', overlapSeconds: 1800, evenIfInUse: false } });
      await aws.rotate();
      const { token, error } = await aws.rotate();
      expect(error?.name).toBe('Refusal');
      expect(aws.versionWith('AWSPENDING')).toBe(token);
      aws.pass(HOUR);
      expect((await aws.retry(token)).error).toBeUndefined();
    });
  });

  test('goes on while a replaced key is in use only if told to', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const previous = aws.keyIds()[0];
    aws.pass(8 * DAY);
    aws.keys.get(previous)!.lastUsedAt = aws.now - HOUR;
    expect((await aws.rotate()).error?.message).toContain('still in use');
    aws.settings = { ...aws.settings, previousKey: { ...aws.settings.previousKey, evenIfInUse: true } };
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(previous);
  });

  test('removes nothing while IAM does not list the current key', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    aws.pass(40 * DAY);
    const [previous, current] = aws.keyIds();
    aws.keys.delete(current);
    aws.makeKey({ lastUsedAt: aws.now });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('the current key is missing');
    expect(aws.keyIds()).toContain(previous);
  });

  describe('leaves the secret as it is and says what to do', () => {
    const key = { aws_access_key_id: 'AKIAIOSFODNN7EXAMPLE', aws_secret_access_key: 'hidden' };
    test.each([
      ['no JSON', 'aws_access_key_id=hidden', /not JSON: store a JSON object/],
      ['no object', '["hidden"]', /no object: store a JSON object/],
      ['half a key', JSON.stringify({ aws_access_key_id: key.aws_access_key_id }), /"aws_secret_access_key" is missing: put a whole access key/],
      ['a number for a key', JSON.stringify({ ...key, aws_secret_access_key: 5 }), /"aws_secret_access_key" is not a text/],
      ['another preset\'s fields', JSON.stringify({ accesskey: key.aws_access_key_id, secretkey: 'hidden' }), /holds the fields "accesskey" and "secretkey", not .*: set `fields`/],
      ['a field twice', '{"aws_access_key_id":"a","aws_access_key_id":"b","aws_secret_access_key":"hidden"}', /"aws_access_key_id" twice: remove one/],
    ])('if it holds %s', async (_what, text, message) => {
      const aws = await FakeAws.withFirstKey();
      aws.put('edited', text, ['AWSCURRENT']);
      const before = aws.keyIds();
      const { error } = await aws.rotate();
      expect(error?.message).toMatch(message);
      expect(error?.message).not.toContain('hidden');
      expect(aws.text('AWSCURRENT')).toBe(text);
      expect(aws.keyIds()).toEqual(before);
      expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    });

    test('if it is binary', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.put('edited', undefined, ['AWSCURRENT']);
      aws.versions.get('edited')!.binary = true;
      expect((await aws.rotate()).error?.message).toMatch(/binary: store a JSON object as text/);
    });

    test('if it holds the key of another user', async () => {
      const aws = await FakeAws.withFirstKey();
      const other = aws.makeKey({ user: 'somebody' });
      aws.edit((value) => Object.assign(value, { aws_access_key_id: other.id, aws_secret_access_key: other.secret }));
      const { error } = await aws.rotate();
      expect(error?.message).toContain(`holds key ${other.id} of arn:aws:iam::${ACCOUNT}:user/somebody, not of user "${USER}"`);
      expect(aws.keyIds()).toHaveLength(2);
    });

    test('if it names another user', async () => {
      const fields = { accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn' };
      const aws = await FakeAws.withFirstKey({ fields, otherPresets: [] });
      aws.edit((value) => (value.username = 'somebody'));
      expect((await aws.rotate()).error?.message).toContain(`"username" names another user than "${USER}"`);
    });

    test('if its user does not exist', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.userExists = false;
      expect((await aws.rotate()).error?.message).toMatch(/iam:ListAccessKeys on user uploader failed with NoSuchEntityException.*the user does not exist/);
    });

    test('if IAM denies', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.fail({ action: 'CreateAccessKey', when: 'before', does: 'AccessDenied' });
      expect((await aws.rotate()).error?.message).toMatch(/iam:CreateAccessKey on user uploader failed with AccessDenied.*permissions boundary/);
    });
  });

  test('gives a key that nothing dates its date at the first look, and its overlap from then on', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const [previous] = aws.keyIds();
    for (const label of aws.labels().filter((candidate) => candidate.startsWith('replaced-'))) aws.unlabel(label); // a person did
    aws.pass(20 * DAY);
    expect((await aws.rotate()).error?.message).toContain('has not ended');
    expect(aws.labels().filter((label) => label.startsWith('replaced-'))).toHaveLength(1);
    aws.pass(8 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(previous);
  });

  test('counts from the latest of several dates', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    aws.pass(6 * DAY);
    const later = new Date(aws.now).toISOString();
    aws.label(`replaced-${later}`, aws.versionWith('AWSPREVIOUS')!); // an attempt died between adding this one and taking the earlier off
    aws.pass(2 * DAY);
    expect((await aws.rotate()).error?.message).toContain(`its overlap (7 d from ${later}) has not ended`);
  });

  test('knows a replaced key from its version\'s value where its label was taken off', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const [previous] = aws.keyIds();
    aws.unlabel(previous);
    aws.keys.get(previous)!.lastUsedAt = aws.now;
    aws.pass(30 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(previous);
  });

  test('forgets a key that a person deleted', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const [previous] = aws.keyIds();
    aws.keys.delete(previous);
    aws.makeKey({ createdAt: aws.now - 2 * DAY });
    aws.pass(2 * HOUR);
    await aws.rotate();
    expect(aws.labels()).not.toContain(previous);
  });

  test('treats the key of an earlier secret of a user made for it as replaced when this secret was made', async () => {
    const aws = new FakeAws({ ownsUser: true });
    const old = aws.makeKey({ createdAt: aws.secretCreatedAt - 60 * DAY, lastUsedAt: aws.secretCreatedAt - HOUR });
    expect(await aws.request('Create')).toBe('SUCCESS');
    aws.pass(6 * DAY);
    expect((await aws.rotate()).error?.message).toContain('has not ended');
    aws.pass(2 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(old.id);
  });
});
