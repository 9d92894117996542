import { DAY, FakeAws, SECOND } from './fake-aws';

describe('a rotation', () => {
  test('puts a new key into the secret and keeps the replaced one working', async () => {
    const aws = await FakeAws.withFirstKey();
    const first = aws.keyId('AWSCURRENT')!;
    const { error } = await aws.rotate();
    expect(error).toBeUndefined();
    expect(aws.keyId('AWSCURRENT')).not.toBe(first);
    expect(aws.keyId('AWSPREVIOUS')).toBe(first);
    expect(aws.keyIds()).toEqual([first, aws.keyId('AWSCURRENT')]);
    expect([...aws.keys.values()].every(({ active }) => active)).toBe(true);
  });

  test('removes the key before last once its overlap is over and nobody uses it', async () => {
    const aws = await FakeAws.withFirstKey();
    const first = aws.keyId('AWSCURRENT')!;
    await aws.rotate();
    aws.pass(30 * DAY);
    const { error } = await aws.rotate();
    expect(error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(first);
    expect(aws.keyIds()).toHaveLength(2);
  });

  test('leaves no label behind for a key that is gone, over many rotations', async () => {
    const aws = await FakeAws.withFirstKey();
    for (let i = 0; i < 8; i++) {
      const { error } = await aws.rotate();
      expect(error).toBeUndefined();
      aws.pass(30 * DAY);
    }
    const date = aws.labels().find((label) => label.startsWith('replaced-'));
    expect(aws.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested', ...aws.keyIds(), date].sort());
  });

  test('keeps every other field of the secret, to the byte', async () => {
    const aws = await FakeAws.withFirstKey();
    const text = aws.text('AWSCURRENT')!.replace(/}$/, ', "bot" : "x\\u0041", "big": 12345678901234567890, "z":1, "a" :{ "n": 1.10 } }');
    aws.put('edited', text, ['AWSCURRENT']);
    await aws.rotate();
    const [id, secret] = ['aws_access_key_id', 'aws_secret_access_key'].map((field) => JSON.parse(text)[field]);
    const now = JSON.parse(aws.text('AWSCURRENT')!);
    expect(aws.keyId('AWSCURRENT')).not.toBe(id);
    expect(aws.text('AWSCURRENT')).toBe(text.replace(id, now.aws_access_key_id).replace(secret, now.aws_secret_access_key));
  });

  test('writes the user\'s name and the secret\'s ARN where fields are named for them', async () => {
    const aws = await FakeAws.withFirstKey({
      fields: { accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn' }, otherPresets: [],
    });
    expect(Object.keys(JSON.parse(aws.text('AWSCURRENT')!))).toEqual(['accesskey', 'secretkey', 'username', 'masterarn']);
    expect(JSON.parse(aws.text('AWSCURRENT')!)).toMatchObject({ username: 'uploader', masterarn: expect.stringMatching(/^arn:aws:secretsmanager:/) });
  });

  test('writes one line a step to the log: what was decided and why, with ids only', async () => {
    const aws = await FakeAws.withFirstKey();
    const { token } = await aws.rotate();
    expect(aws.log.map(({ step, decision }) => [step, decision])).toEqual([
      ['createSecret', 'issued'], ['setSecret', 'nothing'], ['testSecret', 'works'], ['finishSecret', 'rotated'],
    ]);
    expect(aws.log.every((line) => line.token === token && typeof line.why === 'string')).toBe(true);
    expect(aws.log.at(-1)!.ids).toEqual({ current: aws.keyId('AWSCURRENT'), previous: aws.keyId('AWSPREVIOUS') });
  });

  test('makes no call without a reason', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    aws.pass(30 * DAY);
    aws.calls.length = 0;
    await aws.rotate();
    expect(aws.calls).toEqual([
      // createSecret: whose turn is it, is there a value already, what is current; the keys, and whether the old one is used
      'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'ListAccessKeys', 'GetAccessKeyLastUsed',
      // the old key goes: still neither current nor pending? – stops – still? – goes, and its two labels
      'DescribeSecret', 'UpdateAccessKey', 'DescribeSecret', 'DeleteAccessKey', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
      // the new key: still pending? – stored
      'CreateAccessKey', 'DescribeSecret', 'PutSecretValue',
      // setSecret
      'DescribeSecret',
      // testSecret: several answers in a row
      'DescribeSecret', 'GetSecretValue', 'GetCallerIdentity', 'GetCallerIdentity', 'GetCallerIdentity', 'UpdateSecretVersionStage',
      // finishSecret: edited meanwhile? – replaced since – current – pending no more
      'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
    ]);
  });

  test('waits until IAM has told STS of the new key', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.propagationMillis = 20 * SECOND;
    const started = aws.now;
    const { error } = await aws.rotate();
    expect(error).toBeUndefined();
    expect(aws.now - started).toBeGreaterThan(20 * SECOND);
  });

  test('counts the overlap of a key from its replacement, whatever edits come after', async () => {
    const aws = await FakeAws.withFirstKey();
    const first = aws.keyId('AWSCURRENT')!;
    aws.edit((value) => (value.note = 1)); // the id stays on an older version
    await aws.rotate();
    for (let day = 0; day < 6; day++) {
      aws.pass(DAY);
      aws.edit((value) => (value.note = day)); // AWSPREVIOUS leaves the version that was replaced
    }
    expect((await aws.rotate()).error?.message).toContain(`${first} (active`);
    aws.pass(2 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(first);
  });

  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('%s refuses a version that is neither pending nor current', async (step) => {
    const aws = await FakeAws.withFirstKey();
    const { token } = await aws.rotate();
    aws.pass(30 * DAY);
    await aws.rotate();
    const before = aws.keyIds();
    await expect(aws.step(step, token)).rejects.toThrow(/neither AWSPENDING nor AWSCURRENT.*RotateSecret/);
    await expect(aws.step(step, 'never-registered')).rejects.toThrow(/neither AWSPENDING nor AWSCURRENT/);
    expect(aws.keyIds()).toEqual(before);
  });

  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('%s refuses a secret without rotation', async (step) => {
    const aws = await FakeAws.withFirstKey();
    aws.rotationEnabled = false;
    aws.register('token');
    await expect(aws.step(step, 'token')).rejects.toThrow(/rotation is not switched on/);
  });

  test('refuses a step that does not exist', async () => {
    const aws = await FakeAws.withFirstKey();
    await expect(aws.step('toString', 'token')).rejects.toThrow('"Step" must be one of createSecret, setSecret, testSecret, finishSecret, as Secrets Manager sends them');
  });

  test('any step may be repeated at any time', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    for (const step of ['createSecret', 'createSecret', 'setSecret', 'createSecret', 'testSecret', 'testSecret', 'finishSecret', 'finishSecret', 'createSecret', 'testSecret']) {
      await aws.step(step, 'token');
    }
    expect(aws.keyIds()).toHaveLength(2);
    expect(aws.versionWith('AWSCURRENT')).toBe('token');
  });

  test('takes AWSPENDING off when it succeeds: on a version that an edit has replaced it would block every later rotation', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await aws.step(step, 'token');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    expect((await aws.retry('token')).error).toBeUndefined();
    aws.edit((value) => (value.note = 1));
    aws.pass(30 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
  });

  test('takes AWSPENDING off when finishSecret is repeated that died before', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    for (const step of ['createSecret', 'setSecret', 'testSecret']) await aws.step(step, 'token');
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 3, when: 'before', does: 'die' });
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('died');
    expect(aws.versionWith('AWSCURRENT')).toBe('token');
    expect(aws.versionWith('AWSPENDING')).toBe('token');
    await aws.step('finishSecret', 'token');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });
});
