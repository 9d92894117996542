import { DAY, FakeAws } from './fake-aws';

async function tested(): Promise<FakeAws> {
  const aws = await FakeAws.withFirstKey();
  aws.register('token');
  for (const step of ['createSecret', 'setSecret', 'testSecret']) await aws.step(step, 'token');
  return aws;
}

describe('finishSecret', () => {
  test('labels the version that it replaces with the time, before it moves AWSCURRENT', async () => {
    const aws = await tested();
    const replaced = aws.versionWith('AWSCURRENT')!;
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 2, when: 'before', does: 'die' });
    await aws.step('finishSecret', 'token').catch(() => undefined);
    expect(aws.versionWith('AWSCURRENT')).toBe(replaced);
    expect([...aws.versions.get(replaced)!.labels]).toContainEqual(expect.stringMatching(/^replaced-20260302T10\d{7}Z$/));
  });

  test('keeps a person\'s edit: abandons, and the next rotation has it', async () => {
    const aws = await tested();
    aws.edit((value) => (value.token = 'edited'));
    const pending = aws.keyId('AWSPENDING')!;
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow(`the secret was edited since ${pending} was made for it; the edit is kept`);
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
    expect(aws.keyIds()).toContain(pending);
    expect([...aws.versions.get('token')!.labels]).toEqual([pending, 'tested', expect.stringMatching(/^abandoned-/), expect.stringMatching(/^replaced-/)]); // its overlap begins
    aws.pass(30 * DAY);
    await aws.rotate();
    aws.pass(30 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(JSON.parse(aws.text('AWSCURRENT')!).token).toBe('edited');
  });

  test('abandons if somebody has put something unreadable into the secret meanwhile', async () => {
    const aws = await tested();
    aws.put('edited', 'garbage', ['AWSCURRENT']);
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow(/abandoned: the secret is not JSON/);
    expect(aws.text('AWSCURRENT')).toBe('garbage');
  });

  test('does not date the current version when a stalled copy of a step comes late', async () => {
    const aws = await tested();
    aws.fail({
      action: 'GetSecretValue',
      when: 'before',
      does: () => { aws.label('AWSCURRENT', 'token'); aws.edit((value) => (value.a = 1)); aws.label('AWSCURRENT', 'token'); },
    });
    const current = aws.keyId('AWSPENDING')!;
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow();
    expect([...aws.versions.get('token')!.labels].filter((label) => label.startsWith('replaced-'))).toEqual([]);
    expect(aws.keyId('AWSCURRENT')).toBe(current);
  });

  test('makes nothing current that has not passed testSecret, in whatever order the steps are sent', async () => {
    const aws = await FakeAws.withFirstKey();
    const current = aws.versionWith('AWSCURRENT');
    aws.register('token');
    await aws.step('createSecret', 'token');
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('version token of secret');
    expect(aws.versionWith('AWSCURRENT')).toBe(current);
    await aws.step('testSecret', 'token');
    await aws.step('finishSecret', 'token');
    expect(aws.versionWith('AWSCURRENT')).toBe('token');
  });

  test('waits for a read that does not show yet that testSecret was passed', async () => {
    const aws = await tested();
    aws.fail({ action: 'DescribeSecret', when: 'before', does: () => aws.unlabel('tested') });
    aws.fail({ action: 'DescribeSecret', nth: 2, when: 'before', does: () => aws.label('tested', 'token') });
    await aws.step('finishSecret', 'token');
    expect(aws.versionWith('AWSCURRENT')).toBe('token');
  });

  test('moves nothing if somebody edits the secret between the look and the move', async () => {
    const aws = await tested();
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 2, when: 'before', does: () => aws.edit((value) => (value.token = 'edited')) });
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('InvalidParameterException');
    expect(JSON.parse(aws.text('AWSCURRENT')!).token).toBe('edited');
  });

  test('refuses a version without a value', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    aws.label('tested', 'token');
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('has no value: createSecret has not stored one');
  });

  test('abandons a version that holds the current key', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    aws.versions.get('token')!.text = aws.text('AWSCURRENT');
    aws.label('tested', 'token');
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('its version holds the current credential');
    await expect(aws.step('createSecret', 'token')).rejects.toThrow('neither AWSPENDING nor AWSCURRENT');
    expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  });

  test('abandons a version that holds no key', async () => {
    const aws = await tested();
    aws.versions.get('token')!.text = '{}';
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('its version holds no credential');
  });

  test('does nothing more once the version is current', async () => {
    const aws = await tested();
    await aws.step('finishSecret', 'token');
    const labels = aws.labels();
    await aws.step('finishSecret', 'token');
    expect(aws.labels()).toEqual(labels);
  });

  test('dates a key anew that a person had made current again', async () => {
    const aws = await FakeAws.withFirstKey();
    await aws.rotate();
    const [first, second] = aws.keyIds();
    aws.pass(10 * DAY);
    aws.label('AWSCURRENT', aws.versionWith(first)!); // back to the first key
    aws.pass(20 * DAY);
    await aws.rotate(); // gives the second key its date
    aws.pass(8 * DAY);
    expect((await aws.rotate()).error).toBeUndefined(); // the second key goes
    expect(aws.keyIds()).not.toContain(second);
    const dates = aws.labels().filter((label) => label.startsWith('replaced-'));
    expect(dates).toHaveLength(1);
    aws.pass(DAY);
    expect((await aws.rotate()).error?.message).toContain(`${first} (active`);
  });
});
