// Each invariant of the crash matrix is noticed when it is broken.
import { Before, brokenAtDeath, brokenAtTheEnd, Expectation, SeenAtTheEnd } from './invariants';

const before: Before = { current: 'CURRENT', previous: 'PREVIOUS' };
const rotation: Expectation = { rotates: true, replacedGoes: false, previous: 'gone' };
const emergency: Expectation = { rotates: true, replacedGoes: true, previous: 'gone' };
const check: Expectation = { rotates: false, replacedGoes: false, previous: 'Inactive' };

const rotated: SeenAtTheEnd = {
  current: 'NEW',
  keys: { CURRENT: 'Active', NEW: 'Active' },
  works: ['CURRENT', 'NEW'],
  otherFieldsKept: true,
  ended: true,
  recorded: ['CURRENT', 'NEW'],
  isPending: false,
  leaks: 0,
};

test('a rotation that has succeeded breaks nothing', () => {
  expect(brokenAtTheEnd(before, rotation, rotated)).toEqual([]);
});

test('a death may leave everything as it was, or a new key that nobody uses yet', () => {
  const asItWas = { ...rotated, current: 'CURRENT', keys: { PREVIOUS: 'Active', CURRENT: 'Active' } } as const;
  expect(brokenAtDeath(before, rotation, asItWas)).toEqual([]);
  expect(brokenAtDeath(before, rotation, { ...asItWas, keys: { CURRENT: 'Active', NEW: 'Active' } })).toEqual([]);
});

test.each<[string, Expectation, Partial<SeenAtTheEnd>, string]>([
  ['the current key is gone', rotation, { keys: { CURRENT: 'Active' } }, 'the current key NEW is gone'],
  ['the current key is inactive', rotation, { keys: { CURRENT: 'Active', NEW: 'Inactive' } }, 'the current key NEW is Inactive'],
  ['the current key does not work', rotation, { works: ['CURRENT'] }, 'the current key NEW is active, but does not work'],
  ['the replaced key is gone', rotation, { keys: { NEW: 'Active' } }, 'the key CURRENT, current before, is gone'],
  ['the replaced key is inactive', rotation, { keys: { CURRENT: 'Inactive', NEW: 'Active' } }, 'the key CURRENT, current before, is Inactive'],
  ['the previous key has become current', rotation, { current: 'PREVIOUS' }, 'PREVIOUS has become current instead of CURRENT'],
  ['a check rotates', check, {}, 'NEW has become current instead of CURRENT'],
  ['a check deletes what it is to deactivate', check, { current: 'CURRENT', keys: { CURRENT: 'Active' } }, 'the previous key PREVIOUS is gone'],
  ['there are three keys', rotation, { keys: { CURRENT: 'Active', NEW: 'Active', THIRD: 'Active' } }, 'the user has 3 keys'],
  ['a field is lost', rotation, { otherFieldsKept: false }, 'another field of the secret is lost'],
])('it is noticed in a moment of death that %s', (_what, expected, seen, message) => {
  expect(brokenAtDeath(before, expected, { ...rotated, ...seen })).toContain(message);
});

test.each<[string, Expectation, Partial<SeenAtTheEnd>, string]>([
  ['it never succeeds', rotation, { ended: false }, 'it does not succeed, however often it is tried again'],
  ['nothing was replaced', rotation, { current: 'CURRENT' }, 'the key was not replaced'],
  ['a version is pending', rotation, { isPending: true }, 'a version is pending still'],
  ['the log holds a secret', rotation, { leaks: 2 }, '2 lines of the log hold a secret access key'],
  ['the previous key is there', rotation, { keys: { PREVIOUS: 'Active', NEW: 'Active' } }, 'the previous key PREVIOUS is Active, not gone'],
  ['the replaced key outlives an emergency', emergency, {}, 'the replaced key CURRENT is Active, not gone'],
  ['a key is recorded nowhere', rotation, { recorded: ['NEW'] }, 'key CURRENT is recorded nowhere'],
  ['the replaced key does not work', rotation, { works: ['NEW'] }, 'key CURRENT is active, but does not work'],
])('it is noticed at the end that %s', (_what, expected, seen, message) => {
  expect(brokenAtTheEnd(before, expected, { ...rotated, ...seen })).toContain(message);
});
