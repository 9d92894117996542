// How random values are described, and which descriptions are refused.
import { CfnParameter, Token } from 'aws-cdk-lib';
import { RandomValue } from '../src';
import { stackIn } from './private/synthesis';

const LETTERS_AND_DIGITS = /^[A-Za-z0-9]{62}$/;

describe('characters', () => {
  test('are letters and digits by default', () => {
    expect(RandomValue.characters(32)._render()).toEqual({ kind: 'characters', length: 32, characters: expect.stringMatching(LETTERS_AND_DIGITS) });
  });

  test('can be of any set, of which each is a character', () => {
    expect(RandomValue.characters(4, 'aé🔑')._render()).toEqual({ kind: 'characters', length: 4, characters: 'aé🔑' });
  });

  test.each([
    ['', "'characters' must contain at least two different characters, got: ''"],
    ['a', "'characters' must contain at least two different characters, got: 'a'"],
    ['🔑', "'characters' must contain at least two different characters, got: '🔑'"],
    ['abcb', "'characters' must contain each character once, so that all are equally likely, got: 'b' twice"],
    ['a\ud83d', "'characters' must contain whole characters only, got: half of a surrogate pair. Remove it, or add its other half."],
  ])('of the set %j are refused', (characters, message) => {
    expect(() => RandomValue.characters(32, characters)).toThrow(message);
  });

  test('of a set that is known at deployment only are let through', () => {
    expect(() => RandomValue.characters(32, new CfnParameter(stackIn(), 'Set').valueAsString)).not.toThrow();
  });
});

describe.each<[string, 'characters' | 'bytes', (length: number) => RandomValue]>([
  ['characters', 'characters', (length) => RandomValue.characters(length)],
  ['hex', 'bytes', RandomValue.hex],
  ['base64', 'bytes', RandomValue.base64],
  ['base64url', 'bytes', RandomValue.base64url],
])('the length of %s, which counts %s,', (_kind, unit, make) => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is refused if it is %d', (length) => {
    expect(() => make(length)).toThrow(`a random value must have a whole number of ${unit}, at least 1, got: ${length}`);
  });

  test('is refused if a secret cannot hold it', () => {
    expect(() => make(65_537)).toThrow(`a random value must have at most 65536 ${unit}, the maximum size of a secret, got: 65537`);
  });

  test('is let through if it is known at deployment only', () => {
    expect(() => make(Token.asNumber({ Ref: 'Length' }))).not.toThrow();
  });
});

test.each<[string, RandomValue, object, number]>([
  ['hex', RandomValue.hex(32), { kind: 'bytes', bytes: 32, encoding: 'hex' }, 64],
  ['base64', RandomValue.base64(32), { kind: 'bytes', bytes: 32, encoding: 'base64' }, 44],
  ['base64url', RandomValue.base64url(32), { kind: 'bytes', bytes: 32, encoding: 'base64url' }, 43],
  ['plain characters', RandomValue.characters(32), { kind: 'characters', length: 32 }, 32],
  ['characters of four bytes', RandomValue.characters(32, 'a🔑'), { length: 32 }, 128],
  ['characters that JSON writes as two', RandomValue.characters(32, 'a"'), { length: 32 }, 64],
  ['characters that JSON writes as six', RandomValue.characters(32, 'a\u0001'), { length: 32 }, 192],
])('%s are told to the function, and counted as they are stored', (_what, value, settings, bytes) => {
  expect(value._render()).toMatchObject(settings);
  expect(value._maxBytes()).toBe(bytes);
});
