/** A check function in memory, beside a secret of `fake-secret.ts` whose values are random. */
import { ACCOUNT, clientOf, DAY, FakeSecret, SECRET_ARN, Send, ServiceError } from './fake-secret';
import { Clients, handle } from '../../lambda/random-value/handler';
import { ALIASES, RandomValueRotationSettings } from '../../src/private/settings';

export const FIELD = 'session_secret_key';
export const CHECK_ARN = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:check`;

/** How Lambda answers: what the function returned, or the error that it threw. */
export type Answer = { readonly returns: unknown } | { readonly throws: { readonly errorType?: unknown; readonly errorMessage?: string } } | 'nothing yet';

export class FakeValues extends FakeSecret<Clients> {
  /** A secret with its first values, one day old. */
  public static async withFirstValues(settings: Partial<RandomValueRotationSettings> = {}): Promise<FakeValues> {
    const values = new FakeValues(settings);
    if (await values.request('Create') !== 'SUCCESS') throw new Error(`no first value: ${values.answer?.Reason}`);
    values.pass(DAY);
    values.calls.length = 0;
    values.log.length = 0;
    return values;
  }

  public declare settings: RandomValueRotationSettings;
  /** What the check function answers, and what it was asked, with the value in the version that it was told of. */
  public check: Answer | (() => Answer) = { returns: null };
  public readonly asked: Array<{ SecretArn: string; VersionId: string; value: string | undefined }> = [];
  protected readonly handle = handle;

  constructor(settings: Partial<RandomValueRotationSettings> = {}) {
    super({
      kind: 'random-value',
      secretArn: SECRET_ARN,
      fields: [{ name: FIELD, value: { kind: 'characters', length: 32, characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789' } }],
      ...settings,
    } satisfies RandomValueRotationSettings);
  }

  /** A person asks for what there is only for access keys. */
  public async retire(): Promise<void> {
    await this.invoke({ Action: 'retire', KeyId: 'AKIAIOSFODNN7EXAMPLE' }, ALIASES.retirement);
  }

  /** What the version with this label holds in the field. */
  public value(label: string, field = FIELD): unknown {
    const text = this.text(label);
    return text === undefined ? undefined : JSON.parse(text)[field];
  }

  /** Every value of every version that is long enough not to be met by chance. */
  protected secrets(): string[] {
    return [...this.versions.values()].flatMap(({ text }) => this.settings.fields.flatMap(({ name }) => {
      try {
        const value: unknown = JSON.parse(text ?? '{}')[name];
        return typeof value === 'string' && value.length >= 8 ? [value] : [];
      } catch {
        return []; // a test has put something else there
      }
    }));
  }

  protected clientsWith(send: Send): Clients {
    return { secretsManager: clientOf(send), lambda: clientOf(send), once: { secretsManager: clientOf(send, true) } };
  }

  protected onInvoke({ FunctionName, Payload }: { FunctionName: string; Payload: string }): unknown {
    if (FunctionName !== CHECK_ARN) throw new ServiceError('ResourceNotFoundException');
    const { SecretArn, VersionId } = JSON.parse(Payload) as { SecretArn: string; VersionId: string };
    const text = this.versions.get(VersionId)?.text;
    this.asked.push({ SecretArn, VersionId, value: text === undefined ? undefined : JSON.parse(text)[FIELD] });
    const answer = typeof this.check === 'function' ? this.check() : this.check;
    if (answer === 'nothing yet') return new Promise(() => undefined);
    return 'throws' in answer
      ? { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify(answer.throws)) }
      : { StatusCode: 200, Payload: Buffer.from(JSON.stringify(answer.returns)) };
  }
}
