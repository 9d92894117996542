import { DAY, HOUR, SECOND } from './fake-aws';
import { explainNoRoom, isLeftover, KeyFacts, planRoom, RoomRules } from '../../lambda/iam-key/room';

const NOW = Date.parse('2026-06-01T00:00:00.500Z');
const ago = (millis: number) => new Date(NOW - millis);

/** A copy of the step is dead after its timeout, and what it has stored is read by everybody a minute later. */
const GRACE = 360 * SECOND;

const RULES: RoomRules = {
  now: new Date(NOW),
  attempts: [{ from: ago(GRACE + 2 * SECOND) }],
  secretCreatedAt: ago(300 * DAY),
  ownsUser: false,
  isFirst: false,
  currentIsMissing: false,
  overlapSeconds: 7 * 86_400,
  evenIfInUse: false,
  intervalSeconds: 30 * 86_400,
  timeoutSeconds: 300,
  isForAdministrator: false,
  unrecordedKey: 'reclaimUnused',
  laggingReplicas: [],
};
const CURRENT: KeyFacts = { id: 'CURRENT', role: 'current', active: true, createdAt: ago(30 * DAY) };
const other = (facts: Partial<KeyFacts>): KeyFacts => ({ id: 'OTHER', role: 'other', active: true, createdAt: ago(60 * DAY), ...facts });

/** A key that may go now, one that is kept until some time from now, or one that is kept until a person decides. */
type Expected = 'goes' | 'stays' | number;

const FAILED = [{ region: 'eu-west-1', inProgress: false }];
const REFUSE = { unrecordedKey: 'refuse' } as const;
const DELETE = { unrecordedKey: 'delete' } as const;

const cases: Array<[string, Partial<KeyFacts>, Partial<RoomRules>, Expected]> = [
  // for an administrator
  ['a replaced key that is for an administrator', { replacedAt: ago(90 * DAY) }, { isForAdministrator: true }, 'stays'],
  ['one that is inactive, too', { replacedAt: ago(90 * DAY), active: false }, { isForAdministrator: true }, 'stays'],
  ['an attempt that died leaves nothing to an administrator', { createdAt: ago(GRACE) }, { isForAdministrator: true }, 'goes'],
  // unrecorded ones by policy
  ['under REFUSE one that this rotation has left', { createdAt: ago(GRACE) }, REFUSE, 'goes'],
  ['under REFUSE one that this rotation may still store', { createdAt: ago(GRACE - SECOND) }, REFUSE, SECOND],
  ['under REFUSE an old one that was never used', { createdAt: ago(90 * DAY) }, REFUSE, 'stays'],
  ['under REFUSE a recorded one that was replaced long ago', { replacedAt: ago(8 * DAY) }, REFUSE, 'goes'],
  ['under DELETE one in use, made a month ago', { createdAt: ago(30 * DAY), lastUsedAt: ago(0) }, DELETE, 7 * DAY],
  ['under DELETE one in use for two intervals', { createdAt: ago(60 * DAY), lastUsedAt: ago(0) }, DELETE, 'goes'],
  ['under DELETE one just made and used', { createdAt: ago(HOUR), lastUsedAt: ago(HOUR) }, DELETE, 7 * DAY + 300 * SECOND - HOUR],
  ['under DELETE one of a person, with an administrator for the replaced ones', { createdAt: ago(60 * DAY), lastUsedAt: ago(0) }, { ...DELETE, isForAdministrator: true }, 'goes'],
  // of a rotation that was abandoned
  ['one that was pending a moment ago, without any overlap', { replacedAt: ago(0), unsettledUntil: ago(-HOUR) }, { overlapSeconds: 0 }, HOUR],
  ['one that is inactive, too', { replacedAt: ago(0), unsettledUntil: ago(-HOUR), active: false }, {}, HOUR],
  ['one that no copy of its rotation can make current any more', { replacedAt: ago(HOUR), unsettledUntil: ago(0) }, { overlapSeconds: 0 }, 'goes'],
  ['under DELETE one that a copy of the step may be about to store, without any overlap', { createdAt: ago(SECOND) }, { ...DELETE, overlapSeconds: 0, attempts: [{ from: ago(0) }] }, GRACE - SECOND],
  ['under DELETE one that none can store any more, without any overlap', { createdAt: ago(GRACE) }, { ...DELETE, overlapSeconds: 0, attempts: [{ from: ago(0) }] }, 'goes'],
  // replicas
  ['a replaced key that a replica may still hold', { replacedAt: ago(8 * DAY) }, { laggingReplicas: FAILED }, 52 * DAY],
  ['one of two intervals ago that a replica may still hold', { replacedAt: ago(60 * DAY) }, { laggingReplicas: FAILED }, 'goes'],
  ['one that a replica is just about to forget', { replacedAt: ago(8 * DAY) }, { laggingReplicas: [{ region: 'eu-west-1', inProgress: true }] }, 300 * SECOND],
  ['an inactive one that a replica may still hold', { replacedAt: ago(8 * DAY), active: false }, { laggingReplicas: FAILED }, 'goes'],
  // unrecorded
  ['an unrecorded key made after the registration, when no copy of the step can be alive', { createdAt: ago(GRACE) }, {}, 'goes'],
  ['one that a stalled copy of the step may still store', { createdAt: ago(GRACE - SECOND) }, {}, SECOND],
  ['one made for the first key of a stack, which is tried again only after it has ended', { createdAt: ago(SECOND) }, { isFirst: true }, 'goes'],
  ['one made in the same second as the registration', { createdAt: ago(GRACE + 500) }, { attempts: [{ from: ago(GRACE + 100) }] }, 'goes'],
  ['one made a second before the registration', { createdAt: ago(GRACE + 3 * SECOND) }, { attempts: [{ from: ago(GRACE + SECOND) }] }, DAY - GRACE - 3 * SECOND],
  ['one made after the registration that somebody uses', { createdAt: ago(GRACE), lastUsedAt: ago(0) }, {}, 'stays'],
  ['an unrecorded key where the registration is unknown', { createdAt: ago(GRACE) }, { attempts: [] }, DAY - GRACE],
  ['a never-used unrecorded key of a day and more', { createdAt: ago(DAY + SECOND) }, {}, 'goes'],
  ['a never-used unrecorded key of almost a day', { createdAt: ago(DAY - HOUR) }, {}, HOUR],
  ['a never-used unrecorded key older than a short interval', { createdAt: ago(5 * HOUR) }, { intervalSeconds: 4 * 3600 }, 'goes'],
  ['a never-used unrecorded key younger than a short interval', { createdAt: ago(3 * HOUR) }, { intervalSeconds: 4 * 3600 }, HOUR],
  ['an old unrecorded key that was used once', { lastUsedAt: ago(59 * DAY) }, {}, 'stays'],
  // recorded
  ['a replaced key within its overlap', { replacedAt: ago(6 * DAY) }, {}, DAY + 300 * SECOND],
  ['a replaced key whose overlap ended less than the function\'s timeout ago', { replacedAt: ago(7 * DAY + 299 * SECOND) }, {}, SECOND],
  ['a replaced key after its overlap', { replacedAt: ago(7 * DAY + 300 * SECOND) }, {}, 'goes'],
  ['a replaced key after its overlap that was used a while ago', { replacedAt: ago(20 * DAY), lastUsedAt: ago(8 * DAY) }, {}, 'goes'],
  ['a replaced key that is still in use', { replacedAt: ago(20 * DAY), lastUsedAt: ago(HOUR) }, {}, 7 * DAY - HOUR],
  ['one still in use that may go even so', { replacedAt: ago(20 * DAY), lastUsedAt: ago(HOUR) }, { evenIfInUse: true }, 'goes'],
  ['one within its overlap that may go even if in use', { replacedAt: ago(DAY), lastUsedAt: ago(HOUR) }, { evenIfInUse: true }, 6 * DAY + 300 * SECOND],
  ['one just replaced, without overlap', { replacedAt: ago(SECOND) }, { overlapSeconds: 0 }, 'goes'],
  ['one just replaced and in use, without overlap', { replacedAt: ago(SECOND), lastUsedAt: ago(0) }, { overlapSeconds: 0, evenIfInUse: true }, 'goes'],
  ['one in use, two intervals after it was replaced', { replacedAt: ago(60 * DAY), lastUsedAt: ago(0) }, {}, 'goes'],
  ['one in use, almost two intervals after it was replaced', { replacedAt: ago(60 * DAY - HOUR), lastUsedAt: ago(0) }, {}, HOUR],
  ['one in use for half a year, on demand', { replacedAt: ago(180 * DAY), lastUsedAt: ago(0) }, { intervalSeconds: undefined }, 'goes'],
  ['one in use for 179 days, on demand', { replacedAt: ago(179 * DAY), lastUsedAt: ago(0) }, { intervalSeconds: undefined }, DAY],
  ['an inactive replaced key within its overlap', { replacedAt: ago(DAY), active: false }, {}, 'goes'],
  ['a replaced key in use while the current one is missing, even if it may go in use',
    { replacedAt: ago(20 * DAY), lastUsedAt: ago(HOUR) }, { currentIsMissing: true, evenIfInUse: true }, 7 * DAY - HOUR],
  ['an inactive replaced key within its overlap while the current one is missing',
    { replacedAt: ago(DAY), active: false }, { currentIsMissing: true }, 6 * DAY + 300 * SECOND],
  ['one just replaced, without overlap, while the current one is missing',
    { replacedAt: ago(SECOND) }, { currentIsMissing: true, overlapSeconds: 0 }, HOUR + 300 * SECOND - SECOND],
  ['a replaced key that nobody uses while the current one is missing', { replacedAt: ago(60 * DAY) }, { currentIsMissing: true }, 'goes'],
  ['an unrecorded inactive key that was used', { active: false, lastUsedAt: ago(50 * DAY) }, {}, 'stays'],
  // keys of an earlier secret of the same construct
  ['a key older than the secret, of a user made for it', { createdAt: ago(400 * DAY), lastUsedAt: ago(300 * DAY) }, { ownsUser: true }, 'goes'],
  ['a key older than the secret, of a user made for it, within its overlap', { createdAt: ago(9 * DAY) }, { ownsUser: true, secretCreatedAt: ago(DAY) }, 6 * DAY + 300 * SECOND],
  ['a key older than the secret, of a given user', { createdAt: ago(400 * DAY), lastUsedAt: ago(300 * DAY) }, {}, 'stays'],
  ['a key older than the secret when the first key is made, as no later attempt would be nearer to a date',
    { createdAt: ago(9 * DAY) }, { ownsUser: true, isFirst: true, secretCreatedAt: ago(0) }, 'stays'],
  ['a key older than the secret when the first key is made, without overlap',
    { createdAt: ago(9 * DAY), lastUsedAt: ago(0) }, { ownsUser: true, isFirst: true, secretCreatedAt: ago(0), overlapSeconds: 0, evenIfInUse: true }, 'goes'],
  // keys in use by the secret
  ['a pending key', { role: 'pending', active: false, createdAt: ago(90 * DAY) }, {}, 'stays'],
];

test.each(cases)('%s', (_what, facts, rules, expected) => {
  const key = other(facts);
  const plan = planRoom([CURRENT, key], { ...RULES, ...rules });
  if (expected === 'goes') {
    expect(plan).toEqual({ remove: [{ id: 'OTHER', why: expect.any(String) }], kept: [] });
  } else {
    expect(plan.remove).toEqual([]);
    expect(plan.kept.map((kept) => kept.key.id)).toEqual(['CURRENT', 'OTHER']);
    expect(plan.kept[1].until?.getTime()).toBe(expected === 'stays' ? undefined : NOW + expected);
  }
});

test('with one key, nothing goes and there is room', () => {
  expect(planRoom([CURRENT], RULES)).toEqual({ remove: [], kept: [] });
});

test('under REFUSE no rotation starts while there is a key that nobody recorded, even if there is room', () => {
  const plan = planRoom([other({ lastUsedAt: ago(DAY) })], { ...RULES, unrecordedKey: 'refuse' });
  expect(plan.kept).toHaveLength(1);
  expect(explainNoRoom('uploader', plan.kept).message).toMatch(/^user "uploader" has 1 access keys\. OTHER .* To go on now: delete OTHER in IAM/);
});

test('a never-used unrecorded key goes although there is room', () => {
  expect(planRoom([other({ createdAt: ago(2 * DAY) })], RULES).remove).toHaveLength(1);
});

test('a replaced key stays while there is room', () => {
  expect(planRoom([other({ replacedAt: ago(90 * DAY) })], RULES)).toEqual({ remove: [], kept: [] });
});

test('of several keys that may go, inactive ones go first, then those that were replaced first, and no more than needed', () => {
  const keys = [
    CURRENT,
    other({ id: 'LATE', replacedAt: ago(20 * DAY), createdAt: ago(200 * DAY) }),
    other({ id: 'EARLY', replacedAt: ago(50 * DAY), createdAt: ago(100 * DAY) }),
    other({ id: 'INACTIVE', replacedAt: ago(10 * DAY), active: false }),
  ];
  expect(planRoom(keys, RULES).remove.map(({ id }) => id)).toEqual(['INACTIVE', 'EARLY', 'LATE']);
  expect(planRoom(keys.slice(0, 3), RULES).remove.map(({ id }) => id)).toEqual(['EARLY', 'LATE']);
});

test('of two keys of an earlier secret, the one that was not used for longer goes', () => {
  const earlier = (id: string, days: number) => other({ id, createdAt: ago(400 * DAY), lastUsedAt: ago(days * DAY) });
  const rules = { ...RULES, ownsUser: true, secretCreatedAt: ago(0), overlapSeconds: 0, evenIfInUse: true };
  expect(planRoom([earlier('USED', 1), earlier('UNUSED', 60)], rules).remove.map(({ id }) => id)).toEqual(['UNUSED']);
});

test('removes nothing that would not make room', () => {
  const plan = planRoom([CURRENT, other({ id: 'DUE', replacedAt: ago(90 * DAY) }), other({ id: 'PERSON', lastUsedAt: ago(DAY) })], RULES);
  expect(plan.remove).toEqual([]);
  expect(plan.kept).toHaveLength(3);
});

test('the age or position of a key never decides', () => {
  const old = { ...CURRENT, createdAt: ago(900 * DAY) };
  const young = other({ createdAt: ago(HOUR), replacedAt: ago(8 * DAY) });
  expect(planRoom([old, young], RULES).remove.map(({ id }) => id)).toEqual(['OTHER']);
  expect(planRoom([young, old], RULES).remove.map(({ id }) => id)).toEqual(['OTHER']);
});

test('the explanation tells to delete no key that an earlier secret may hold as its current one', () => {
  const rules = { ...RULES, ownsUser: true, isFirst: true, secretCreatedAt: ago(0) };
  const earlier = (id: string) => other({ id, createdAt: ago(9 * DAY), lastUsedAt: ago(DAY) });
  const { message, retryAt } = explainNoRoom('uploader', planRoom([earlier('A'), earlier('B')], rules).kept);
  expect(message).toContain('delete the one of them that the earlier secret labels AWSPREVIOUS in IAM');
  expect(retryAt).toBeUndefined();
});

test.each([
  [{ ownsUser: true, nothingRecorded: false }, { lastUsedAt: undefined }, true],
  [{ ownsUser: true, nothingRecorded: false }, { lastUsedAt: ago(DAY) }, false],
  [{ ownsUser: true, nothingRecorded: false }, { lastUsedAt: ago(DAY), createdAt: ago(400 * DAY) }, true],
  [{ ownsUser: false, nothingRecorded: false }, { lastUsedAt: undefined }, false],
  [{ ownsUser: false, nothingRecorded: true, secretCreatedAt: ago(HOUR / 2) }, { createdAt: ago(HOUR / 3) }, true],
  [{ ownsUser: false, nothingRecorded: true, secretCreatedAt: ago(HOUR / 2) }, { createdAt: ago(HOUR / 3), lastUsedAt: ago(SECOND) }, false],
  [{ ownsUser: false, nothingRecorded: true, secretCreatedAt: ago(HOUR / 2) }, { createdAt: ago(DAY) }, false],
  [{ ownsUser: false, nothingRecorded: true, secretCreatedAt: ago(DAY) }, { createdAt: ago(HOUR / 3) }, false], // the secret was there before
])('of a secret that is deleted (%j), an unrecorded key (%j) goes, too: %s', (rules, facts, goes) => {
  expect(isLeftover({ createdAt: ago(DAY), ...facts }, { secretCreatedAt: ago(300 * DAY), now: new Date(NOW), ...rules })).toBe(goes);
});

test('the explanation says when a rotation succeeds, or that a person must decide', () => {
  const kept = (key: KeyFacts) => explainNoRoom('uploader', planRoom([CURRENT, key], RULES).kept);
  expect(kept(other({ replacedAt: ago(6 * DAY) })).retryAt).toEqual(new Date(NOW + DAY + 300 * SECOND));
  const undecided = kept(other({ lastUsedAt: ago(DAY) }));
  expect(undecided.retryAt).toBeUndefined();
  expect(undecided.message).toContain('no rotation succeeds until a person has decided');
  expect(undecided.message).not.toContain('overlap'); // which would not help
});
