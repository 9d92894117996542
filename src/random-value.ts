import { Token } from 'aws-cdk-lib';
import { LARGEST_SECRET_BYTES, RandomValueSettings } from './private/settings';

/** Letters and digits have no special meaning in a shell, a URL or a configuration file. */
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * How a random value is generated.
 *
 * The randomness comes from the cryptographic generator of the function's operating system. All characters, or bytes, are equally likely.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 *
 * @example
 * new RandomValueRotationSecret(this, 'Signing', {
 *   fields: { hmac_key: RandomValue.base64(32) }, // 32 bytes, as 44 characters
 * });
 */
export class RandomValue {
  /**
   * Characters from a set.
   *
   * @param length the number of characters, at least 1
   * @param characters the set, with each character once; letters and digits by default
   */
  public static characters(length: number, characters: string = LETTERS_AND_DIGITS): RandomValue {
    checkLength(length, 'characters');
    if (Token.isUnresolved(characters)) return new RandomValue({ kind: 'characters', length, characters }, textBytes(length, 1));
    checkSet([...characters]);
    return new RandomValue({ kind: 'characters', length, characters }, textBytes(length, Math.max(...[...characters].map(jsonBytes))));
  }

  /**
   * Bytes as hexadecimal digits: two characters per byte.
   *
   * @param bytes the number of bytes, not characters, at least 1
   */
  public static hex(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'hex' }, textBytes(bytes, 2));
  }

  /**
   * Bytes in Base64 with padding: four characters for three bytes.
   *
   * @param bytes the number of bytes, not characters, at least 1
   */
  public static base64(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'base64' }, textBytes(Math.ceil(bytes / 3), 4));
  }

  /**
   * Bytes in URL-safe Base64, without padding.
   *
   * @see https://www.rfc-editor.org/rfc/rfc4648#section-5
   * @param bytes the number of bytes, not characters, at least 1
   */
  public static base64url(bytes: number): RandomValue {
    checkLength(bytes, 'bytes');
    return new RandomValue({ kind: 'bytes', bytes, encoding: 'base64url' }, textBytes(bytes, 4 / 3));
  }

  private constructor(private readonly settings: RandomValueSettings, private readonly maxBytes: number) {}

  /**
   * The settings that the rotation function reads.
   *
   * @internal
   */
  public _render(): RandomValueSettings {
    return this.settings;
  }

  /**
   * The maximum size of the value in the secret, in bytes; 0 if it is a token.
   *
   * @internal
   */
  public _maxBytes(): number {
    return this.maxBytes;
  }
}

/** 0 if the length is a token: the rotation function then checks the size. */
function textBytes(length: number, bytesEach: number): number {
  return Token.isUnresolved(length) ? 0 : Math.ceil(length * bytesEach);
}

/** The size of a character in the text of a secret: JSON escapes some, such as quotes, with two or six bytes. */
function jsonBytes(character: string): number {
  return Buffer.byteLength(JSON.stringify(character)) - '""'.length;
}

function checkLength(length: number, unit: string): void {
  if (Token.isUnresolved(length)) return;
  if (!Number.isInteger(length) || length < 1) throw new Error(`a random value must have a whole number of ${unit}, at least 1, got: ${length}`);
  if (length > LARGEST_SECRET_BYTES) {
    throw new Error(`a random value must have at most ${LARGEST_SECRET_BYTES} ${unit}, the maximum size of a secret, got: ${length}`);
  }
}

function checkSet(characters: string[]): void {
  if (characters.length < 2) {
    throw new Error(`'characters' must contain at least two different characters, got: '${characters.join('')}'`);
  }
  if (characters.some((character) => /\p{Surrogate}/u.test(character))) {
    throw new Error("'characters' must contain whole characters only, got: half of a surrogate pair. Remove it, or add its other half.");
  }
  const twice = characters.find((character, index) => characters.indexOf(character) !== index);
  if (twice !== undefined) {
    throw new Error(`'characters' must contain each character once, so that all are equally likely, got: '${twice}' twice`);
  }
}
