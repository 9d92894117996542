import { createHash } from 'node:crypto';
import { ACCOUNT, ADMIN_SECRET_ARN, DAY, FakeAws, HOUR, SECOND, SECRET_ARN, USER } from './fake-aws';

/** Each call of an action fails. */
function always(aws: FakeAws, action: string, does: string): void {
  for (let nth = 1; nth < 200; nth++) aws.fail({ action, nth, when: 'before', does });
}

describe('Create', () => {
  test('puts a key into a secret that holds the placeholder, and nothing else', async () => {
    const aws = new FakeAws();
    expect(await aws.request('Create')).toBe('SUCCESS');
    expect(Object.keys(JSON.parse(aws.text('AWSCURRENT')!))).toEqual(['aws_access_key_id', 'aws_secret_access_key']);
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('does not need rotation to be switched on, and leaves no rotation pending', async () => {
    const aws = new FakeAws();
    aws.rotationEnabled = false;
    expect(await aws.request('Create')).toBe('SUCCESS');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });

  test('repeated after it died anywhere ends with one key', async () => {
    for (let nth = 1; nth < 20; nth++) {
      const aws = new FakeAws();
      aws.fail({ action: '*', nth, when: 'after', does: 'die' });
      await aws.request('Create', { RequestId: 'the-request' }).catch(() => undefined);
      aws.heal();
      expect(await aws.request('Create', { RequestId: 'the-request' })).toBe('SUCCESS');
      expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
      expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    }
  });

  test('waits a minute for rights that the deployment has just given', async () => {
    const aws = new FakeAws();
    aws.fail({ action: 'ListAccessKeys', nth: 1, when: 'before', does: 'AccessDenied' });
    aws.fail({ action: 'PutSecretValue', nth: 1, when: 'before', does: 'AccessDeniedException' });
    expect(await aws.request('Create')).toBe('SUCCESS');
    expect(aws.keyIds()).toHaveLength(1);
  });

  test('fails with IAM\'s reason if the rights do not come, within its time', async () => {
    const aws = new FakeAws();
    for (let nth = 1; nth < 100; nth++) aws.fail({ action: 'CreateAccessKey', nth, when: 'before', does: 'AccessDenied' });
    const started = aws.now;
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.answer!.Reason).toMatch(/iam:CreateAccessKey on user uploader failed with AccessDenied/);
    expect(aws.now - started).toBeLessThan(2 * 60 * SECOND);
  });

  test('waits for a user that the deployment has just made, and fails if there is none', async () => {
    const aws = new FakeAws();
    aws.fail({ action: 'ListAccessKeys', when: 'before', does: 'NoSuchEntityException' });
    expect(await aws.request('Create')).toBe('SUCCESS');
    const without = new FakeAws();
    without.userExists = false;
    expect(await without.request('Create')).toBe('FAILED');
    expect(without.answer!.Reason).toContain('the user does not exist');
  });

  test('looks again if a read lags behind the write before it', async () => {
    const aws = new FakeAws();
    aws.fail({ action: 'PutSecretValue', when: 'after', does: () => { aws.lagging = 1; } });
    expect(await aws.request('Create')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('sends its answer again until CloudFormation has it', async () => {
    const aws = new FakeAws();
    aws.answerStatuses.push(503, 403, 500);
    expect(await aws.request('Create')).toBe('SUCCESS');
  });

  test.each(['x', 'é', '"', '\n', '€', '🔑'])('keeps its answer within the 4,096 bytes that CloudFormation takes, with reasons of %j', async (character) => {
    const aws = new FakeAws();
    aws.fail({ action: 'DescribeSecret', when: 'before', does: 'ValidationException', says: character.repeat(9000) });
    await aws.request('Create');
    const bytes = Buffer.byteLength(JSON.stringify(aws.answer));
    expect(bytes).toBeLessThanOrEqual(4096);
    expect(bytes).toBeGreaterThan(4000);
    expect(aws.answer!.Reason).toMatch(/^AwsCallFailed: .* …$/su);
    expect(aws.answer!.Reason).not.toContain('\ufffd');
  });

  test('answers CloudFormation before its time is up', async () => {
    const aws = new FakeAws();
    aws.propagationMillis = HOUR;
    const started = aws.now;
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.now - started).toBeLessThan(aws.settings.timeoutSeconds * SECOND);
    expect(aws.answer!.Reason).toContain('does not work yet');
  });

  test('answers CloudFormation even if a call to AWS never returns', async () => {
    const aws = new FakeAws();
    aws.fail({ action: 'CreateAccessKey', when: 'before', does: () => new Promise<void>(() => undefined) });
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('ran out of time');
  });

  test('has a physical id for ever: with another one CloudFormation would delete the resource, and all keys', async () => {
    const aws = new FakeAws();
    await aws.request('Create');
    const id = aws.answer!.PhysicalResourceId;
    expect(id).toMatch(/^first-value-[0-9a-f]{8}$/);
    aws.fail({ action: 'DescribeSecret', when: 'before', does: 'ValidationException' });
    expect(await aws.request('Update')).toBe('SUCCESS');
    expect(aws.answer!.PhysicalResourceId).toBe(id);
  });

  test('that died without an answer is deleted with the key that it had made, under the id that CloudFormation made up', async () => {
    const aws = new FakeAws();
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 4, when: 'after', does: 'die' }); // right before its answer
    await expect(aws.request('Create')).rejects.toThrow('died');
    expect(aws.keyIds()).toHaveLength(1);
    expect(await aws.request('Delete', { PhysicalResourceId: 'Stack-FirstKey-1A2B3C4D' })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('that failed before it made anything is deleted without any rights', async () => {
    const aws = new FakeAws();
    for (let nth = 1; nth < 100; nth++) aws.fail({ action: 'DescribeSecret', nth, when: 'before', does: 'AccessDeniedException' });
    expect(await aws.request('Create')).toBe('FAILED');
    const { PhysicalResourceId } = aws.answer!;
    aws.calls.length = 0;
    expect(await aws.request('Delete', { PhysicalResourceId })).toBe('SUCCESS');
    expect(aws.calls).toEqual([]);
  });

  test('that failed after it made a key takes the key back, also where the secret is retained', async () => {
    const aws = new FakeAws();
    aws.propagationMillis = HOUR;
    expect(await aws.request('Create', { retained: true })).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('does not work yet');
    const { PhysicalResourceId } = aws.answer!;
    expect(aws.keyIds()).toEqual([]);
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    expect(await aws.request('Delete', { PhysicalResourceId, retained: true })).toBe('SUCCESS');
  });

  test('that comes again when its rollback is done makes no key', async () => {
    const aws = new FakeAws();
    aws.propagationMillis = HOUR;
    expect(await aws.request('Create', { RequestId: 'creation', retained: true })).toBe('FAILED');
    expect(await aws.request('Delete', { PhysicalResourceId: aws.answer!.PhysicalResourceId, retained: true })).toBe('SUCCESS');
    aws.propagationMillis = 0;
    expect(await aws.request('Create', { RequestId: 'creation', retained: true })).toBe('FAILED');
    expect(aws.keyIds()).toEqual([]);
  });

  test('does nothing more after its answer, when Lambda thaws it for the next request', async () => {
    const aws = new FakeAws();
    let thaw!: () => void;
    aws.fail({ action: 'CreateAccessKey', when: 'after', does: () => new Promise((resolve) => { thaw = resolve; }) });
    expect(await aws.request('Create')).toBe('FAILED');
    aws.fail({ action: 'ListAccessKeys', nth: 3, when: 'before', does: () => thaw() });
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.calls).not.toContain('PutSecretValue');
    expect(aws.keyIds()).toEqual([]);
  });

  test('refuses a given user without room for a key, and names what is there', async () => {
    const aws = new FakeAws();
    const [one, two] = [aws.makeKey({ lastUsedAt: aws.now }), aws.makeKey({ lastUsedAt: aws.now })];
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.answer!.Reason).toMatch(/^Refusal: user "uploader" has 2 access keys/);
    expect(aws.answer!.Reason).toContain(one.id);
    expect(aws.answer!.Reason).toContain(two.id);
    expect(aws.keyIds()).toHaveLength(2);
  });
});

describe('Update', () => {
  test('changes nothing while the secret holds a key of its user', async () => {
    const aws = await FakeAws.withFirstKey();
    const before = aws.text('AWSCURRENT');
    expect(await aws.request('Update')).toBe('SUCCESS');
    expect(aws.text('AWSCURRENT')).toBe(before);
    expect(aws.calls).not.toContain('CreateAccessKey');
  });

  test.each(['garbage', '{"aws_access_key_id":"half"}', undefined])('passes whatever else is wrong with the secret, so that a rollback does: %s', async (text) => {
    const aws = await FakeAws.withFirstKey();
    aws.put('edited', text, ['AWSCURRENT']);
    if (text === undefined) aws.versions.get('edited')!.binary = true;
    expect(await aws.request('Update')).toBe('SUCCESS');
    expect(aws.text('AWSCURRENT')).toBe(text);
  });

  test('passes while the current key does not work, or its user is gone', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.keys.clear();
    aws.userExists = false;
    expect(await aws.request('Update')).toBe('SUCCESS');
  });

  test('refuses another user while the secret holds a live key, says how to change it, and passes when rolled back', async () => {
    const aws = await FakeAws.withFirstKey();
    const id = aws.keyId('AWSCURRENT')!;
    const { settings } = aws;
    aws.settings = { ...settings, userName: 'somebody', userArn: `arn:aws:iam::${ACCOUNT}:user/somebody` };
    expect(await aws.request('Update')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain(`holds key ${id} of arn:aws:iam::${ACCOUNT}:user/robots/${USER}, not of user "somebody"`);
    const old = { Settings: JSON.stringify(aws.settings) };
    aws.settings = settings;
    expect(await aws.request('Update', { old })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([id]);
  });

  test('passes while a person has put somebody else\'s key into the secret, whatever else it changes', async () => {
    const aws = await FakeAws.withFirstKey();
    const theirs = aws.makeKey({ user: 'somebody' });
    aws.edit((value) => Object.assign(value, { aws_access_key_id: theirs.id, aws_secret_access_key: theirs.secret }));
    aws.settings = { ...aws.settings, intervalSeconds: 86_400 };
    expect(await aws.request('Update')).toBe('SUCCESS');
    expect(aws.answer!.Reason).toContain('left to rotations, which tell of it: WrongSettings: the secret holds key');
  });

  test.each<[string, (aws: FakeAws) => void]>([
    ['the KMS key is disabled', (aws) => always(aws, 'GetSecretValue', 'KMSInvalidStateException')],
    ['STS denies every call', (aws) => always(aws, 'GetCallerIdentity', 'AccessDenied')],
    ['IAM denies every call', (aws) => always(aws, 'ListAccessKeys', 'AccessDenied')],
    ['Secrets Manager denies every call', (aws) => always(aws, 'DescribeSecret', 'AccessDeniedException')],
    ['the secret is gone', (aws) => { aws.secretExists = false; }],
    ['a person has emptied the secret and the user has no room', (aws) => {
      aws.makeKey({ lastUsedAt: aws.now });
      aws.edit((value) => { delete value.aws_access_key_id; delete value.aws_secret_access_key; });
    }],
  ])('of any setting passes while %s, and so does its rollback', async (_, harm) => {
    const aws = await FakeAws.withFirstKey();
    harm(aws);
    const keys = aws.keyIds();
    for (const intervalSeconds of [86_400, 30 * 86_400]) {
      aws.settings = { ...aws.settings, intervalSeconds };
      expect(await aws.request('Update')).toBe('SUCCESS');
    }
    expect(aws.keyIds()).toEqual(keys);
  });

  const OTHER = { old: { SecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:another-GhIjKl' } };

  test('gives another secret its first key, and fails if it cannot', async () => {
    const aws = new FakeAws();
    aws.rotatedBy = undefined;
    aws.fail({ action: 'CreateAccessKey', when: 'before', does: 'ServiceFailure' });
    expect(await aws.request('Update', { ...OTHER, PhysicalResourceId: 'first-value-1a2b3c4d' })).toBe('FAILED');
    expect(aws.answer!.PhysicalResourceId).toBe('first-value-1a2b3c4d');
    expect(await aws.request('Update', { ...OTHER, PhysicalResourceId: 'first-value-1a2b3c4d' })).toBe('SUCCESS');
    expect(aws.keyId('AWSCURRENT')).toBeDefined();
    expect(aws.answer!.PhysicalResourceId).toMatch(new RegExp(`^first-value-1a2b3c4d-[0-9a-f]{8}-${aws.keyId('AWSCURRENT')}$`));
  });

  /** As the id of a resource says it whose update has left this secret, and has made a key for another one. */
  const leftFor = (aws: FakeAws, id: string, left = SECRET_ARN) => `${aws.physicalId}-${createHash('sha256').update(left).digest('hex').slice(0, 8)}-${id}`;

  test.each(['Update', 'Delete'] as const)('that is rolled back to the secret before removes the key that it had made for the other one, by %s', async (type) => {
    const aws = await FakeAws.withFirstKey({ ownsUser: true });
    const made = aws.makeKey({ lastUsedAt: aws.now }); // for the other secret, and used already
    const properties = type === 'Delete' ? OTHER.old : undefined;
    expect(await aws.request(type, { ...OTHER, properties, PhysicalResourceId: leftFor(aws, made.id) })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('that goes on to a third secret leaves the key of the second, which was made long ago', async () => {
    const aws = await FakeAws.withFirstKey();
    const made = aws.makeKey();
    expect(await aws.request('Update', { ...OTHER, PhysicalResourceId: leftFor(aws, made.id, `${SECRET_ARN}-before`) })).toBe('SUCCESS');
    expect(aws.keyIds()).toContain(made.id);
  });

  test('that goes back to a secret whose own key has the id removes nothing', async () => {
    const aws = await FakeAws.withFirstKey();
    const [id] = aws.keyIds();
    expect(await aws.request('Update', { ...OTHER, PhysicalResourceId: leftFor(aws, id) })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([id]);
  });

  test('that leaves a retained secret leaves its key, too', async () => {
    const aws = await FakeAws.withFirstKey();
    const made = aws.makeKey();
    await aws.request('Update', { old: { ...OTHER.old, SecretIsRetained: 'true' }, PhysicalResourceId: leftFor(aws, made.id) });
    expect(aws.keyIds()).toContain(made.id);
  });

  test('that is rolled back passes while the secret before is out of reach', async () => {
    const aws = await FakeAws.withFirstKey();
    always(aws, 'GetSecretValue', 'KMSInvalidStateException');
    expect(await aws.request('Update', OTHER)).toBe('SUCCESS');
  });

  test.each([
    ['swaps the two fields', { accessKeyId: 'aws_secret_access_key', secretAccessKey: 'aws_access_key_id' }],
    ['names another field for the secret', { accessKeyId: 'aws_access_key_id', secretAccessKey: 'secret' }],
  ])('that %s is refused, and passes when rolled back', async (_, fields) => {
    const aws = await FakeAws.withFirstKey();
    const { settings } = aws;
    aws.settings = { ...settings, fields };
    expect(await aws.request('Update')).toBe('FAILED');
    const old = { Settings: JSON.stringify(aws.settings) };
    aws.settings = settings;
    expect(await aws.request('Update', { old })).toBe('SUCCESS');
  });

  test('refuses other fields while the secret holds a live key, and passes when rolled back', async () => {
    const aws = await FakeAws.withFirstKey();
    const { fields, otherPresets } = aws.settings;
    aws.settings = { ...aws.settings, fields: otherPresets[0], otherPresets: [fields] };
    expect(await aws.request('Update')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('holds the fields "aws_access_key_id" and "aws_secret_access_key", not "accesskey" and "secretkey"');
    aws.settings = { ...aws.settings, fields, otherPresets };
    expect(await aws.request('Update')).toBe('SUCCESS');
    expect(aws.keyIds()).toHaveLength(1);
  });
});

describe('Delete', () => {
  test('removes the keys of the secret and leaves those of people', async () => {
    const aws = await FakeAws.withFirstKey();
    const person = aws.makeKey();
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([person.id]);
  });

  test('is not stopped by a list that still shows a key that is gone', async () => {
    for (const ownsUser of [true, false]) {
      const aws = await FakeAws.withFirstKey({ ownsUser });
      aws.late = { key: [...aws.keys.values()][0], times: 3 };
      expect(await aws.request('Delete')).toBe('SUCCESS');
      expect(aws.keyIds()).toEqual([]);
    }
  });

  test('removes the key of a rotation that stored it after the first look', async () => {
    for (const ownsUser of [true, false]) {
      const aws = await FakeAws.withFirstKey({ ownsUser });
      const late = aws.makeKey({ lastUsedAt: aws.now });
      aws.fail({ action: 'ListAccessKeys', when: 'before', does: () => aws.put('token', JSON.stringify({ aws_access_key_id: late.id, aws_secret_access_key: 'x' }), ['AWSPENDING', late.id]) });
      expect(await aws.request('Delete')).toBe('SUCCESS');
      expect(aws.keyIds()).toEqual([]);
      expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    }
  });

  test('goes by the labels if no value can be read, as without its KMS key', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    for (let nth = 1; nth < 100; nth++) aws.fail({ action: 'GetSecretValue', nth, when: 'before', does: 'AccessDeniedException' });
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('fails if it may not list the keys of a secret that records some', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'ListAccessKeys', when: 'before', does: 'AccessDenied' });
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('iam:ListAccessKeys');
  });

  test('removes current, previous and abandoned keys', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('ends a rotation that is under way, so that it stores nothing more', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    await aws.step('createSecret', 'token');
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    expect(aws.keyIds()).toEqual([]);
  });

  test('removes never-used keys and those of an earlier secret from a user made for it, so that the user can be deleted', async () => {
    const aws = await FakeAws.withFirstKey({ ownsUser: true });
    aws.makeKey();
    aws.makeKey({ createdAt: aws.secretCreatedAt - DAY, lastUsedAt: aws.now });
    const person = aws.makeKey({ lastUsedAt: aws.now });
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([person.id]);
  });

  test('reads the list again until it stays empty', async () => {
    const aws = await FakeAws.withFirstKey({ ownsUser: true });
    aws.fail({ action: 'ListAccessKeys', nth: 2, when: 'after', does: () => void aws.makeKey() }); // by a copy that was stalled
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('keeps the keys of a secret that stays', async () => {
    const aws = await FakeAws.withFirstKey();
    expect(await aws.request('Delete', { retained: true })).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
  });

  test('may be repeated, and passes when secret or user are gone', async () => {
    const aws = await FakeAws.withFirstKey();
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(await aws.request('Delete')).toBe('SUCCESS');
    aws.userExists = false;
    expect(await aws.request('Delete')).toBe('SUCCESS');
    aws.secretExists = false;
    expect(await aws.request('Delete')).toBe('SUCCESS');
  });

  test('passes after a creation that had no right to list the keys, as nothing was made', async () => {
    const aws = new FakeAws();
    for (let nth = 1; nth < 100; nth++) aws.fail({ action: 'ListAccessKeys', nth, when: 'before', does: 'AccessDenied' });
    expect(await aws.request('Create')).toBe('FAILED');
    expect(await aws.request('Delete')).toBe('SUCCESS');
  });

  test('fails if it may not remove the keys that the secret records', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: 'AccessDenied' });
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('iam:DeleteAccessKey on user uploader');
  });

  test('works on a secret that a person has filled with something else', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.put('edited', 'garbage', ['AWSCURRENT']);
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });
});

describe('Delete of what is not the function alone to decide about', () => {
  test('touches nothing if another function rotates the secret by now: the construct has moved', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('under-way');
    aws.rotatedBy = `${aws.rotatedBy}-of-another-stack`;
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.answer!.Reason).toContain('another function rotates the secret');
    expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
    expect(aws.versionWith('AWSPENDING')).toBe('under-way');
  });

  test('touches nothing if another resource has set the rotation up since, as one that refers to the secret in another way', async () => {
    const aws = await FakeAws.withFirstKey();
    const { physicalId } = aws;
    aws.rotatedBy = undefined; // on demand
    aws.logicalId = 'AnotherLifecycle';
    expect(await aws.request('Create')).toBe('SUCCESS');
    aws.logicalId = 'Lifecycle';
    for (const PhysicalResourceId of [physicalId, 'Stack-Lifecycle-1A2B3C4D']) {
      expect(await aws.request('Delete', { PhysicalResourceId })).toBe('SUCCESS');
      expect(aws.answer!.Reason).toContain('another resource has set up the rotation');
      expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
    }
  });

  test('knows its resource again that CloudFormation has moved to another logical id', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.logicalId = 'Moved';
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('fails if another function rotates a secret that goes with its user, which could not be deleted', async () => {
    const aws = await FakeAws.withFirstKey({ ownsUser: true });
    aws.rotatedBy = `${aws.rotatedBy}-of-somebody`;
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.answer!.Reason).toContain('switch that off (aws secretsmanager cancel-rotate-secret), and delete again');
    expect(aws.keyIds()).toHaveLength(1);
  });

  test('goes through although the function is named with a qualifier', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.rotatedBy = `${aws.rotatedBy}:$LATEST`;
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('touches nothing of a secret that the function does not serve any more, as after a rename', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.secretInEnvironment = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:renamed-GhIjKl';
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.calls).toEqual([]);
  });

  test('fails while the secret of the administrator is missing, says the way out, and leaves no half of the work undone', async () => {
    const aws = new FakeAws({ authority: { kind: 'adminSecret', secretArn: ADMIN_SECRET_ARN, fields: { accessKeyId: 'accesskey', secretAccessKey: 'secretkey' } } });
    expect(await aws.request('Create')).toBe('SUCCESS');
    const text = aws.adminText;
    aws.adminText = undefined;
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.answer!.Reason).toMatch(/^Refusal: the administrator's secret .*admin-GhIjKl does not exist .*restore-secret/);
    aws.adminText = text;
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toEqual([]);
  });

  test('of a secret that was deleted by hand fails while nobody may list the keys of its user', async () => {
    const aws = await FakeAws.withFirstKey({ ownsUser: true });
    aws.secretExists = false;
    always(aws, 'ListAccessKeys', 'AccessDenied');
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.keyIds()).toHaveLength(1);
  });

  test('fails while the secret of the administrator is marked for deletion, and says the way out', async () => {
    const aws = new FakeAws({ authority: { kind: 'adminSecret', secretArn: ADMIN_SECRET_ARN, fields: { accessKeyId: 'accesskey', secretAccessKey: 'secretkey' } } });
    expect(await aws.request('Create')).toBe('SUCCESS');
    const says = "You can't perform this operation on the secret because it was marked for deletion.";
    for (let nth = 1; nth < 20; nth++) aws.fail({ action: 'GetSecretValue', nth, when: 'before', does: 'InvalidRequestException', says });
    expect(await aws.request('Delete')).toBe('FAILED');
    expect(aws.answer!.Reason).toMatch(/^Refusal: the administrator's secret .*admin-GhIjKl is marked for deletion.*restore-secret/);
    expect(aws.keyIds()).toHaveLength(1);
  });

  test.each([true, false])('of a secret that was deleted by hand removes the keys of a user that goes with it: %p', async (ownsUser) => {
    const aws = await FakeAws.withFirstKey({ ownsUser });
    aws.keys.get(aws.keyIds()[0])!.lastUsedAt = aws.now;
    aws.secretExists = false;
    expect(await aws.request('Delete')).toBe('SUCCESS');
    expect(aws.keyIds()).toHaveLength(ownsUser ? 0 : 1);
  });
});
