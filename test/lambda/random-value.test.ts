import * as fc from 'fast-check';
import { generate, whyImpossible, whyNot } from '../../lambda/random-value/random-value';
import type { RandomValueSettings } from '../../src/private/settings';

/** Sets of whole characters, of one to four bytes each. */
const characterSet = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => [...one].length === 1), { minLength: 2, maxLength: 80 })
  .map((characters) => characters.join(''));
const characters = fc.record({ kind: fc.constant('characters' as const), length: fc.integer({ min: 1, max: 300 }), characters: characterSet });
const bytes = fc.record({ kind: fc.constant('bytes' as const), bytes: fc.integer({ min: 1, max: 300 }), encoding: fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const) });
const anyValue: fc.Arbitrary<RandomValueSettings> = fc.oneof(characters, bytes);

/** What must hold for random texts, too. */
function always<T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => boolean): void {
  fc.assert(fc.property(arbitrary, predicate));
}

describe('a random value', () => {
  test('is as asked for, and comes through JSON unchanged', () => {
    always(anyValue, (value) => {
      const made = generate(value);
      return whyNot(value, made) === undefined && JSON.parse(JSON.stringify(made)) === made;
    });
  });

  test('of characters has as many characters as asked for, each of the set, however many bytes they take', () => {
    always(characters, (value) => {
      const made = [...generate(value)];
      return made.length === value.length && made.every((one) => [...value.characters].includes(one));
    });
  });

  test('of bytes has as many bytes as asked for, once it is decoded', () => {
    always(bytes, (value) => Buffer.from(generate(value), value.encoding).length === value.bytes);
  });

  test.each([
    ['hex', 32, /^[0-9a-f]{64}$/],
    ['base64', 32, /^[A-Za-z0-9+/]{43}=$/],
    ['base64url', 32, /^[A-Za-z0-9_-]{43}$/],
    ['base64', 3, /^[A-Za-z0-9+/]{4}$/],
    ['base64url', 1, /^[A-Za-z0-9_-]{2}$/],
  ] as const)('in %s of %d bytes looks like %s', (encoding, count, pattern) => {
    expect(generate({ kind: 'bytes', bytes: count, encoding })).toMatch(pattern);
  });

  test('takes each character of the set as often as any other', () => {
    const set = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']; // no power of two: a careless remainder would prefer some
    const drawn = 62_000;
    const counts = new Map(set.map((one) => [one, 0]));
    for (const one of generate({ kind: 'characters', length: drawn, characters: set.join('') })) counts.set(one, counts.get(one)! + 1);
    const expected = drawn / set.length;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(140); // with 61 degrees of freedom one honest run in twenty million is above
  });

  test('is another one each time', () => {
    const made = Array.from({ length: 1000 }, () => generate({ kind: 'bytes', bytes: 16, encoding: 'hex' }));
    expect(new Set(made).size).toBe(1000);
  });

  test('is never the one that it replaces, however few there are', () => {
    for (let i = 0; i < 50; i++) expect(generate({ kind: 'characters', length: 1, characters: 'ab' }, 'a')).toBe('b');
  });
});

describe('a text that is no such value', () => {
  test('is told by its length, in characters', () => {
    expect(whyNot({ kind: 'characters', length: 2, characters: '🔑🔒' }, '🔑🔒🔑')).toBe('it has 3 characters, not 2');
    expect(whyNot({ kind: 'characters', length: 2, characters: '🔑🔒' }, '🔑🔒')).toBeUndefined();
  });

  test('is told by a character that is not of the set, which is not shown', () => {
    expect(whyNot({ kind: 'characters', length: 2, characters: 'ab' }, 'aX')).toBe('it has characters other than those asked for');
  });

  test.each([
    ['hex', 2, 'ABCD'], ['hex', 2, 'abc'], ['hex', 2, 'abcdef'], ['hex', 2, 'abxd'],
    ['base64', 2, 'AAA'], ['base64', 2, 'AAAAAA=='], ['base64', 2, ' AAA='],
    ['base64url', 2, 'AAA='], ['base64url', 3, '++++'],
  ] as const)('in %s of %d bytes is %s', (encoding, count, text) => {
    expect(whyNot({ kind: 'bytes', bytes: count, encoding }, text)).toBe(`it is not ${count} bytes as ${encoding}`);
  });
});

describe('a value that cannot be made', () => {
  test.each<[string, RandomValueSettings, string]>([
    ['no characters', { kind: 'characters', length: 0, characters: 'ab' }, 'its length must be a whole number from 1 to 65536, and is 0'],
    ['half a byte', { kind: 'bytes', bytes: 1.5, encoding: 'hex' }, 'and is 1.5'],
    ['more than a secret holds', { kind: 'bytes', bytes: 65_537, encoding: 'hex' }, 'and is 65537'],
    ['a length that is a text', { kind: 'characters', length: '32' as unknown as number, characters: 'ab' }, 'and is "32"'],
    ['no set', { kind: 'characters', length: 2, characters: '' }, 'its character set must have at least two different characters'],
    ['a set of one', { kind: 'characters', length: 2, characters: 'aa' }, 'its character set must have at least two different characters'],
  ])('has %s', (_what, value, why) => {
    expect(whyImpossible(value)).toContain(why);
  });

  test('is not one that can', () => {
    always(anyValue, (value) => whyImpossible(value) === undefined);
  });
});
