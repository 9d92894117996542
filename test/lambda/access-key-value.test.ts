import fc from 'fast-check';
import { readAccessKey } from '../../lambda/iam-key/access-key-value';
import { writeFields } from '../../lambda/protocol/json-text';

const EXPECTED = { userName: 'uploader', fields: { accessKeyId: 'id', secretAccessKey: 'secret', userName: 'name' }, otherPresets: [] };

describe('the text of a secret', () => {
  test.each([
    ['the placeholder', '{"placeholder":"x!\\"y"}', '{"id": "K"}'],
    ['an empty object', '{}', '{"id": "K"}'],
    ['other fields', '{"a": 1,\n  "b": [2]}', '{"a": 1,\n  "b": [2],"id": "K"}'],
    ['a field that is there', '{ "id" : "old" , "a":12345678901234567890 }', '{ "id" : "K" , "a":12345678901234567890 }'],
    ['a field named placeholder beside others', '{"placeholder":"mine","b":1}', '{"placeholder":"mine","b":1,"id": "K"}'],
  ])('with %s', (_what, text, expected) => {
    const written = writeFields(text, [['id', 'K'], [undefined, 'not written']]);
    expect(JSON.parse(written)).toEqual(JSON.parse(expected));
    expect(written).toBe(expected);
  });

  test('changes in the named fields only, whatever else it holds', () => {
    const field = fc.string().filter((name) => !['id', 'secret', 'name', '__proto__'].includes(name));
    const anId = fc.stringMatching(/^AKIA[A-Z0-9]{16}$/);
    fc.assert(fc.property(fc.dictionary(field, fc.jsonValue()), anId, fc.string({ minLength: 1 }), (others, id, secret) => {
      const written = writeFields(JSON.stringify({ ...others, x: 1 }), [['id', id], ['secret', secret], ['name', 'uploader']]);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ ...others, x: 1, id, secret, name: 'uploader' })));
      expect(readAccessKey(written, EXPECTED)).toEqual({ accessKeyId: id, secretAccessKey: secret });
    }));
  });

  test('written twice with the same key is the same text', () => {
    const once = writeFields('{"a":1}', [['id', 'K'], ['secret', 'S']]);
    expect(writeFields(once, [['id', 'K'], ['secret', 'S']])).toBe(once);
  });

  test('without a key, holds none yet', () => {
    expect(readAccessKey('{"placeholder":"x"}', EXPECTED)).toBeUndefined();
    expect(readAccessKey('{"bot":"token","name":"uploader"}', EXPECTED)).toBeUndefined();
  });

  test.each(['null', '1', '"text"', '[]', '', '{', '{"a":1,}', '// no\n{}'])('that is no JSON object is refused: %s', (text) => {
    expect(() => readAccessKey(text, EXPECTED)).toThrow(/^the secret is (not JSON|JSON, but no object): store a JSON object/);
  });
});
