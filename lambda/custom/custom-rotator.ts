import { blank, textsIn } from './blank';
import { credentialIn, idLabel, idOf, isIdLabel, labelOfUseless, readIssued } from './credential';
import type { Credential, CredentialDefinition, CurrentContext } from './definition';
import { RejectedForGood } from './definition';
import { KeptAtService } from './kept-at-service';
import type { CustomRotationSettings } from '../../src/private/settings';
import { RotationError, UnusableValue } from '../protocol/errors';
import { notYetOrNever } from '../protocol/give-up';
import { parseObject, writeFields } from '../protocol/json-text';
import { CURRENT } from '../protocol/labels';
import type { Candidate, Change, Clock, Held, IssueContext, Issued, KeptCredentials, Rotator, Verdict } from '../protocol/rotator';
import { within } from '../protocol/within';

/** Kept back to store what was issued, or to say what went wrong. */
const RESERVE_MILLIS = 20_000;

/** So often a credential is tried in one attempt, half a minute with the usual pause: services tell each other of it in seconds. */
const VERIFY_TRIES = 15;

/** Rotates what a user's definition describes. */
export class CustomRotator implements Rotator {
  public readonly kept?: KeptCredentials;

  constructor(
    private readonly definition: CredentialDefinition,
    private readonly settings: CustomRotationSettings,
    private readonly secret: { readonly arn: () => Promise<string>; readonly textOf: (label: string) => Promise<string | undefined> },
    private readonly clock: Clock,
  ) {
    this.kept = definition.revoke && new KeptAtService(definition, settings, clock, {
      isId: isIdLabel,
      list: async (current) => definition.list && this.call('list', current, async (context) => readIds(await definition.list!(context))),
      revoke: (label) => this.revoke(label),
    });
  }

  public identify(text: string): Held | undefined {
    const credential = credentialIn(text, this.definition);
    return credential && { id: idOf(credential, this.definition) };
  }

  public carry(from: string, onto: string): string {
    return writeFields(onto, Object.entries(credentialIn(from, this.definition) ?? {}));
  }

  public async checkAdopted(current: string): Promise<void> {
    const verdict = await this.verify({ text: current, version: '', isCurrent: true, registeredAt: async () => undefined });
    if (verdict.kind !== 'works') throw new RotationError(`the credential that the secret holds already does not work: ${verdict.why}`);
  }

  public async issue(current: string, { rotationId }: IssueContext): Promise<Issued> {
    const issued: unknown = await this.call('issue', current, async (context) => this.definition.issue({ ...context, rotationId }));
    const known = credentialIn(current, this.definition);
    try {
      const credential = readIssued(issued, this.definition, known);
      return { id: idOf(credential, this.definition), text: writeFields(current, Object.entries(credential)) };
    } catch (error) {
      const label = labelOfUseless(issued, this.definition);
      if (label !== undefined && (known === undefined || label !== idOf(known, this.definition))) await this.kept?.revoke(label);
      throw error;
    }
  }

  /** What works already was applied by an earlier attempt. */
  public get apply(): ((change: Change) => Promise<void>) | undefined {
    const { apply } = this.definition;
    return apply && (async ({ pending, current }) => {
      const credential = this.credential(pending);
      if (await this.whyNot(credential, current) === undefined) return;
      await this.call('apply', current, async (context) => apply.call(this.definition, { ...context, pending: credential }), textsIn(credential));
    });
  }

  public get rollback(): ((change: Change) => Promise<void>) | undefined {
    const { apply, rollback } = this.definition;
    return apply && (async ({ pending, current }) => {
      const [failed, works] = [readable(() => this.credential(pending)), readable(() => this.credential(current))];
      if (!failed || !works) return; // nothing was applied, or nobody knows what worked before
      if (rollback) {
        await this.call('rollback', current, async (context) => rollback.call(this.definition, { ...context, pending: failed }), textsIn(failed));
      } else if (await this.whyNot(works, current) !== undefined) {
        await this.call('apply', current,
          async (context) => apply.call(this.definition, { ...context, pending: works, current: failed }), textsIn(failed)); // the way back
      }
    });
  }

  public async verify({ text, registeredAt }: Candidate): Promise<Verdict> {
    const credential = this.credential(text);
    const { pauseMillis } = this.settings.verify;
    for (let tries = 1; ; tries++) {
      const refusal = await this.whyNot(credential, text);
      if (refusal === undefined) return { kind: 'works' };
      if (refusal.forGood) return { kind: 'never', why: refusal.why, revoke: true };
      const isLast = tries === VERIFY_TRIES || this.clock.remaining() - pauseMillis < 2 * RESERVE_MILLIS;
      if (isLast) return notYetOrNever(refusal.why, registeredAt, this.clock);
      await this.clock.sleep(pauseMillis);
    }
  }

  private async whyNot(credential: Credential, text: string): Promise<{ why: string; forGood: boolean } | undefined> {
    try {
      await this.call('verify', text, async (context) => this.definition.verify({ ...context, credential }), textsIn(credential));
      return undefined;
    } catch (error) {
      if (error instanceof HookFailed) return { why: error.message, forGood: error.forGood };
      throw error;
    }
  }

  /** The credential may still be read where its label is. */
  private async revoke(label: string): Promise<void> {
    const id = label.slice(idLabel('').length);
    const [labelled, text = '{}'] = await Promise.all([this.secret.textOf(label), this.secret.textOf(CURRENT)]);
    const credential = labelled === undefined ? undefined : readable(() => credentialIn(labelled, this.definition));
    const current = readable(() => parseObject(text)) ? text : '{}';
    await this.call('revoke', current, async (context) => this.definition.revoke!({ ...context, id, credential }), textsIn(credential));
  }

  private credential(text: string): Credential {
    const credential = credentialIn(text, this.definition);
    if (!credential) throw new UnusableValue('the version holds no credential');
    return credential;
  }

  /** Calls one of the user's hooks: as long as there is time, and with nothing secret in what it throws. */
  private async call<T>(hook: string, text: string, run: (context: CurrentContext) => Promise<T>, secrets: string[] = []): Promise<T> {
    const value = parseObject(text);
    const current = readable(() => credentialIn(text, this.definition));
    const late = new AbortController();
    const context = { secretArn: await this.secret.arn(), value, current, signal: late.signal };
    try {
      return await within((async () => run(context))().catch((error: unknown) => {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        const id = this.definition.id && current?.[this.definition.id]; // no secret
        const hidden = [...textsIn(value), ...secrets].filter((secret) => secret !== id);
        throw new HookFailed(`${hook} failed: ${blank(`${name}: ${message}`, hidden)}`, error instanceof RejectedForGood);
      }), this.clock, RESERVE_MILLIS, `"${hook}"`);
    } finally {
      late.abort();
    }
  }
}

/** A user's hook has thrown. */
class HookFailed extends RotationError {
  constructor(message: string, public readonly forGood: boolean) {
    super(message);
  }
}

function readIds(listed: unknown): string[] {
  if (Array.isArray(listed) && listed.every((id) => typeof id === 'string')) return listed.map(idLabel);
  throw new RotationError('"list" must return the ids of the credentials, as an array of texts, and returned something else: mend it');
}

/** What people have put into a version may be anything. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnusableValue) return undefined;
    throw error;
  }
}
