import { RotationError, UnusableValue } from './errors';
import { CURRENT, PENDING, replacedAt, replacedLabel } from './labels';
import type { Rotation } from './rotation';
import type { CredentialLedger } from './rotator';
import type { Look } from './secret';

/** How long a list of credentials may be behind: only after it is a credential that is not listed taken to be gone. */
const STALE_MILLIS = 60 * 60 * 1000;

/**
 * Which credentials the secret knows, read from its staging labels: each version that holds one is labelled with its id, and since
 * when it is replaced is a label too. So nothing but the secret has to be remembered, and no date that an edit can move is trusted.
 */
export class Ledger implements CredentialLedger {
  /** Lenient with what the secret holds: whoever needs it to be of use has read it before. */
  public static async open(rotation: Rotation, look: Look): Promise<Ledger> {
    const ledger = new Ledger(rotation, look);
    await ledger.seeWhatIsInUse(async (version) => (await ledger.idsIn(version))[0]);
    return ledger;
  }

  private constructor(private readonly rotation: Rotation, private look: Look, private current?: string, private pending?: string) {}

  public get currentId(): string | undefined {
    return this.current;
  }

  public get pendingId(): string | undefined {
    return this.pending;
  }

  public get secretCreatedAt(): Date {
    return this.look.createdAt;
  }

  /** The first rotation of a stack, which nobody registers, starts with the secret. */
  public async registeredAt(): Promise<Date | undefined> {
    return this.rotation.registered ? this.rotation.secret.registeredAt(this.rotation.token) : this.look.createdAt;
  }

  /** One without a date (a person moved a label, a rotation was abandoned) gets today's here. */
  public async replacedSince(existing: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const since = new Map<string, Date>();
    for (const [id, versions] of await this.recorded()) {
      if (id === this.current || id === this.pending) continue;
      const dates = versions.flatMap((version) => datesOf(this.look, version));
      if (existing.includes(id)) {
        since.set(id, dates.length > 0 ? latest(dates) : await this.markReplaced(id, versions[0]));
      } else if (dates.length > 0 && this.rotation.clock.now().getTime() - latest(dates).getTime() > STALE_MILLIS) {
        await this.forget(id); // somebody else removed it
      }
    }
    return since;
  }

  public async recordedIds(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.recorded()).keys(), ...[this.current, this.pending].filter((id) => id !== undefined)]);
  }

  /** The labels are read before it is deactivated and again before it is deleted: if a person has made it current meanwhile, it is reactivated. */
  public async remove(id: string): Promise<void> {
    const { rotator } = this.rotation;
    await this.lookAgain();
    this.refuseIfInUse(id);
    if (await rotator.deactivate(id)) {
      try {
        await this.lookAgain();
        this.refuseIfInUse(id);
      } catch (error) {
        await rotator.reactivate(id);
        throw error;
      }
      await rotator.revoke(id);
    }
    await this.forget(id);
  }

  /** Labels of a credential go when it goes. */
  private async forget(id: string): Promise<void> {
    for (const version of (await this.recorded()).get(id) ?? []) {
      for (const label of this.look.labelsOf(version)) {
        if (label === id || replacedAt(label)) await this.rotation.secret.unlabel(version, label);
      }
    }
  }

  /** Each recorded credential and the labelled versions that hold it. Values are read only where no label tells. */
  private async recorded(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const inUse = [this.look.versionWith(CURRENT), this.look.versionWith(PENDING)]; // these are known without their labels
    for (const [version, labels] of this.look.versions) {
      const labelled = labels.filter((label) => this.rotation.rotator.isId(label));
      const ids = labelled.length > 0 || inUse.includes(version) ? labelled : await this.idsIn(version);
      for (const id of ids) found.set(id, [...(found.get(id) ?? []), version]);
    }
    return found;
  }

  private async markReplaced(id: string, version: string): Promise<Date> {
    const now = this.rotation.clock.now();
    if (!this.look.labelsOf(version).includes(id)) await this.rotation.secret.move(id, undefined, version);
    await this.rotation.secret.move(replacedLabel(now), undefined, version);
    return now;
  }

  private async lookAgain(): Promise<void> {
    this.look = await this.rotation.secret.look();
    await this.seeWhatIsInUse((version) => this.idIn(version));
  }

  private async seeWhatIsInUse(read: (version: string) => Promise<string | undefined>): Promise<void> {
    const [current, pending] = [this.look.versionWith(CURRENT), this.look.versionWith(PENDING)];
    this.current = current && await read(current);
    const labelled = pending && this.look.labelsOf(pending).find((label) => this.rotation.rotator.isId(label));
    // This rotation's own version was empty when it began, and whatever fills it labels it: it need not be read again.
    this.pending = labelled ?? (pending && pending !== current && pending !== this.rotation.token ? await read(pending) : undefined);
  }

  private refuseIfInUse(id: string): void {
    if (id === this.current || id === this.pending) {
      throw new RotationError(
        `${id} is not removed: it is the ${id === this.current ? 'current' : 'pending'} credential of secret ${this.rotation.secret.id} now`);
    }
  }

  private async idIn(version: string): Promise<string | undefined> {
    const text = await this.rotation.secret.text(version);
    return text === undefined ? undefined : this.rotation.rotator.identify(text);
  }

  /** The same, of a version that may hold anything: a person may have put it there. */
  private async idsIn(version: string): Promise<string[]> {
    try {
      const id = await this.idIn(version);
      return id === undefined ? [] : [id];
    } catch (error) {
      if (error instanceof UnusableValue) return [];
      throw error;
    }
  }
}

/** The dates since when the credential of a version is replaced; more than one after a person has made it current again. */
function datesOf(look: Look, version: string): Date[] {
  return look.labelsOf(version).map(replacedAt).filter((date) => date !== undefined);
}

function latest(dates: Date[]): Date {
  return new Date(Math.max(...dates.map((date) => date.getTime())));
}
