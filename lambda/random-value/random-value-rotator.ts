import type { CheckFunction } from './check-function';
import { generate, whyNot } from './random-value';
import type { RandomValueRotationSettings } from '../../src/private/settings';
import { Refusal, UnusableValue } from '../protocol/errors';
import { notYetOrNever } from '../protocol/give-up';
import { parseObject, refuseTwice, writeFields } from '../protocol/json-text';
import type { Candidate, Clock, Held, IssueContext, Issued, Rotator, Verdict } from '../protocol/rotator';

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const LARGEST_SECRET_BYTES = 65_536;

/** Rotates random values in fields of a secret. Nobody but the secret keeps them, so there is nothing to free and nothing to revoke. */
export class RandomValueRotator implements Rotator {
  constructor(private readonly settings: RandomValueRotationSettings, private readonly clock: Clock, private readonly check?: CheckFunction) {}

  /** Values count as there when each has its field. What kind of values people have put there does not matter: the next rotation mends it. */
  public identify(text: string): Held | undefined {
    const values = this.valuesIn(text);
    return this.names.every((name) => values.has(name)) ? {} : undefined;
  }

  public carry(from: string, onto: string): string {
    const values = this.valuesIn(from);
    return writeFields(onto, this.names.filter((name) => values.has(name)).map((name) => [name, values.get(name)!]));
  }

  /** A rotation replaces every value. A deployment only adds those that are missing, such as the one of a field that was just added. */
  public async issue(current: string, { isFirst }: IssueContext): Promise<Issued> {
    const there = this.valuesIn(current);
    const missing = this.settings.fields.filter(({ name }) => !isFirst || !there.has(name));
    const text = writeFields(current, missing.map(({ name, value }) => [name, generate(value)]));
    const bytes = Buffer.byteLength(text);
    if (bytes > LARGEST_SECRET_BYTES) {
      throw new Refusal(`with its new values the secret would hold ${bytes} bytes, and ${LARGEST_SECRET_BYTES} is the most: make the values shorter, `
        + 'or move other fields to another secret');
    }
    return { text };
  }

  /** What is current is only looked for: people may have put it there. */
  public async verify({ text, version, isCurrent, registeredAt }: Candidate): Promise<Verdict> {
    const values = this.valuesIn(text);
    for (const { name, value } of this.settings.fields) {
      const why = values.has(name) ? whyNot(value, values.get(name)!) : 'it is missing';
      if (why !== undefined && !(isCurrent && values.has(name))) return { kind: 'never', why: `field "${name}" is not as asked for: ${why}` };
    }
    const refusal = await this.check?.ask(version);
    return refusal === undefined ? { kind: 'works' } : notYetOrNever(refusal, registeredAt, this.clock);
  }

  private get names(): string[] {
    return this.settings.fields.map(({ name }) => name);
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
