import { blank, textsIn } from './blank';
import { credentialIn, readable } from './credential';
import { Credential, CredentialDefinition, CurrentContext, RejectedForGood } from './definition';
import { describeThrown, isNamed } from './thrown';
import { RotationError } from '../protocol/errors';
import { parseObject } from '../protocol/json-text';
import type { Clock } from '../protocol/rotator';
import { RESERVE_MILLIS, within } from '../protocol/within';

/** A user's hook has thrown, or has not answered. */
export class HookFailed extends RotationError {
  constructor(message: string, public readonly forGood: boolean) {
    super(message);
  }
}

/** A call of a hook. */
export interface HookCall<T> {
  /** As the message calls it. */
  readonly name: string;
  /** The text of the secret that it is told of. */
  readonly text: string;
  /** Credentials that it is told of besides: secret, too. */
  readonly involved?: ReadonlyArray<Credential | undefined>;
  /** Which part of the function's time it may take. */
  readonly share?: number;
  /** It makes something, which is lost if nobody waits for it. */
  readonly makes?: boolean;
  run(context: CurrentContext): Promise<T>;
}

/** Calls a user's hooks: as long as there is time, and with nothing secret in what they throw. */
export class Hooks {
  private arn?: string;

  constructor(
    private readonly definition: Pick<CredentialDefinition, 'fields' | 'id' | 'idPattern'>,
    private readonly secretArn: () => Promise<string>,
    private readonly clock: Clock,
  ) {}

  /** @throws HookFailed, and nothing else that comes from the hook */
  public async call<T>({ name, text, involved = [], share = 1, makes = false, run }: HookCall<T>): Promise<T> {
    const value = parseObject(text);
    const current = readable(() => credentialIn(text, this.definition));
    this.arn ??= await this.secretArn();
    const hide = (message: string) => blank(message, this.secretsIn(value, [current, ...involved]));
    const free = Math.max(0, this.clock.remaining() - RESERVE_MILLIS);
    if (makes && free === 0) throw new HookFailed(`there is no time left for ${name}: let the hooks before it give up earlier, or raise the function's timeout`, false);
    const late = new AbortController();
    const work = (async () => run({ secretArn: this.arn!, value, current, signal: late.signal }))().catch((thrown: unknown) => {
      throw new HookFailed(`${name} failed: ${describeThrown(thrown, hide)}`, thrown instanceof RejectedForGood || isNamed(thrown, 'RejectedForGood'));
    });
    try {
      return await within(work, this.clock, RESERVE_MILLIS + (1 - share) * free, name);
    } catch (error) {
      throw error instanceof HookFailed ? error : new HookFailed((error as Error).message, false);
    } finally {
      late.abort();
    }
  }

  /** All but ids, which are no secrets. */
  private secretsIn(value: unknown, credentials: ReadonlyArray<Credential | undefined>): string[] {
    const { id } = this.definition;
    const ids = credentials.map((credential) => id !== undefined && credential?.[id]);
    return [value, ...credentials].flatMap(textsIn).filter((text) => !ids.includes(text));
  }
}
