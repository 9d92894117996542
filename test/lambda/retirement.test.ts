import { DAY, FakeAws, HOUR, SECOND } from './fake-aws';
import { planRetirement } from '../../lambda/iam-key/retirement';
import type { KeyFacts, RoomRules } from '../../lambda/iam-key/room';

const NOW = Date.parse('2026-06-01T00:00:00.000Z');
const ago = (millis: number) => new Date(NOW - millis);
const TIMEOUT = 300 * SECOND;
const RETIRE = { deactivateSeconds: 7 * 86_400, deleteSeconds: 14 * 86_400, atOnce: false };
const RULES: RoomRules = {
  now: new Date(NOW),
  attempts: [],
  secretCreatedAt: ago(300 * DAY),
  ownsUser: false,
  isFirst: false,
  currentIsMissing: false,
  overlapSeconds: 7 * 86_400,
  evenIfInUse: false,
  intervalSeconds: 30 * 86_400,
  timeoutSeconds: TIMEOUT / SECOND,
  isForAdministrator: false,
  unrecordedKey: 'reclaimUnused',
  laggingReplicas: [],
};

test.each<[string, Partial<KeyFacts>, Partial<RoomRules>, string[]]>([
  ['a key that was just replaced', { replacedAt: ago(HOUR) }, {}, []],
  ['one replaced so long ago that it is due, but for a copy of the step that moved AWSCURRENT late', { replacedAt: ago(7 * DAY) }, {}, []],
  ['one that is due', { replacedAt: ago(7 * DAY + TIMEOUT) }, {}, ['deactivate']],
  ['one that is due and was used a moment ago', { replacedAt: ago(10 * DAY), lastUsedAt: ago(HOUR) }, {}, []],
  ['one that was used a moment ago, where that does not matter', { replacedAt: ago(10 * DAY), lastUsedAt: ago(HOUR) }, { evenIfInUse: true }, ['deactivate']],
  ['one that was used one overlap ago', { replacedAt: ago(10 * DAY), lastUsedAt: ago(7 * DAY) }, {}, ['deactivate']],
  ['one that is used for two intervals', { replacedAt: ago(60 * DAY), lastUsedAt: ago(0) }, {}, ['deactivate']],
  ['one that is inactive and not due to be deleted', { replacedAt: ago(10 * DAY), active: false }, {}, []],
  ['one that is inactive and due to be deleted', { replacedAt: ago(14 * DAY + TIMEOUT), active: false }, {}, ['remove']],
  ['one that was used for long: it stays inactive as long as one that was not', { replacedAt: ago(20 * DAY), lastUsedAt: ago(10 * DAY), active: false }, {}, []],
  ['one of which checks were lost', { replacedAt: ago(14 * DAY + TIMEOUT) }, {}, ['remove']],
  ['one that a replica may still hold', { replacedAt: ago(10 * DAY) }, { laggingReplicas: [{ region: 'eu-west-1', inProgress: false }] }, []],
  ['the current key', { role: 'current', replacedAt: ago(90 * DAY) }, {}, []],
  ['the pending key', { role: 'pending', replacedAt: ago(90 * DAY) }, {}, []],
  ['a key that nobody recorded', { createdAt: ago(900 * DAY) }, { unrecordedKey: 'delete' }, []],
])('%s', (_what, facts, rules, expected) => {
  const key: KeyFacts = { id: 'KEY', role: 'other', active: true, createdAt: ago(60 * DAY), ...facts };
  expect(planRetirement([key], { ...RULES, ...rules }, RETIRE).map(({ action }) => action)).toEqual(expected);
});

test('in an emergency neither use nor a replica keeps a key', () => {
  const key: KeyFacts = { id: 'KEY', role: 'other', active: true, createdAt: ago(60 * DAY), replacedAt: ago(0), lastUsedAt: ago(0) };
  const rules = { ...RULES, overlapSeconds: 0, laggingReplicas: [{ region: 'eu-west-1', inProgress: false }] };
  expect(planRetirement([key], rules, { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true })).toMatchObject([{ action: 'remove' }]);
});

/** A secret with a previous key, and a policy that retires it. */
async function rotated(previousKey: Partial<FakeAws['settings']['previousKey']> = { retire: RETIRE }) {
  const aws = await FakeAws.withFirstKey();
  aws.settings = { ...aws.settings, previousKey: { ...aws.settings.previousKey, ...previousKey } };
  const { error } = await aws.rotate();
  expect(error).toBeUndefined();
  aws.calls.length = 0;
  return { aws, previous: aws.keyId('AWSPREVIOUS')!, current: aws.keyId('AWSCURRENT')! };
}

describe('the scheduled check', () => {
  test('deactivates, then deletes, each when it is due and once', async () => {
    const { aws, previous, current } = await rotated();
    expect(await aws.retire('retireDue')).toEqual({ decision: 'nothing', why: 'nothing is due' });
    aws.pass(8 * DAY);
    expect(await aws.retire('retireDue')).toMatchObject({ decision: 'retired', ids: { deactivated: previous } });
    expect(await aws.retire('retireDue')).toMatchObject({ decision: 'nothing' });
    expect(aws.keys.get(previous)?.active).toBe(false);
    aws.pass(7 * DAY);
    expect(await aws.retire('retireDue')).toMatchObject({ decision: 'retired', ids: { removed: previous } });
    expect(await aws.retire('retireDue')).toMatchObject({ decision: 'nothing' });
    expect(aws.keyIds()).toEqual([current]);
    expect(aws.labels()).toEqual([current, 'AWSCURRENT', 'AWSPREVIOUS', 'tested'].sort());
  });

  test('does nothing by a policy that retires nothing', async () => {
    const { aws } = await rotated({});
    aws.pass(90 * DAY);
    expect(await aws.retire('retireDue')).toMatchObject({ decision: 'nothing' });
    expect(aws.keyIds()).toHaveLength(2);
  });

  test.each<[string, (aws: FakeAws, current: string) => void, RegExp]>([
    ['is missing', (aws, current) => aws.keys.delete(current), /the current key AKIA\w+ is missing/],
    ['is inactive', (aws, current) => { aws.keys.get(current)!.active = false; }, /the current key AKIA\w+ is inactive/],
    ['cannot be read', (aws) => aws.edit((value) => { delete value.aws_access_key_id; }), /no key that can be read/],
  ])('does nothing while the current key %s: the replaced one may be all that works', async (what, harm, why) => {
    const { aws, previous, current } = await rotated();
    aws.pass(60 * DAY);
    harm(aws, current);
    expect(await aws.retire('retireDue')).toEqual({ decision: 'nothing', why: expect.stringMatching(why) });
    expect(aws.keys.get(previous)?.active).toBe(true);
    const retired = aws.retire('retire', previous);
    if (what === 'is inactive') await expect(retired).resolves.toMatchObject({ ids: { removed: previous } }); // on its owner's word
    else await expect(retired).rejects.toThrow(why);
  });

  test.each([['before', 8], ['after', 8], ['before', 15], ['after', 15]] as const)('that dies %s any call is made good by the next one, on day %i', async (when, days) => {
    for (let nth = 1; nth < 14; nth++) {
      const { aws, previous, current } = await rotated();
      aws.pass(days * DAY);
      aws.fail({ action: '*', nth, when, does: 'die' });
      await aws.retire('retireDue').catch(() => undefined);
      aws.heal();
      await aws.retire('retireDue');
      expect(aws.keys.get(current)?.active).toBe(true);
      expect(aws.keys.get(previous)?.active).toBe(days === 8 ? false : undefined);
    }
  });

  test('reactivates a key that a person makes current meanwhile', async () => {
    const { aws, previous } = await rotated();
    aws.pass(8 * DAY);
    aws.fail({ action: 'UpdateAccessKey', when: 'after', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    await expect(aws.retire('retireDue')).rejects.toThrow(`${previous} is not removed: it is the current credential`);
    expect(aws.keys.get(previous)?.active).toBe(true);
  });
});

describe('retire now', () => {
  test('removes a replaced key, whatever its overlap and use', async () => {
    const { aws, previous, current } = await rotated({ isForAdministrator: true });
    aws.keys.get(previous)!.lastUsedAt = aws.now;
    expect(await aws.retire('retire', previous)).toMatchObject({ decision: 'retired', ids: { removed: previous } });
    expect(aws.keyIds()).toEqual([current]);
    expect(await aws.retire('retire', previous)).toEqual({ decision: 'nothing', why: 'it is gone already' });
  });

  test('of a key that is named removes that one, and refuses the current one and a person\'s', async () => {
    const { aws, previous, current } = await rotated();
    await expect(aws.retire('retire', current)).rejects.toThrow(`${current} is not retired: it is the current key; rotate first`);
    expect(await aws.retire('retire', previous)).toMatchObject({ ids: { removed: previous } });
    const persons = aws.makeKey();
    await expect(aws.retire('retire', persons.id)).rejects.toThrow(`${persons.id} is not retired: the secret does not record it`);
    expect(await aws.retire('retire', previous)).toMatchObject({ decision: 'nothing' });
    expect(aws.keyIds()).toEqual([current, persons.id]);
  });

  test('refuses the key of a rotation that is under way', async () => {
    const { aws } = await rotated();
    aws.pass(30 * DAY);
    aws.register('the-next-version-of-the-secret-1234');
    await aws.step('createSecret', 'the-next-version-of-the-secret-1234');
    const pending = aws.keyId('AWSPENDING')!;
    await expect(aws.retire('retire', pending)).rejects.toThrow('it is the pending key');
    expect(aws.keyIds()).toContain(pending);
  });

  test('waits with the key of an abandoned rotation until no stalled copy of finishSecret can make it current', async () => {
    const { aws, previous } = await rotated();
    aws.pass(30 * DAY);
    await aws.retire('retire', previous);
    expect(aws.keyIds()).not.toContain(previous);
    aws.register('the-next-version-of-the-secret-1234');
    await aws.step('createSecret', 'the-next-version-of-the-secret-1234');
    const abandoned = aws.keyId('AWSPENDING')!;
    aws.unlabel('AWSPENDING');
    await expect(aws.retire('retire', abandoned)).rejects.toThrow(`${abandoned} is not retired: it has only just ceased to be pending`);
    expect(aws.keys.get(abandoned)?.active).toBe(true);
    aws.pass(TIMEOUT + SECOND);
    expect(await aws.retire('retire', abandoned)).toMatchObject({ ids: { removed: abandoned } });
  });

  test('waits with a key that a person has put back behind the one it had replaced, for a stalled copy of finishSecret, too', async () => {
    const { aws, previous, current } = await rotated();
    aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!);
    await expect(aws.retire('retire', current)).rejects.toThrow(`${current} is not retired: it has only just ceased to be pending or current`);
    aws.pass(TIMEOUT + SECOND);
    expect(await aws.retire('retire', current)).toMatchObject({ ids: { removed: current } });
    expect(aws.keyIds()).toEqual([previous]);
  });

  test.each([undefined, '', 42, 'the-secret-access-key/0123456789+ABCDEFGH', 'AWSPREVIOUS'])('asks for the id of a key, and does not repeat what it got: %p', async (id) => {
    const { aws, previous } = await rotated();
    const { message } = await aws.retire('retire', id as string).catch((error: Error) => error) as Error;
    expect(message).toContain('"KeyId" must be the id of the access key to retire, such as AKIA…, got something else');
    expect(message).not.toContain('the-secret-access-key');
    expect(aws.keyIds()).toContain(previous);
  });
});

describe('a policy that retires at once', () => {
  const AT_ONCE = { overlapSeconds: 0, evenIfInUse: true, retire: { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true } };

  test('removes the replaced key with the rotation', async () => {
    const { aws, current } = await rotated(AT_ONCE);
    expect(aws.keyIds()).toEqual([current]);
    expect(aws.labels()).toEqual([current, 'AWSCURRENT', 'AWSPREVIOUS', 'tested'].sort());
  });

  test.each(['before', 'after'] as const)('and, if the step dies %s any call after the move, when it is repeated', async (when) => {
    for (let nth = 1; nth < 16; nth++) {
      const { aws } = await rotated(AT_ONCE);
      const token = 'the-next-version-of-the-secret-1234';
      aws.register(token);
      for (const step of ['createSecret', 'testSecret']) await aws.step(step, token);
      aws.fail({ action: '*', nth, when, does: 'die' });
      await aws.step('finishSecret', token).catch(() => undefined);
      aws.heal();
      await aws.step('finishSecret', token);
      expect(aws.keyIds()).toEqual([aws.keyId('AWSCURRENT')]);
      expect(aws.versionWith('AWSCURRENT')).toBe(token);
    }
  });

  test('leaves the key of an abandoned rotation alone until no stalled copy of finishSecret can make it current', async () => {
    const { aws } = await rotated(AT_ONCE);
    const [token, next] = ['the-next-version-of-the-secret-1234', 'the-version-after-the-next-one-1234'];
    aws.register(token);
    for (const step of ['createSecret', 'testSecret']) await aws.step(step, token);
    const abandoned = aws.keyId('AWSPENDING')!;
    aws.unlabel('AWSPENDING');
    aws.register(next);
    await expect(aws.step('createSecret', next)).rejects.toThrow(`${abandoned} (active, created`);
    expect(aws.keys.get(abandoned)?.active).toBe(true);
    aws.pass(TIMEOUT);
    await aws.step('createSecret', next);
    expect(aws.keyIds()).not.toContain(abandoned);
  });

  test.each([['one read does', 1], ['two reads do', 2]])('leaves the replaced key alone if a person writes it back and %s not show it yet', async (_what, lateReads) => {
    const { aws } = await rotated(AT_ONCE);
    const token = 'the-next-version-of-the-secret-1234';
    aws.register(token);
    for (const step of ['createSecret', 'testSecret']) await aws.step(step, token);
    const [goes, before] = [aws.keyId('AWSCURRENT')!, aws.text('AWSCURRENT')!];
    aws.calls.length = 0;
    aws.fail({
      action: 'ListAccessKeys',
      when: 'before',
      does: () => {
        aws.put('written-back', JSON.stringify({ ...JSON.parse(before), edit: 1 }), ['AWSCURRENT']);
        for (let nth = 1; nth <= lateReads; nth++) aws.fail({ action: 'GetSecretValue', nth, when: 'before', does: 'ResourceNotFoundException' });
      },
    });
    await expect(aws.step('finishSecret', token)).rejects.toThrow('nothing is removed: the current version written-back of secret');
    expect(aws.keyId('AWSCURRENT')).toBe(goes);
    expect(aws.keys.get(goes)?.active).toBe(true);
    expect(aws.calls).not.toContain('UpdateAccessKey');
  });

  test('fails the step, so that it is repeated, if the new key is not listed yet', async () => {
    const { aws } = await rotated(AT_ONCE);
    const token = 'the-next-version-of-the-secret-1234';
    aws.register(token);
    for (const step of ['createSecret', 'testSecret']) await aws.step(step, token);
    const pending = aws.keyId('AWSPENDING')!;
    const key = aws.keys.get(pending)!;
    aws.fail({ action: 'UpdateSecretVersionStage', nth: 2, when: 'after', does: () => { aws.keys.delete(pending); } });
    await expect(aws.step('finishSecret', token)).rejects.toThrow(`still works: the current key ${pending} is missing`);
    aws.keys.set(pending, key);
    await aws.step('finishSecret', token);
    expect(aws.keyIds()).toEqual([pending]);
  });
});
