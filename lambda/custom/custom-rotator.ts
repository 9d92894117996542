import { credentialIn, idInLabel, idOf, isIdLabel, labelOfIssued, readable, readIds, readIssued } from './credential';
import type { Credential, CredentialDefinition } from './definition';
import { HookFailed, Hooks } from './hooks';
import { KeptAtService } from './kept-at-service';
import { CustomRotationSettings, LARGEST_SECRET_BYTES } from '../../src/private/settings';
import { AwsCallFailed, nameAndMessage, NeverFinishes, Refusal, RotationError, UnusableValue } from '../protocol/errors';
import { parseObject, writeFields } from '../protocol/json-text';
import { CURRENT } from '../protocol/labels';
import { logLine } from '../protocol/log';
import type { Application, Candidate, Change, Clock, Held, IssueContext, Issued, KeptCredentials, Rotator, Verdict } from '../protocol/rotator';
import type { Secret } from '../protocol/secret';
import { RESERVE_MILLIS } from '../protocol/within';

/** So often a credential is tried in one attempt, half a minute with the usual pause: services tell each other of it in seconds. */
const VERIFY_TRIES = 15;

/** A try that hangs leaves time to apply, to try again, or to give up. */
const VERIFY_SHARE = 1 / 2;

/** Read once, as long as what it throws is told without secrets: it may have getters. */
function plain(issued: unknown): unknown {
  return typeof issued === 'object' && issued !== null && !Array.isArray(issued) ? { ...issued } : issued;
}

/** Rotates what a user's definition describes. */
export class CustomRotator implements Rotator {
  public readonly kept?: KeptCredentials;
  private readonly hooks: Hooks;

  constructor(
    private readonly definition: CredentialDefinition,
    private readonly settings: CustomRotationSettings,
    private readonly secret: Pick<Secret, 'id' | 'look' | 'text'>,
    private readonly clock: Clock,
  ) {
    this.hooks = new Hooks(definition, async () => (await secret.look()).arn, clock);
    this.kept = definition.revoke && new KeptAtService(definition, settings, clock, {
      isId: (label) => isIdLabel(label, definition),
      list: async () => this.list(),
      revoke: async (label) => this.revoke(label),
    });
  }

  public identify(text: string): Held | undefined {
    const credential = credentialIn(text, this.definition);
    return credential && { id: idOf(credential, this.definition) };
  }

  public carry(from: string, onto: string): string {
    const there = readable(() => credentialIn(onto, this.definition)) ?? {};
    // What is the same already is not written again: people may have written it in another way, such as with escapes.
    return writeFields(onto, Object.entries(credentialIn(from, this.definition) ?? {}).filter(([field, value]) => there[field] !== value));
  }

  public async checkAdopted(current: string): Promise<void> {
    const verdict = await this.verify({ text: current, version: '', registeredAt: async () => undefined });
    if (verdict.kind === 'works') return;
    const why = `the credential that the secret holds already does not work: ${verdict.why}`;
    throw verdict.kind === 'never' ? new Refusal(why) : new RotationError(why);
  }

  public async issue(current: string, { rotationId }: IssueContext): Promise<Issued> {
    const issued: unknown = await this.hooks.call({
      name: 'issue', text: current, makes: true, run: async (context) => plain(await this.definition.issue({ ...context, rotationId })),
    });
    const label = labelOfIssued(issued, this.definition);
    const holder = label && (await this.secret.look()).versionWith(label);
    try {
      const credential = readIssued(issued, this.definition, credentialIn(current, this.definition));
      if (holder !== undefined && holder !== rotationId) {
        throw new Refusal(`"issue" returned ${label}, which the secret knows already: it must make another one each time it is called`);
      }
      const text = writeFields(current, Object.entries(credential));
      if (Buffer.byteLength(text) > LARGEST_SECRET_BYTES) {
        throw new Refusal(`with what "issue" returned the secret would hold more than ${LARGEST_SECRET_BYTES} bytes: return less, or move other fields away`);
      }
      return { id: idOf(credential, this.definition), text };
    } catch (error) {
      if (label !== undefined && holder === undefined) await this.takeBack(label, error as Error);
      throw error;
    }
  }

  /** What works already was applied by an earlier attempt. */
  public get apply(): ((change: Application) => Promise<void>) | undefined {
    const { apply } = this.definition;
    return apply && (async (change) => {
      const { pending, current } = change;
      const credential = this.credential(pending);
      if (await this.whyNot(credential, current) === undefined) return;
      if (!await change.isStillPending()) return; // trying it may have taken minutes
      try {
        await this.hooks.call({
          name: 'apply', text: current, involved: [credential], run: async (context) => apply.call(this.definition, { ...context, pending: credential }),
        });
      } catch (error) {
        if (!(error instanceof HookFailed)) throw error;
        await this.judgeFailedApply(error, change);
      }
    });
  }

  public get rollback(): ((change: Change) => Promise<void>) | undefined {
    const { apply, rollback } = this.definition;
    return apply && (async ({ pending, current }) => {
      const [failed, works] = [readable(() => this.credential(pending)), readable(() => this.credential(current))];
      if (!failed || !works) return; // nothing was applied, or nobody knows what worked before
      if (this.definition.fields.every((field) => failed[field] === works[field])) return; // a person has made it current: there is nothing to take back
      const call = { text: current, involved: [failed] };
      if (!rollback) {
        if (await this.whyNot(works, current) === undefined) return;
        // the way back
        await this.hooks.call({ ...call, name: 'apply', run: async (context) => apply.call(this.definition, { ...context, pending: works, current: failed }) });
        return;
      }
      try {
        await this.hooks.call({ ...call, name: 'rollback', share: VERIFY_SHARE, run: async (context) => rollback.call(this.definition, { ...context, pending: failed }) });
      } catch (error) {
        // What it is for may be so without it, and a rotation that is never given up blocks the next one.
        if (!(error instanceof HookFailed) || await this.whyNot(works, current) !== undefined) throw error;
        logLine({ secret: this.secret.id, decision: 'nothing', why: `${error.message}; the current credential works` });
      }
    });
  }

  public async verify({ text }: Candidate): Promise<Verdict> {
    const credential = this.credential(text);
    const { pauseMillis } = this.settings.verify;
    for (let tries = 1; ; tries++) {
      const refusal = await this.whyNot(credential, text);
      if (refusal === undefined) return { kind: 'works' };
      if (refusal.forGood) return { kind: 'never', why: refusal.message };
      const isLast = tries === VERIFY_TRIES || this.clock.remaining() - pauseMillis < 2 * RESERVE_MILLIS;
      if (isLast) return { kind: 'notYet', why: refusal.message };
      await this.clock.sleep(pauseMillis);
    }
  }

  /** An earlier attempt may have applied it: who then asks with the current credential is refused. Trying the pending one shows what becomes of it. */
  private async judgeFailedApply(failure: HookFailed, { current, version }: Change): Promise<void> {
    const works = readable(() => credentialIn(current, this.definition));
    if (works && await this.whyNot(works, current) !== undefined) {
      logLine({ secret: this.secret.id, token: version, decision: 'nothing', why: `${failure.message}; it may have been applied before, as the current credential does not work` });
      return;
    }
    throw failure.forGood ? new NeverFinishes(failure.message) : failure;
  }

  private async whyNot(credential: Credential, text: string): Promise<HookFailed | undefined> {
    try {
      await this.hooks.call({
        name: 'verify', text, involved: [credential], share: VERIFY_SHARE, run: async (context) => this.definition.verify({ ...context, credential }),
      });
      return undefined;
    } catch (error) {
      if (error instanceof HookFailed) return error;
      throw error;
    }
  }

  private async list(): Promise<string[] | undefined> {
    const { list } = this.definition;
    if (!list) return undefined;
    const look = await this.secret.look();
    return readIds(await this.hooks.call({
      name: 'list', text: await this.objectIn(look.versionWith(CURRENT)), run: async (context) => list.call(this.definition, context),
    }), this.definition);
  }

  /** The credential may still be read where its label is. */
  private async revoke(label: string): Promise<void> {
    const look = await this.secret.look();
    const [labelled, text] = await Promise.all([label, CURRENT].map((one) => this.objectIn(look.versionWith(one))));
    const credential = readable(() => credentialIn(labelled, this.definition));
    const isIt = credential !== undefined && idOf(credential, this.definition) === label;
    const id = idInLabel(label);
    await this.hooks.call({
      name: `revoke of ${id}`,
      text,
      involved: [credential],
      run: async (context) => this.definition.revoke!({ ...context, id, credential: isIt ? credential : undefined }),
    });
  }

  /** Revokes what is of no use; why it is of none is to be told in any case. */
  private async takeBack(label: string, why: Error): Promise<void> {
    try {
      await this.kept?.revoke(label);
    } catch (error) {
      throw new Refusal(`${why.message}. And it could not be taken back: ${nameAndMessage(error)}`);
    }
  }

  private credential(text: string): Credential {
    const credential = credentialIn(text, this.definition);
    if (!credential) throw new UnusableValue('the version holds no credential');
    return credential;
  }

  /** The text of a version; an empty object where that is anything else, or out of reach by now: what is to go, goes. */
  private async objectIn(version: string | undefined): Promise<string> {
    try {
      const text = version && await this.secret.text(version);
      return text && readable(() => parseObject(text)) ? text : '{}';
    } catch (error) {
      if (error instanceof UnusableValue || (error instanceof AwsCallFailed && error.refused)) return '{}';
      throw error;
    }
  }
}
