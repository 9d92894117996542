import type { CheckFunction } from './check-function';
import { generate, whyImpossible, whyNot } from './random-value';
import { LARGEST_SECRET_BYTES, RandomValueRotationSettings } from '../../src/private/settings';
import { Refusal, UnusableValue } from '../protocol/errors';
import { parseObject, refuseTwice, writeFields } from '../protocol/json-text';
import type { Candidate, Held, IssueContext, Issued, Rotator, Verdict } from '../protocol/rotator';

type Field = RandomValueRotationSettings['fields'][number];

/** Rotates random values in fields of a secret. Nobody but the secret keeps them, so there is nothing to free and nothing to revoke. */
export class RandomValueRotator implements Rotator {
  /**
   * @param currentText what the secret holds now.
   * @param check asked whether new values work, if there is one.
   */
  constructor(
    private readonly settings: RandomValueRotationSettings,
    private readonly currentText: () => Promise<string>,
    private readonly check?: CheckFunction,
  ) {}

  /** Values count as there when each has its field. What kind of values people have put there does not matter: the next rotation mends it. */
  public identify(text: string): Held | undefined {
    const values = this.valuesIn(text);
    return this.names.every((name) => values.has(name)) ? {} : undefined;
  }

  /** What is the same already is not written again: people may have written it in another way, such as with escapes. */
  public carry(from: string, onto: string): string {
    const there = this.valuesIn(onto);
    return writeFields(onto, [...this.valuesIn(from)].filter(([name, value]) => there.get(name) !== value));
  }

  /** A rotation replaces every value. A deployment only adds those that are missing, such as the one of a field that was just added. */
  public async issue(current: string, { isFirst }: IssueContext): Promise<Issued> {
    const there = this.valuesIn(current);
    return { text: this.withNew(current, this.settings.fields.filter(({ name }) => !isFirst || !there.has(name))) };
  }

  /** What is taken over stays until the first rotation. That one must be possible. */
  public async checkAdopted(current: string): Promise<void> {
    this.withNew(current, this.settings.fields);
  }

  /** Only what a rotation has made must be as asked for: what is in the current version, too, people may have put there. */
  public async verify({ text, version }: Candidate): Promise<Verdict> {
    const values = this.valuesIn(text);
    const wrong = this.settings.fields.flatMap(({ name, value }) => {
      const why = values.has(name) ? whyNot(value, values.get(name)!) : 'it is missing';
      return why === undefined ? [] : [{ name, why }];
    });
    if (wrong.length > 0) {
      const there = this.valuesIn(await this.currentText());
      const made = wrong.find(({ name }) => !there.has(name) || there.get(name) !== values.get(name));
      if (made) return { kind: 'never', why: `field "${made.name}" is not as asked for: ${made.why}` };
    }
    const refusal = await this.check?.ask(version);
    return refusal === undefined ? { kind: 'works' } : { kind: 'notYet', why: refusal };
  }

  private get names(): string[] {
    return this.settings.fields.map(({ name }) => name);
  }

  /** The text with new values in these fields. Throws a `Refusal` if that cannot be. */
  private withNew(text: string, fields: readonly Field[]): string {
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw new Refusal(`\`fields\` of the construct has the name "${twice}" twice: give each value a field of its own`);
    for (const { name, value } of fields) {
      const why = whyImpossible(value);
      if (why !== undefined) throw new Refusal(`no value can be made for field "${name}": ${why}; change \`fields\` of the construct, or the parameter that it comes from`);
    }
    const there = this.valuesIn(text);
    const result = writeFields(text, fields.map(({ name, value }) => [name, generate(value, there.get(name))]));
    const bytes = Buffer.byteLength(result);
    if (bytes > LARGEST_SECRET_BYTES) {
      throw new Refusal(`with its new values the secret would hold ${bytes} bytes, and ${LARGEST_SECRET_BYTES} is the most: make the values shorter, `
        + 'or move other fields to another secret');
    }
    return result;
  }

  private valuesIn(text: string): Map<string, string> {
    const object = parseObject(text);
    refuseTwice(text, this.names);
    return new Map(this.names.filter((name) => Object.hasOwn(object, name)).map((name) => {
      const value = object[name];
      if (typeof value !== 'string' || value === '') {
        throw new UnusableValue(`the secret's field "${name}" is ${value === '' ? 'empty' : 'no text'}: put a text into it, or remove it so that a value is made`);
      }
      return [name, value];
    }));
  }
}
