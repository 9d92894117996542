import { AwsCallFailed, RotationError, UnusableValue } from './errors';
import { CURRENT, datedLabel, dateIn, isMark, PENDING, PREVIOUS, TESTED } from './labels';
import { logLine } from './log';
import type { Subject } from './rotation';
import type { Attempts, CredentialLedger, KeptCredentials } from './rotator';
import type { LaggingReplica, Look } from './secret';

/** How long a list of credentials may be behind: only after it is a credential that is not listed taken to be gone. */
const STALE_MILLIS = 60 * 60 * 1000;

/** So often it is tried to undo that a credential was switched off. */
const SWITCH_ON_ATTEMPTS = 4;

/**
 * Which credentials the secret knows, read from its staging labels: each version that holds one is labelled with its id, and since
 * when it is replaced is a label too. So nothing but the secret has to be remembered, and no date that an edit can move is trusted.
 */
export class Ledger implements CredentialLedger {
  /** Lenient with what the secret holds: whoever needs it to be of use has read it before. */
  public static async open(subject: Subject, look: Look): Promise<Ledger> {
    const ledger = new Ledger(subject, look);
    await ledger.seeWhatIsInUse((version) => ledger.idIfReadable(version));
    return ledger;
  }

  private constructor(private readonly subject: Subject, private look: Look, private current?: string, private pending?: string) {}

  public get currentId(): string | undefined {
    return this.current;
  }

  public get pendingId(): string | undefined {
    return this.pending;
  }

  public get previousId(): string | undefined {
    const [version, current] = [this.look.versionWith(PREVIOUS), this.look.versionWith(CURRENT)];
    if (current && datesOf(this.look, current).length > 0) return undefined; // it was replaced itself, and a person has made it current again
    return version && this.look.labelsOf(version).find((label) => this.isId(label));
  }

  public get isFirst(): boolean {
    return this.subject.token !== undefined && !this.subject.registered;
  }

  public get secretCreatedAt(): Date {
    return this.look.createdAt;
  }

  public get laggingReplicas(): readonly LaggingReplica[] {
    return this.look.laggingReplicas;
  }

  /** Nobody registers the first rotation of a stack: what is older than this attempt is not its own. */
  public async attempts(): Promise<readonly Attempts[]> {
    const { secret, token, registered, startedAt } = this.subject;
    const own = registered && token !== undefined ? await secret.registeredAt(token) : startedAt;
    const earlier = await Promise.all([...this.abandoned()].map(async ([version, to]) => ({ from: await secret.registeredAt(version), to })));
    return [{ from: own }, ...earlier].flatMap(({ from, ...rest }) => (from === undefined ? [] : [{ from, ...rest }]));
  }

  /** Once nothing is left of rotations that were given up, nothing has to tell of them. */
  public async forgetAbandoned(): Promise<void> {
    for (const [version, at] of this.abandoned()) await this.subject.secret.unlabel(version, datedLabel('abandoned', at));
  }

  /** The labels of one that is gone go. What has no date (a person moved a label) gets today's. */
  public async replacedSince(existing: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const since = new Map<string, Date>();
    for (const [id, version] of await this.recorded(existing)) {
      if (id === this.current || id === this.pending) continue;
      const at = latest(datesOf(this.look, version)) ?? await this.markReplaced(id, version);
      if (existing.includes(id)) since.set(id, at);
      else if (this.subject.clock.now().getTime() - at.getTime() > STALE_MILLIS) await this.forget(id);
    }
    return since;
  }

  /** What cannot be read may mention anything. */
  public async mentions(id: string): Promise<boolean> {
    for (const version of this.look.versions.keys()) {
      try {
        if ((await this.subject.secret.text(version))?.includes(id)) return true;
      } catch (error) {
        if (error instanceof AwsCallFailed && error.refused) return true;
        if (!(error instanceof UnusableValue)) throw error;
      }
    }
    return false;
  }

  public async recordedIds(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.recorded()).keys(), ...[this.current, this.pending].filter((id) => id !== undefined)]);
  }

  public get labelledIds(): readonly string[] {
    return this.look.labels.filter((label) => this.isId(label));
  }

  public async remove(id: string, why: string, isActive: boolean): Promise<void> {
    await this.switchOff(id, isActive);
    try {
      await this.service.revoke(id);
    } catch (error) {
      if (isActive && await this.mayBeInUse(id)) await this.switchOn(id); // a person may just have made it current
      throw error;
    }
    await this.forget(id);
    this.log('removed', id, why);
  }

  public async deactivate(id: string, why: string): Promise<void> {
    await this.switchOff(id, true);
    this.log('deactivated', id, why);
  }

  /**
   * The labels are read before it is deactivated and again after it: if a person has made it current meanwhile, it is reactivated.
   * One that is inactive already is left as it is: a person has switched it off, or another copy of the step has, which may just be
   * switching it on again because it has become current.
   */
  private async switchOff(id: string, isActive: boolean): Promise<void> {
    const standing = this.standing(id);
    await this.lookAgain();
    this.refuseUnlessAsBefore(id, standing);
    if (!isActive) return;
    try {
      await this.service.deactivate?.(id);
      await this.lookAgain();
      this.refuseUnlessAsBefore(id, standing);
    } catch (error) {
      await this.switchOn(id); // also if only the answer to deactivating it was lost
      throw error;
    }
  }

  private async mayBeInUse(id: string): Promise<boolean> {
    try {
      await this.lookAgain();
    } catch {
      return true; // nobody knows
    }
    return id === this.current || id === this.pending;
  }

  /** Whatever refuses it, it is tried again: nobody else knows that the credential was not switched off by a person. */
  private async switchOn(id: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.service.reactivate?.(id);
      } catch (error) {
        if (attempt === SWITCH_ON_ATTEMPTS) throw error;
        await this.subject.clock.sleep(attempt * 1000);
      }
    }
  }

  private log(decision: string, id: string, why: string): void {
    logLine({ secret: this.subject.secret.id, token: this.subject.token, decision, why, ids: { [decision]: id } });
  }

  /** Labels of a credential go when it goes. */
  private async forget(id: string): Promise<void> {
    const version = (await this.recorded([id])).get(id);
    if (version === undefined) return;
    const labels = this.look.labelsOf(version);
    // The date comes last: what is half forgotten is due as before, and not taken for something that was replaced only now.
    const [names, dates] = [labels.filter((label) => label === id), labels.filter((label) => dateIn(label, 'replaced'))];
    for (const label of [...names, ...dates]) await this.subject.secret.unlabel(version, label);
  }

  /**
   * Each recorded credential and the version that stands for it. Values are read only where no label tells, and not even then if
   * all those that are asked for have their labels.
   */
  private async recorded(asked?: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const unlabelled: string[] = [];
    const inUse = [this.look.versionWith(CURRENT), this.look.versionWith(PENDING)]; // these are known without their labels
    for (const [version, labels] of this.look.versions) {
      const ids = labels.filter((label) => this.isId(label));
      for (const id of ids) found.set(id, version);
      if (ids.length === 0 && !inUse.includes(version) && !labels.every(isMark)) unlabelled.push(version);
    }
    const halfForgotten = unlabelled.some((version) => datesOf(this.look, version).length > 0);
    if (!halfForgotten && asked?.every((id) => found.has(id) || id === this.current || id === this.pending)) return found;
    for (const version of unlabelled) {
      const id = await this.idIfReadable(version);
      if (id !== undefined && !found.has(id)) found.set(id, version);
    }
    return found;
  }

  private async markReplaced(id: string, version: string): Promise<Date> {
    const now = this.subject.clock.now();
    const label = datedLabel('replaced', now);
    if (!this.look.labelsOf(version).includes(id)) await this.subject.secret.move(id, undefined, version);
    await this.subject.secret.move(label, undefined, version);
    this.look = this.look.with(version, id, label);
    return now;
  }

  private abandoned(): ReadonlyMap<string, Date> {
    return new Map([...this.look.versions].flatMap(([version, labels]): Array<[string, Date]> => {
      const at = labels.map((label) => dateIn(label, 'abandoned')).find((date) => date !== undefined);
      return at === undefined ? [] : [[version, at]];
    }));
  }

  private async lookAgain(): Promise<void> {
    const { secret } = this.subject;
    this.look = await secret.look();
    const current = this.look.versionWith(CURRENT);
    if (current !== undefined && await secret.text(current) === undefined) { // a value may be read later than its labels
      throw new RotationError(
        `nothing is removed: the current version ${current} of secret ${secret.id} cannot be read yet, and may hold what was to go; try again in a minute`);
    }
    await this.seeWhatIsInUse((version) => this.idIn(version));
  }

  private async seeWhatIsInUse(read: (version: string) => Promise<string | undefined>): Promise<void> {
    const [current, pending] = [this.look.versionWith(CURRENT), this.look.versionWith(PENDING)];
    this.current = current && await read(current);
    const labelled = pending && this.look.labelsOf(pending).find((label) => this.isId(label));
    // This rotation's own version was empty when it began, and whatever fills it labels it: it need not be read again.
    this.pending = labelled ?? (pending && pending !== current && pending !== this.subject.token ? await read(pending) : undefined);
  }

  /** What the labels say of a credential: where its id is, the dates beside it, and whether it has passed its test. */
  private standing(id: string): string {
    const version = this.look.versionWith(id);
    return JSON.stringify([version, version && datesOf(this.look, version), version && this.look.labelsOf(version).includes(TESTED)]);
  }

  private refuseUnlessAsBefore(id: string, standing: string): void {
    if (id === this.current || id === this.pending) {
      throw new RotationError(
        `${id} is not removed: it is the ${id === this.current ? 'current' : 'pending'} credential of secret ${this.subject.secret.id} now`);
    }
    if (this.standing(id) !== standing) { // a stalled copy of a step decides by what was true before it stalled
      throw new RotationError(`${id} is not removed: its labels in secret ${this.subject.secret.id} have changed meanwhile`);
    }
  }

  private isId(label: string): boolean {
    return this.subject.rotator.kept?.isId(label) ?? false;
  }

  /** Where what is recorded is kept. */
  private get service(): KeptCredentials {
    const { kept } = this.subject.rotator;
    if (!kept) throw new Error('nothing is recorded of a credential that no service keeps');
    return kept;
  }

  private async idIn(version: string): Promise<string | undefined> {
    const text = await this.subject.secret.text(version);
    return text === undefined ? undefined : this.subject.rotator.identify(text)?.id;
  }

  /** The same, of a version that may hold anything (a person may have put it there) or whose KMS key is out of reach by now. */
  private async idIfReadable(version: string): Promise<string | undefined> {
    return this.ifReadable(() => this.idIn(version));
  }

  private async ifReadable<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof UnusableValue || (error instanceof AwsCallFailed && error.refused)) return undefined;
      throw error;
    }
  }
}

/** The dates since when the credential of a version is replaced; more than one after a person has made it current again. */
function datesOf(look: Look, version: string): Date[] {
  return look.labelsOf(version).map((label) => dateIn(label, 'replaced')).filter((date) => date !== undefined);
}

function latest(dates: Date[]): Date | undefined {
  return dates.length === 0 ? undefined : new Date(Math.max(...dates.map((date) => date.getTime())));
}

/** Of a secret that is gone: it records nothing, and all there is is older. */
export function ledgerOfNothing(now: Date): CredentialLedger {
  const mustNot = async () => Promise.reject(new Error('nothing is recorded of a secret that is gone'));
  return {
    isFirst: false,
    isGone: true,
    secretCreatedAt: now,
    laggingReplicas: [],
    labelledIds: [],
    attempts: async () => [],
    replacedSince: async () => new Map(),
    mentions: async () => false,
    recordedIds: async () => new Set(),
    remove: mustNot,
    deactivate: mustNot,
  };
}
