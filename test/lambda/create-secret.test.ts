import { ACCOUNT, DAY, FakeAws, GRACE, HOUR, SECOND, USER } from './fake-aws';
import { datedLabel } from '../../lambda/protocol/labels';

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
      aws.pass(GRACE);
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
    // A copy of the step that only stalls may still store it, as long as its timeout is not over.
    expect((await aws.retry(token)).error?.message).toContain('it counts as abandoned if it is never used');
    expect(aws.versionWith('AWSPENDING')).toBe(token);
    expect(aws.keyIds()).toContain(orphan);
    aws.pass(GRACE);
    expect((await aws.retry(token)).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(orphan);
    expect(aws.log).toContainEqual(expect.objectContaining({ decision: 'removed', token, ids: { removed: orphan } }));
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
      const aws = await FakeAws.withFirstKey({ previousKey: { overlapSeconds: 1800, evenIfInUse: false, isForAdministrator: false } });
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

  test('removes nothing that is in use while IAM does not list the current key', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    aws.pass(40 * DAY);
    const [previous, current] = aws.keyIds();
    aws.settings = { ...aws.settings, previousKey: { ...aws.settings.previousKey, evenIfInUse: true } };
    aws.keys.get(previous)!.lastUsedAt = aws.now - HOUR;
    aws.keys.delete(current);
    aws.makeKey({ lastUsedAt: aws.now });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('the current key is missing and');
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
      expect(aws.versionWith('AWSPENDING')).toBeUndefined();
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
      const before = aws.text('AWSCURRENT');
      const { error } = await aws.rotate();
      expect(aws.text('AWSCURRENT')).toBe(before);
      expect(error?.message).toMatch(/iam:ListAccessKeys on user uploader failed with NoSuchEntityException.*the user does not exist/);
    });

    test('if IAM denies', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.fail({ action: 'CreateAccessKey', when: 'before', does: 'AccessDenied' });
      expect((await aws.rotate()).error?.message).toMatch(/iam:CreateAccessKey on user uploader failed with AccessDenied.*permissions boundary/);
    });
  });

  test('tries again to store a key when Secrets Manager asks it to slow down, and deletes the key if that goes on', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'PutSecretValue', when: 'before', does: 'ThrottlingException' });
    expect((await aws.rotate()).error).toBeUndefined();
    aws.pass(30 * DAY);
    for (const nth of [1, 2, 3]) aws.fail({ action: 'PutSecretValue', nth, when: 'before', does: 'ThrottlingException' });
    expect((await aws.rotate()).error?.message).toContain('is deleted again');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('sends CreateAccessKey and PutSecretValue by clients that do not retry, and passes Secrets Manager\'s token on', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.inputs.length = 0;
    await aws.rotate();
    expect(aws.inputs.filter(({ once }) => once).map(({ action }) => action)).toEqual(['CreateAccessKey', 'PutSecretValue']);
    expect(aws.inputs.find(({ action }) => action === 'PutSecretValue')!.input.RotationToken).toBe('the-rotation-token');
  });

  test('says nothing of what AWS said when storing failed: it may quote the value', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'PutSecretValue', when: 'before', does: 'ValidationException' });
    expect((await aws.rotate()).error?.message).not.toContain('as the test wants it');
  });

  test('abandons a version that was filled with the current key', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    aws.versions.get('token')!.text = aws.text('AWSCURRENT');
    await expect(aws.step('createSecret', 'token')).rejects.toThrow('its version holds the current credential');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });

  test('deletes the new key if the labels cannot be read again: it is stored nowhere', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'DescribeSecret', nth: 2, when: 'before', does: 'AccessDeniedException' });
    expect((await aws.rotate()).error?.message).toContain('secretsmanager:DescribeSecret');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('says that the KMS key is out of reach', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'GetSecretValue', nth: 2, when: 'before', does: 'AccessDeniedException', says: 'Access to KMS is not allowed' });
    expect((await aws.rotate()).error?.message).toContain('the execution role may not use the KMS key of the secret');
  });

  test('sees all of a user\'s keys, also of one that has more than a page, and says when enough of them may go', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const third = aws.makeKey({ createdAt: aws.now - 20 * HOUR });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('has 3 access keys');
    // One place is free tomorrow, but two are needed.
    expect(error?.message).toMatch(/So a rotation succeeds from 2026-03-09T/);
    expect(error?.message).toContain(third.id);
  });

  test('does not take a key that only its own test has used for one in use', async () => {
    const aws = await FakeAws.withFirstKey();
    // As after a rename that was rolled back: another secret's first key, tested and never used.
    const left = aws.makeKey({ createdAt: aws.now - 25 * HOUR, lastUsedAt: aws.now - 25 * HOUR + 3 * SECOND, lastUsedFor: 'sts' });
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(left.id);
  });

  test('a key that is listed although it is gone does not hinder', async () => {
    const aws = await FakeAws.withFirstKey();
    const gone = aws.makeKey();
    aws.keys.delete(gone.id);
    aws.late = { key: gone, times: 1 };
    expect((await aws.rotate()).error).toBeUndefined();
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
    aws.label(datedLabel('replaced', new Date(later)), aws.versionWith('AWSPREVIOUS')!); // an attempt died between adding this one and taking the earlier off
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

  test('never runs out of labels, however often a person deletes the previous key', async () => {
    const aws = await FakeAws.withFirstKey();
    for (let i = 0; i < 14; i++) {
      const { error } = await aws.rotate();
      expect(error).toBeUndefined();
      aws.keys.delete(aws.keyId('AWSPREVIOUS')!);
      aws.pass(30 * DAY);
    }
    expect(aws.labels().length).toBeLessThan(10);
  });

  test('forgets a stored key that was never current once a person has deleted it', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    await aws.step('createSecret', 'token');
    const stored = aws.keyId('AWSPENDING')!;
    aws.unlabel('AWSPENDING');
    aws.keys.delete(stored);
    aws.pass(30 * DAY);
    await aws.rotate(); // gives it a date
    aws.pass(30 * DAY);
    await aws.rotate();
    expect(aws.labels()).not.toContain(stored);
  });

  test('does not forget a key that is not listed for a moment', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const previous = aws.keys.get(aws.keyIds()[0])!;
    aws.keys.delete(previous.id);
    await aws.rotate();
    expect(aws.labels()).toContain(previous.id);
  });

  test.each([false, true])('finds a replaced key whatever the order of the versions (reversed: %s)', async (reversed) => {
    const aws = await FakeAws.withFirstKey();
    aws.reversed = reversed;
    const [first] = aws.keyIds();
    await aws.rotate();
    const second = aws.keyId('AWSCURRENT')!;
    aws.edit((value) => (value.a = 1));
    aws.edit((value) => (value.a = 2));
    aws.label('AWSCURRENT', aws.versionWith(first)!); // back to the first key, by hand
    aws.pass(8 * DAY);
    await aws.rotate(); // gives the second key its date
    aws.pass(8 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(second);
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
