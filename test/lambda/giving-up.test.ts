// One rule for giving up, for all kinds: at once where trying again is of no use, else after an hour. The next rotation then starts clean.
import { FakeService } from './custom/fake-service';
import { LISTED_TOKEN } from './custom/kinds';
import { DAY, FakeAws, GRACE, HOUR, SECOND } from './fake-aws';
import { endLabel, endOf } from '../../lambda/protocol/labels';

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
  async function abandoned(settings = {}) {
    const aws = await FakeAws.withFirstKey(settings);
    aws.register('given-up');
    await aws.step('createSecret', 'given-up');
    await aws.step('testSecret', 'given-up');
    const id = aws.keyId('AWSPENDING')!;
    aws.edit((value) => { value.note = 1; });
    await expect(aws.step('finishSecret', 'given-up')).rejects.toThrow('the secret was edited');
    return { aws, id };
  }

  test('lives until no stalled copy of a step can make it current, and is in nobody\'s way then', async () => {
    const { aws, id } = await abandoned();
    expect((await aws.rotate()).error?.message).toContain(`${id} (active`);
    aws.unlabel('AWSPENDING');
    aws.pass(GRACE);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(id);
  });

  test('is kept for an overlap if somebody has used it', async () => {
    const { aws, id } = await abandoned();
    Object.assign(aws.keys.get(id)!, { lastUsedAt: aws.now, lastUsedFor: 's3' });
    aws.pass(DAY);
    expect((await aws.rotate()).error?.message).toMatch(new RegExp(`${id} .* is kept because its overlap`));
    expect(aws.keyIds()).toContain(id);
  });

  test('counts as replaced only now if a person has made it current, and another one since', async () => {
    const { aws, id } = await abandoned();
    aws.pass(20 * DAY);
    const before = aws.versionWith('AWSCURRENT')!;
    aws.label('AWSCURRENT', 'given-up');
    aws.label('AWSCURRENT', before);
    expect((await aws.rotate()).error?.message).toMatch(new RegExp(`${id} .* is kept because its overlap \\(7 d from 2026-03-22`));
    expect(aws.keyIds()).toContain(id);
  });

  test.each([{ deactivateSeconds: 7 * 86_400, deleteSeconds: 14 * 86_400, atOnce: false }, { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true }])(
    'goes at the next check: %j', async (retire) => {
      const { aws, id } = await abandoned({ previousKey: { overlapSeconds: 86_400, evenIfInUse: false, isForAdministrator: false, retire } });
      await aws.retire('retireDue');
      expect(aws.keyIds()).toContain(id);
      aws.pass(GRACE);
      expect(await aws.retire('retireDue')).toMatchObject({ ids: { removed: id } });
    });

  test('goes also where replaced keys are for an administrator', async () => {
    const { aws, id } = await abandoned({ previousKey: { overlapSeconds: 86_400, evenIfInUse: false, isForAdministrator: true } });
    aws.pass(GRACE);
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(id);
  });
});

test('a token that may work yet is revoked when no copy of a step can make it current', async () => {
  const service = await FakeService.withFirst(LISTED_TOKEN);
  always(service, 'TryToken', 'Unauthorized');
  let { token, error } = await service.rotate();
  service.pass(HOUR);
  ({ token, error } = await service.retry(token));
  expect(error?.name).toBe('Abandoned');
  service.heal();
  ({ token, error } = await service.rotate());
  expect(error?.message).toContain('and kept until');
  service.pass(GRACE);
  expect((await service.retry(token)).error).toBeUndefined();
  expect(service.tokens.size).toBe(2);
  expect(service.violations).toEqual([]);
});

test.each(['replaced', 'abandoned'] as const)('a label says how and when it ended, in letters, digits and hyphens: %s', (kind) => {
  const end = { kind, at: new Date('2026-01-31T04:05:06.789Z') };
  expect(endLabel(end)).toBe(`${kind}-20260131T040506789Z`);
  expect(endOf(endLabel(end))).toEqual(end);
  const others = ['replaced-', `${kind}-20261331T040506789Z`, `${endLabel(end)}x`, `x${endLabel(end)}`, `${kind}-2026-01-31T04:05:06.789Z`];
  for (const other of others) expect(endOf(other)).toBeUndefined();
});
