// One rule for giving up, for all kinds: at once where trying again is of no use, else after an hour. The next rotation then starts clean.
import { FakeService } from './custom/fake-service';
import { IDEMPOTENT_TOKEN, ONE_ACCOUNT } from './custom/kinds';
import { DAY, FakeAws, GRACE, HOUR, SECOND } from './fake-aws';
import { dateIn, datedLabel } from '../../lambda/protocol/labels';

/** Each call of an action fails, until the faults are healed. */
function always(secret: { fail: FakeAws['fail'] }, action: string, does: string): void {
  for (let nth = 1; nth < 500; nth++) secret.fail({ action, nth, when: 'before', does });
}

test.each<[string, string, string]>([
  ['STS denies the new key', 'GetCallerIdentity', 'AccessDenied'],
  ['IAM denies the role', 'CreateAccessKey', 'AccessDenied'],
  ['IAM fails', 'ListAccessKeys', 'ServiceFailure'],
  ['storing is denied', 'PutSecretValue', 'AccessDeniedException'],
  ['the label cannot be moved', 'UpdateSecretVersionStage', 'InternalServiceError'],
])('a rotation that fails for an hour, because %s, is given up, and the next one succeeds once that is mended', async (_, action, code) => {
  const aws = await FakeAws.withFirstKey();
  const current = aws.keyId('AWSCURRENT')!;
  always(aws, action, code);
  let { token, error } = await aws.rotate();
  for (let minutes = 0; minutes < 60; minutes += 10) {
    expect(error?.name).not.toBe('Abandoned');
    aws.pass(10 * 60 * SECOND);
    ({ error } = await aws.retry(token));
  }
  if (action === 'UpdateSecretVersionStage') { // which giving up needs, too
    aws.heal();
    return expect((await aws.retry(token)).error).toBeUndefined();
  }
  expect(error?.message).toMatch(/ is abandoned: .*; it has not succeeded since 2026-/);
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  expect(aws.keys.get(current)?.active).toBe(true);
  aws.heal();
  aws.pass(DAY);
  expect((await aws.rotate()).error).toBeUndefined();
  expect(aws.keyIds().sort()).toEqual([current, aws.keyId('AWSCURRENT')].sort());
});

const FOR_GOOD = ['LimitExceededException', 'InvalidParameterException', 'ValidationException'];
test.each(FOR_GOOD)('a value that Secrets Manager refuses for good, with %s, costs one key, which goes at once', async (code) => {
  const aws = await FakeAws.withFirstKey();
  always(aws, 'PutSecretValue', code);
  const { error } = await aws.rotate();
  expect(error?.name).toBe('Abandoned');
  expect(error?.message).toContain(`failed with ${code}`);
  expect(aws.keyIds()).toHaveLength(1);
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  expect(aws.calls.filter((call) => call === 'CreateAccessKey')).toHaveLength(1);
});

test('a step for a version that is not under way gives nothing up', async () => {
  const aws = await FakeAws.withFirstKey();
  const { token } = await aws.rotate();
  aws.pass(2 * HOUR);
  aws.register('the-next-one');
  const before = aws.labels();
  await aws.rotate().catch(() => undefined);
  aws.pass(2 * HOUR);
  aws.rotationEnabled = false;
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    await expect(aws.step(step, token)).rejects.toThrow('rotation is not switched on');
    await expect(aws.step(step, 'the-next-one')).rejects.toThrow('rotation is not switched on');
  }
  expect(aws.labels()).toEqual(before);
});

describe('the key of a rotation that was given up', () => {
  test('goes at once where it had not passed its test: nothing can have made it current', async () => {
    const aws = await FakeAws.withFirstKey();
    always(aws, 'GetCallerIdentity', 'AccessDenied');
    const { token } = await aws.rotate();
    const id = aws.keyId('AWSPENDING')!;
    aws.pass(HOUR);
    expect((await aws.retry(token)).error?.name).toBe('Abandoned');
    expect(aws.keyIds()).not.toContain(id);
    expect(aws.labels()).not.toContain(id);
    aws.heal();
    expect((await aws.rotate()).error).toBeUndefined();
  });

  test('stays where another copy has tested it, though a read shows that late: finishSecret may be about to make it current', async () => {
    const aws = await FakeAws.withFirstKey();
    always(aws, 'GetCallerIdentity', 'AccessDenied');
    const { token } = await aws.rotate();
    const id = aws.keyId('AWSPENDING')!;
    aws.pass(HOUR);
    aws.fail({ action: 'UpdateSecretVersionStage', when: 'after', does: async () => aws.later(1000, () => aws.label('tested', token)) });
    expect((await aws.retry(token)).error?.name).toBe('Abandoned');
    expect(aws.keyIds()).toContain(id);
    expect(aws.labels()).toContainEqual(expect.stringMatching(/^replaced-/));
  });

  test('goes later where IAM refuses that', async () => {
    const aws = await FakeAws.withFirstKey();
    always(aws, 'GetCallerIdentity', 'AccessDenied');
    always(aws, 'UpdateAccessKey', 'AccessDenied');
    const { token } = await aws.rotate();
    const id = aws.keyId('AWSPENDING')!;
    aws.pass(HOUR);
    expect((await aws.retry(token)).error?.name).toBe('Abandoned');
    expect(aws.keyIds()).toContain(id);
    aws.heal();
    aws.pass(30 * DAY);
    await aws.rotate();
    aws.pass(30 * DAY);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(id);
  });

  test('that nobody has stored is found by its date, also in the next rotation and of a given user', async () => {
    const aws = await FakeAws.withFirstKey({ unrecordedKey: 'keep' });
    aws.fail({ action: 'CreateAccessKey', when: 'after', does: 'InternalServiceError' });
    for (let nth = 2; nth < 50; nth++) aws.fail({ action: 'ListAccessKeys', nth, when: 'before', does: 'ServiceFailure' });
    const { token } = await aws.rotate();
    expect(aws.keyIds()).toHaveLength(2);
    aws.pass(HOUR);
    expect((await aws.retry(token)).error?.name).toBe('Abandoned');
    aws.heal();
    aws.pass(30 * DAY);
    const persons = aws.keyIds().length;
    expect(persons).toBe(2);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds().sort()).toEqual([aws.keyId('AWSCURRENT'), aws.keyId('AWSPREVIOUS')].sort());
    expect(aws.labels().filter((label) => label.startsWith('abandoned-'))).toEqual([]);
  });

  test('is not mistaken for one that a person makes later', async () => {
    const aws = await FakeAws.withFirstKey({ unrecordedKey: 'keep' });
    always(aws, 'CreateAccessKey', 'ServiceFailure');
    const { token } = await aws.rotate();
    aws.pass(HOUR);
    expect((await aws.retry(token)).error?.name).toBe('Abandoned');
    aws.heal();
    aws.pass(DAY);
    const persons = aws.makeKey();
    aws.pass(30 * DAY);
    expect((await aws.rotate()).error?.message).toContain(`${persons.id} (active`);
    expect(aws.keyIds()).toContain(persons.id);
  });

  test('that had passed its test lives for an overlap: it may have been current until an edit or a person took its place', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    for (const step of ['createSecret', 'testSecret']) await aws.step(step, 'token');
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 3, when: 'before', does: 'die' }); // it was made current, and keeps AWSPENDING
    await expect(aws.step('finishSecret', 'token')).rejects.toThrow('died');
    const id = aws.keyId('AWSCURRENT')!;
    aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!); // back by hand
    for (let edit = 0; edit < 3; edit++) aws.edit((value) => { value.note = edit; });
    aws.pass(30 * DAY);
    aws.edit((value) => { [value.aws_access_key_id, value.aws_secret_access_key] = [value.aws_secret_access_key, value.aws_access_key_id]; });
    await expect(aws.step('createSecret', 'token')).rejects.toThrow('is abandoned');
    aws.edit((value) => { [value.aws_access_key_id, value.aws_secret_access_key] = [value.aws_secret_access_key, value.aws_access_key_id]; });
    aws.pass(GRACE);
    expect((await aws.rotate()).error?.message).toMatch(new RegExp(`${id} .* is kept because its overlap`));
    expect(aws.keys.get(id)?.active).toBe(true);
  });
});

test('nothing is given up once the new key is current, however late what is left to do fails', async () => {
  const aws = await FakeAws.withFirstKey();
  aws.register('token');
  for (const step of ['createSecret', 'testSecret']) await aws.step(step, 'token');
  aws.pass(2 * HOUR);
  aws.fail({ action: 'UpdateSecretVersionStage', nth: 3, when: 'before', does: 'ThrottlingException' });
  await expect(aws.step('finishSecret', 'token')).rejects.toThrow('the new credential is current, but');
  expect(aws.versionWith('AWSCURRENT')).toBe('token');
  await aws.step('finishSecret', 'token');
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
});

describe('steps that somebody sends in another order', () => {
  test('give nothing up, however old the rotation is', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    aws.pass(2 * HOUR);
    for (const step of ['setSecret', 'finishSecret']) await aws.step(step, 'token').catch(() => undefined);
    expect(aws.versionWith('AWSPENDING')).toBe('token');
    expect((await aws.retry('token')).error).toBeUndefined();
  });

  test('do not take the mark of testSecret off the pending version', async () => {
    const aws = await FakeAws.withFirstKey();
    aws.register('token');
    for (const step of ['createSecret', 'testSecret']) await aws.step(step, 'token');
    await aws.step('testSecret', aws.versionWith('AWSCURRENT')!);
    await aws.step('finishSecret', 'token');
    expect(aws.versionWith('AWSCURRENT')).toBe('token');
  });

  test('do not roll back what another copy has made current', async () => {
    const service = await FakeService.withFirst(ONE_ACCOUNT);
    service.mayRefuseWhilePending = true;
    service.register('token');
    for (const step of ['createSecret', 'setSecret']) await service.step(step, 'token');
    service.pass(HOUR);
    service.fail({ action: 'SetPassword', when: 'before', does: async () => { for (const step of ['testSecret', 'finishSecret']) await service.step(step, 'token'); } });
    await service.step('finishSecret', 'token').catch(() => undefined);
    for (const step of ['testSecret', 'finishSecret']) await service.step(step, 'token').catch(() => undefined);
    service.heal();
    expect(service.currentWorks()).toBe(true);
    service.pass(30 * DAY);
    expect((await service.rotate()).error).toBeUndefined();
  });

  test('nor revoke what another copy has stored', async () => {
    const service = await FakeService.withFirst(IDEMPOTENT_TOKEN);
    service.register('token');
    service.fail({ action: 'IssueToken', when: 'before', does: async () => { await service.retry('token'); } });
    await service.step('createSecret', 'token').catch(() => undefined);
    expect(service.currentWorks()).toBe(true);
  });
});

test('a version that has been current is not made current again, whoever asks for its rotation', async () => {
  const aws = await FakeAws.withFirstKey();
  await aws.rotate();
  aws.pass(HOUR);
  const [old, current] = [aws.versionWith('AWSPREVIOUS')!, aws.keyId('AWSCURRENT')];
  aws.label('AWSPENDING', old);
  expect((await aws.retry(old)).error?.message).toContain('was current before, and is not made so again: rotate without its id');
  expect(aws.keyId('AWSCURRENT')).toBe(current);
  expect(aws.versionWith('AWSPENDING')).toBeUndefined();
  expect(aws.keyIds()).toHaveLength(2);
});

test.each(['replaced', 'abandoned'] as const)('a label dates what happened, in letters, digits and a hyphen: %s', (event) => {
  const at = new Date('2026-01-31T04:05:06.789Z');
  expect(datedLabel(event, at)).toBe(`${event}-20260131T040506789Z`);
  expect(dateIn(datedLabel(event, at), event)).toEqual(at);
  const others = ['replaced-', `${event}-20261331T040506789Z`, `${datedLabel(event, at)}x`, `x${datedLabel(event, at)}`, `${event}-2026-01-31T04:05:06.789Z`];
  for (const other of others) expect(dateIn(other, event)).toBeUndefined();
  expect(dateIn(datedLabel(event, at), event === 'replaced' ? 'abandoned' : 'replaced')).toBeUndefined();
});
