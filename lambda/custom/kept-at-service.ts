import type { CredentialDefinition } from './definition';
import type { CustomRotationSettings } from '../../src/private/settings';
import { Refusal } from '../protocol/errors';
import { logLine } from '../protocol/log';
import type { Clock, CredentialLedger, KeptCredentials } from '../protocol/rotator';

/** How many a service keeps, if its definition does not say. */
const DEFAULT_LIMIT = 2;

/** After the answer that nothing is left, it is asked so often again: a rotation that was under way may just have made one. */
const LOOKS_AFTER_THE_LAST = 2;

/** The service's side: ids here are labels. */
interface Service {
  isId(label: string): boolean;
  /** Undefined if it cannot be asked. */
  list(): Promise<string[] | undefined>;
  revoke(label: string): Promise<void>;
}

/** Credentials that a service keeps until they are revoked: replaced ones go when the next is made and their overlap is over. */
export class KeptAtService implements KeptCredentials {
  constructor(
    private readonly definition: Pick<CredentialDefinition, 'limit'>,
    private readonly settings: CustomRotationSettings,
    private readonly clock: Clock,
    private readonly service: Service,
  ) {}

  public isId(label: string): boolean {
    return this.service.isId(label);
  }

  public async revoke(id: string): Promise<void> {
    await this.service.revoke(id);
  }

  public async makeRoom(_current: string, ledger: CredentialLedger): Promise<void> {
    const listed = await this.service.list();
    if (listed) await this.removeOrphans(listed, ledger);

    // What is labelled counts although it is not listed: a person may have made it elsewhere, or the list may end too early.
    const known = [...new Set([...listed ?? [], ...ledger.labelledIds])];
    const kept: Array<{ id: string; until: Date }> = [];
    for (const [id, since] of await ledger.replacedSince(known)) {
      const until = this.overlapEnds(since);
      if (until <= this.clock.now()) await ledger.remove(id, `it was replaced ${since.toISOString()}, and its overlap is over`, true);
      else kept.push({ id, until });
    }
    const limit = this.definition.limit ?? DEFAULT_LIMIT;
    const inUse = [ledger.currentId, ledger.pendingId].filter((id) => id !== undefined).length;
    if (inUse + kept.length < limit) return;
    kept.sort((a, b) => a.until.getTime() - b.until.getTime());
    const retryAt = kept[inUse + kept.length - limit]?.until;
    throw new Refusal(`the service keeps ${limit} credentials, and there is no room for a new one: `
      + `${kept.map(({ id, until }) => `${id} is replaced, and kept until ${until.toISOString()}`).join('. ')}. `
      + 'Rotate later, deploy with a shorter `overlap`, or raise "limit" if the service keeps more', retryAt);
  }

  private async removeOrphans(listed: string[], ledger: CredentialLedger): Promise<void> {
    const { currentId } = ledger;
    if (currentId !== undefined && !listed.includes(currentId)) {
      // By such a list, what consumers are given may look like what nobody knows: with ids of another form, for instance.
      logLine({ decision: 'nothing', why: `"list" does not name ${currentId}, the current credential, so nothing counts as left behind: let it return the ids as "issue" does` });
      return;
    }
    const recorded = await ledger.recordedIds();
    for (const orphan of listed.filter((id) => !recorded.has(id))) {
      await ledger.remove(orphan, 'the secret does not know it: left by an attempt that died', true); // which looks whether that is still so
    }
  }

  /**
   * Also what an attempt has left that died; the current one last, as the service may ask for it to revoke the others. A service that cannot be asked stops
   * it, unless the secret knows of nothing: then the first value could not be made either, and the deployment must be able to go back.
   */
  public async revokeAll(look: () => Promise<CredentialLedger>): Promise<string[]> {
    const revoked = new Set<string>();
    let current: string | undefined;
    for (let quiet = 0; quiet < LOOKS_AFTER_THE_LAST;) {
      const ledger = await look();
      current = ledger.currentId;
      const recorded = await ledger.recordedIds();
      const listed = await this.service.list().catch((error: Error) => {
        if (recorded.size > 0 || revoked.size > 0) throw error;
        logLine({ decision: 'nothing', why: `what an attempt may have left at the service is not revoked: ${error.message}` });
      });
      const others = [...new Set([...recorded, ...listed ?? []])].filter((id) => id !== current && !revoked.has(id));
      for (const id of others) {
        await this.service.revoke(id);
        revoked.add(id);
      }
      quiet = others.length === 0 ? quiet + 1 : 0;
      if (quiet < LOOKS_AFTER_THE_LAST) await this.clock.sleep(this.settings.verify.pauseMillis);
    }
    if (current !== undefined) {
      await this.service.revoke(current);
      revoked.add(current);
    }
    return [...revoked];
  }

  /** A copy of finishSecret that stalls may move AWSCURRENT as late as its timeout. Who wants no overlap does not want that either. */
  private overlapEnds(since: Date): Date {
    const { overlapSeconds, timeoutSeconds } = this.settings;
    return new Date(since.getTime() + (overlapSeconds > 0 ? overlapSeconds + timeoutSeconds : 0) * 1000);
  }
}
