import { Token } from 'aws-cdk-lib';
import { LARGEST_SECRET_BYTES, RandomValueSettings } from './private/settings';

/** Letters and digits: nothing that a shell, a URL or a configuration file gives a meaning to. */
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * How a random value is made: from the cryptographic source of the function's operating system, each character or byte as likely as any
 * other.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 *
 * @example
 * new RandomValueRotationSecret(this, 'Signing', {
 *   fields: { hmac_key: RandomValue.base64(32) }, // 32 bytes, written as 44 characters
 * });
 */
export class RandomValue {
  /**
   * Characters, each of which is any of a set.
   *
   * @param length how many characters, from 1 on
   * @param characters the set: each character once; letters and digits if not given
   */
  public static characters(length: number, characters: string = LETTERS_AND_DIGITS): RandomValue {
    checkLength(length, 'characters');
    if (Token.isUnresolved(characters)) return new RandomValue({ kind: 'characters', length, characters }, textBytes(length, 1));
    checkSet([...characters]);
    return new RandomValue({ kind: 'characters', length, characters }, textBytes(length, Math.max(...[...characters].map(jsonBytes))));
  }

  /**
   * Bytes, in hexadecimal digits: two characters a byte.
   *
   * @param bytes how many bytes, not characters, from 1 on
   */
  public static hex(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'hex' }, textBytes(bytes, 2));
  }

  /**
   * Bytes, in Base64 with its padding: four characters for three bytes.
   *
   * @param bytes how many bytes, not characters, from 1 on
   */
  public static base64(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'base64' }, textBytes(Math.ceil(bytes / 3), 4));
  }

  /**
   * Bytes, in the Base64 of URLs and file names, without padding.
   *
   * @see https://www.rfc-editor.org/rfc/rfc4648#section-5
   * @param bytes how many bytes, not characters, from 1 on
   */
  public static base64url(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'base64url' }, textBytes(bytes, 4 / 3));
  }

  private constructor(private readonly settings: RandomValueSettings, private readonly maxBytes: number) {}

  /**
   * As the rotation function reads it.
   *
   * @internal
   */
  public _render(): RandomValueSettings {
    return this.settings;
  }

  /**
   * How many bytes it takes in the secret at most, as far as that is known.
   *
   * @internal
   */
  public _maxBytes(): number {
    return this.maxBytes;
  }
}

/** Nothing where the length is known at deployment only: the function looks then. */
function textBytes(length: number, bytesEach: number): number {
  return Token.isUnresolved(length) ? 0 : Math.ceil(length * bytesEach);
}

/** How many bytes a character takes in the text of a secret: JSON writes some, such as quotes, as two or six. */
function jsonBytes(character: string): number {
  return Buffer.byteLength(JSON.stringify(character)) - '""'.length;
}

function checkLength(length: number, unit: string): void {
  if (Token.isUnresolved(length)) return;
  if (!Number.isInteger(length) || length < 1) throw new Error(`a random value must have a whole number of ${unit}, at least 1, got: ${length}`);
  if (length > LARGEST_SECRET_BYTES) {
    throw new Error(`a random value must have at most ${LARGEST_SECRET_BYTES} ${unit}, as a secret holds no more, got: ${length}`);
  }
}

function checkSet(characters: string[]): void {
  if (characters.length < 2) {
    throw new Error(`'characters' must be at least two different characters, or nothing would be random, got: '${characters.join('')}'`);
  }
  if (characters.some((character) => /\p{Surrogate}/u.test(character))) {
    throw new Error("'characters' must hold whole characters only, got half of a surrogate pair: take it out, or add its other half");
  }
  const twice = characters.find((character, index) => characters.indexOf(character) !== index);
  if (twice !== undefined) throw new Error(`'characters' must name each character once, or it would be more likely than others, got: '${twice}' twice`);
}
