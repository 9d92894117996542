// Nothing that a secret holds is seen in a message, in whichever form a hook has written it there.
import fc from 'fast-check';
import { blank, textsIn } from '../../../lambda/custom/blank';

/** How it is written, and what is left of that at most. */
const FORMS: Array<[string, (value: string) => string, string]> = [
  ['as it is', (value) => value, '***'],
  ['without the space around it', (value) => value.trim(), '***'],
  ['as JSON', (value) => JSON.stringify({ token: value }), '{"token":"***"}'],
  ['as JSON in JSON', (value) => JSON.stringify({ body: JSON.stringify({ token: value }) }), '{"body":"{\\"token\\":\\"***\\"}"}'],
  ['as JSON of ASCII alone', (value) => JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`), '"***"'],
  ['as JSON with escaped slashes', (value) => JSON.stringify(value).replaceAll('/', '\\/'), '"***"'],
  ['in a URL', (value) => `https://service.example/?token=${encodeURIComponent(value)}`, 'https://service.example/?token=***'],
  ['in a URL with small letters', (value) => encodeURIComponent(value).replace(/%../g, (escape) => escape.toLowerCase()), '***'],
  ['as a whole URL', encodeURI, '***'],
  ['in a form', (value) => new URLSearchParams({ token: value }).toString(), 'token=***'],
  ['in hex', (value) => Buffer.from(value).toString('hex'), '***'],
  // At its edges a letter of base64 stands for two bytes, one of which may be somebody else's.
  ['in base64', (value) => Buffer.from(value).toString('base64'), '***a=='],
  ['in base64url', (value) => Buffer.from(value).toString('base64url'), '***a'],
  ['in base64 after something of one byte', (value) => Buffer.from(`u${value}`).toString('base64'), 'aa***a=='],
  ['in base64 after something of two bytes', (value) => Buffer.from(`u:${value}`).toString('base64'), 'aaa***a=='],
  ['in base64 between others', (value) => Buffer.from(`user:${value}:more`).toString('base64'), 'aaaaaaa***aaaaaaaa=='],
];

/** Lone halves of surrogate pairs cannot be encoded in a URL. */
const VALUE = fc.string({
  unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '\r\n', '/', '+', ' ', '%', '&', 'ä', '😀', 'a'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  minLength: 4,
  maxLength: 40,
}).filter((value) => !/[\ud800-\udfff]/u.test(value) && value.trim().length >= 4);

test.each(FORMS)('a value is blanked %s', (_, write, left) => {
  fc.assert(fc.property(VALUE, (value) => {
    const message = blank(write(value), ['something else', value]);

    expect(message).toContain('***');
    expect(message.length).toBeLessThanOrEqual(left.length); // a value of quotes may look like what stands around it
  }), { numRuns: 60 });
});

test('what is no secret stays', () => {
  expect(blank('verify failed: 401 Unauthorized', ['the-token', 'abc', ''])).toBe('verify failed: 401 Unauthorized');
});

test('values that overlap, and one that repeats itself, are blanked whole', () => {
  expect(blank('<abcdef>', ['abcd', 'cdef'])).toBe('<***>');
  expect(blank('<aaaaaaa>', ['aaaa'])).toBe('<***>');
  expect(blank('<the-token-2>', ['the-token', 'the-token-2'])).toBe('<***>');
});

test('each line of a value of several lines is blanked', () => {
  expect(blank('cannot parse MIIEvQIBADAN', ['-----BEGIN-----\nMIIEvQIBADAN\n-----END-----\n'])).toBe('cannot parse ***');
});

test('half a surrogate pair in a value does no harm', () => {
  expect(blank('no such token: abcd\ud800', ['abcd\ud800'])).toBe('no such token: ***');
});

test('texts and numbers of a secret are found at any depth', () => {
  expect(textsIn({ a: 'x', b: [{ c: 'y' }, 123456], d: null, e: true })).toEqual(['x', 'y', '123456']);
});
