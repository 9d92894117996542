import { ACCOUNT, FakeAws, HOUR, SECOND } from './fake-aws';

async function created(settings = {}): Promise<FakeAws> {
  const aws = await FakeAws.withFirstKey(settings);
  aws.register('token');
  await aws.step('createSecret', 'token');
  return aws;
}

describe('testSecret', () => {
  test('asks STS until it answers several times in a row', async () => {
    const aws = await created();
    for (const nth of [3, 5]) aws.fail({ action: 'GetCallerIdentity', nth, when: 'before', does: 'InvalidClientTokenId' });
    aws.calls.length = 0;
    await aws.step('testSecret', 'token');
    // good, good, refused, good, refused, good, good, good
    expect(aws.calls.filter((call) => call === 'GetCallerIdentity')).toHaveLength(8);
  });

  test('fails, and keeps the rotation, while STS does not know the key', async () => {
    const aws = await created();
    aws.keys.get(aws.keyId('AWSPENDING')!)!.knownFrom = aws.now + 10 * 60 * SECOND;
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(/does not work yet: STS refused it \d+ times, last with InvalidClientTokenId/);
    expect(aws.versionWith('AWSPENDING')).toBe('token');
  });

  test('does not take one stale list for proof that a young key has vanished', async () => {
    const aws = await created();
    aws.keys.delete(aws.keyId('AWSPENDING')!);
    await expect(aws.step('testSecret', 'token')).rejects.toThrow('does not work yet');
    expect(aws.versionWith('AWSPENDING')).toBe('token');
  });

  test('abandons a rotation whose key has vanished for minutes', async () => {
    const aws = await created();
    aws.keys.delete(aws.keyId('AWSPENDING')!);
    aws.pass(10 * 60 * SECOND);
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(/abandoned: key AKIA\w+ has vanished/);
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });

  test('abandons a rotation whose key was deactivated, and removes that key, which nobody was given', async () => {
    const aws = await created();
    const pending = aws.keyId('AWSPENDING')!;
    aws.keys.get(pending)!.active = false;
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(`key ${pending} is inactive`);
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    aws.pass(HOUR);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(pending);
  });

  test('abandons a rotation whose key belongs to another user', async () => {
    const aws = await created();
    const other = aws.makeKey({ user: 'somebody' });
    aws.versions.get('token')!.text = JSON.stringify({ aws_access_key_id: other.id, aws_secret_access_key: other.secret });
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(`belongs to arn:aws:iam::${ACCOUNT}:user/somebody`);
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });

  test('abandons a rotation whose version cannot be read', async () => {
    const aws = await created();
    aws.versions.get('token')!.text = '{"aws_access_key_id":"hidden"}';
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(/abandoned: .*"aws_secret_access_key" is missing/);
  });

  test('lets Secrets Manager try again after a call that failed for another reason', async () => {
    const aws = await created();
    aws.fail({ action: 'GetCallerIdentity', when: 'before', does: 'ServiceUnavailable' });
    await expect(aws.step('testSecret', 'token')).rejects.toThrow(/sts:GetCallerIdentity on key AKIA\w+ failed with ServiceUnavailable/);
    expect(aws.versionWith('AWSPENDING')).toBe('token');
    await aws.step('testSecret', 'token');
  });

  describe('in a dry run', () => {
    test.each([['empty', false], ['a copy of the current one', true]])('with a pending version that is %s, tries the current key', async (_what, copy) => {
      const aws = await FakeAws.withFirstKey();
      aws.register('dry');
      if (copy) aws.versions.get('dry')!.text = aws.text('AWSCURRENT');
      await aws.step('testSecret', 'dry');
      expect(aws.log.at(-1)).toMatchObject({ decision: 'works', ids: { current: aws.keyId('AWSCURRENT') } });
    });

    test('says that the current key does not work', async () => {
      const aws = await FakeAws.withFirstKey();
      aws.keys.get(aws.keyId('AWSCURRENT')!)!.active = false;
      aws.register('dry');
      await expect(aws.step('testSecret', 'dry')).rejects.toThrow(/the current credential of secret .* does not work: key AKIA\w+ is inactive/);
    });

    test('has nothing to try where there is only the placeholder', async () => {
      const aws = new FakeAws();
      aws.register('dry');
      await aws.step('testSecret', 'dry');
      expect(aws.log.at(-1)).toMatchObject({ decision: 'nothing' });
    });

    test('does not believe that the pending version is empty while its label says what it holds', async () => {
      const aws = await created();
      for (const nth of [1, 2]) aws.fail({ action: 'GetSecretValue', nth, when: 'before', does: 'ResourceNotFoundException' });
      await expect(aws.step('testSecret', 'token')).rejects.toThrow('cannot be read yet');
      await aws.step('testSecret', 'token');
    });

    test('reads again before it believes that the pending version is empty', async () => {
      const aws = await created();
      aws.fail({ action: 'GetSecretValue', when: 'before', does: 'ResourceNotFoundException' }); // the read lags behind the write
      await aws.step('testSecret', 'token');
      expect(aws.log.at(-1)).toMatchObject({ decision: 'works', ids: { pending: aws.keyId('AWSPENDING') } });
    });
  });

  test('gives up in time to say why', async () => {
    const aws = await created();
    aws.keys.get(aws.keyId('AWSPENDING')!)!.knownFrom = aws.now + HOUR;
    const started = aws.now;
    await expect(aws.step('testSecret', 'token')).rejects.toThrow();
    expect(aws.now - started).toBeLessThan(aws.settings.timeoutSeconds * SECOND);
  });
});
