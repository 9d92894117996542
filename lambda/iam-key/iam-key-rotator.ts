import type { STSClient } from '@aws-sdk/client-sts';
import { AccessKey, isAccessKeyId, readAccessKey } from './access-key-value';
import { UNKNOWN_CALLER } from './authority';
import type { IamUser, LastUse, ListedKey } from './iam-user';
import { askSts, isSameUser } from './identity';
import { Due, planRetirement } from './retirement';
import { explainNoRoom, isLeftover, KeyFacts, LeftoverRules, planRoom, RoomRules } from './room';
import { findStrayId } from './stray-ids';
import type { IamKeySettings } from '../../src/private/settings';
import { AwsCallFailed, failedWith, Refusal, RotationError, WrongSettings } from '../protocol/errors';
import { writeFields } from '../protocol/json-text';
import type { Candidate, Clock, CredentialLedger, Held, IssueContext, Issued, KeptCredentials, Retired, Retirement, Rotator, Verdict } from '../protocol/rotator';

/** A new key is tried for so long; Secrets Manager then tries again. IAM publishes no bound; seconds are usual. */
const VERIFY_MILLIS = 2 * 60 * 1000;

/** Kept back when trying a key: to find out why it does not work, to store that, and to answer. */
const VERIFY_RESERVE_MILLIS = 30 * 1000;

/** A key that is not listed has vanished only if its version is older than any list is late. */
const VANISHED_MILLIS = 5 * 60 * 1000;

/** So long a key that calls IAM itself may be unknown there before it counts as gone. */
const UNKNOWN_TRIES = 6;
const UNKNOWN_PAUSE_MILLIS = 5000;

/** Rotates the access key of one IAM user. */
export class IamKeyRotator implements Rotator, KeptCredentials, Retirement {
  public readonly kept = this;
  public readonly retirement = this;

  constructor(
    private readonly settings: IamKeySettings,
    private readonly user: IamUser,
    private readonly stsFor: (key: AccessKey) => Pick<STSClient, 'send' | 'destroy'>,
    private readonly clock: Clock,
  ) {}

  public identify(text: string): Held | undefined {
    const key = readAccessKey(text, this.settings);
    return key && { id: key.accessKeyId };
  }

  public carry(from: string, onto: string, secretArn: string): string {
    return this.write(onto, this.keyIn(from), secretArn);
  }

  public isId(text: string): boolean {
    return isAccessKeyId(text);
  }

  public get ownsAll(): boolean {
    return this.settings.ownsUser && this.settings.authority.kind !== 'ownKey'; // which is gone with the secret
  }

  public get retiresAtOnce(): boolean {
    return this.settings.previousKey.retire?.atOnce ?? false;
  }

  public async checkOwner(current: string): Promise<void> {
    await this.refuseOthers(this.keyIn(current));
  }

  /** It shows, too, that whoever is to call IAM may do so. */
  public async checkAdopted(current: string, recorded: ReadonlySet<string>): Promise<void> {
    const { accessKeyId, secretAccessKey } = this.keyIn(current);
    const ids = (await this.user.keys()).map(({ id }) => id);
    if (!ids.includes(accessKeyId)) {
      throw new RotationError(`the secret holds key ${accessKeyId}, which user "${this.user.name}" does not have (any more): `
        + 'put a working key of the user into it, or remove both fields so that a new key is made');
    }
    this.refuseStray(current, ids.filter((id) => id !== accessKeyId && !recorded.has(id)));
    const identity = await askSts({ accessKeyId, secretAccessKey }, this.stsFor);
    if ('arn' in identity) return;
    const { accessKeyId: idField, secretAccessKey: secretField } = this.settings.fields;
    throw new RotationError(`key ${accessKeyId} in the secret does not work, STS answers ${identity.refusal}: it is inactive, or "${secretField}" does not `
      + `hold the secret access key of the id in "${idField}" (an SMTP password is none, and a line break at its end does not belong to it); put a working key of the user into both fields`);
  }

  public async makeRoom(current: string, ledger: CredentialLedger): Promise<void> {
    const keys = await this.user.keys();
    const currentIsMissing = ledger.currentId !== undefined && !keys.some(({ id }) => id === ledger.currentId);
    if (ledger.currentId === undefined) this.refuseStray(current, keys.map(({ id }) => id));
    if (currentIsMissing) await this.refuseOthers(this.keyIn(current));
    const facts = await this.facts(keys, ledger);
    const undecided = facts.some((fact) => fact.role === 'other' && !fact.replacedAt && !fact.lastUsedAt); // whose it is
    const plan = planRoom(facts, { ...this.rules(ledger, currentIsMissing), attempts: undecided ? await ledger.attempts() : [] });
    for (const { id, why } of plan.remove) await ledger.remove(id, why, facts.some((fact) => fact.id === id && fact.active));
    if (plan.kept.length > 0) {
      const { message, retryAt } = explainNoRoom(this.user.name, plan.kept);
      throw new Refusal(message, retryAt);
    }
  }

  public async issue(current: string, { secretArn }: IssueContext): Promise<Issued> {
    const key = await this.user.createKey();
    if (!isAccessKeyId(key.accessKeyId)) {
      await this.user.deleteKey(key.accessKeyId);
      throw new Refusal(`IAM made a key whose id does not begin with AKIA, ${key.accessKeyId}: an emulator must make ids as AWS does (LocalStack: PARITY_AWS_ACCESS_KEY_ID=1)`);
    }
    return { id: key.accessKeyId, text: this.write(current, key, secretArn) };
  }

  public async revoke(id: string): Promise<void> {
    await this.user.deleteKey(id);
  }

  public async deactivate(id: string): Promise<void> {
    await this.user.setActive(id, false);
  }

  public async reactivate(id: string): Promise<void> {
    await this.user.setActive(id, true);
  }

  public async verify({ text, registeredAt }: Candidate): Promise<Verdict> {
    const key = this.keyIn(text);
    const { answers, pauseMillis } = this.settings.propagation;
    const giveUp = this.clock.now().getTime() + Math.min(VERIFY_MILLIS, this.clock.remaining() - VERIFY_RESERVE_MILLIS);
    const refusals: string[] = [];
    for (let inARow = 0; ;) {
      const identity = await askSts(key, this.stsFor);
      if ('arn' in identity) {
        if (!this.isOurs(identity.arn)) return { kind: 'never', why: `key ${key.accessKeyId} belongs to ${identity.arn}, not to user "${this.user.name}"` };
        if (++inARow >= answers) return { kind: 'works' };
      } else {
        inARow = 0;
        refusals.push(identity.refusal);
      }
      if (this.clock.now().getTime() + pauseMillis > giveUp) return this.whyNot(key.accessKeyId, refusals, registeredAt);
      await this.clock.sleep(pauseMillis);
    }
  }

  public mayBeTooNew(error: AwsCallFailed): boolean {
    return error.code === 'NoSuchEntityException'; // the user, made by the same deployment
  }

  public async retireDue(ledger: CredentialLedger): Promise<Retired> {
    const { retire } = this.settings.previousKey;
    if (!retire) return { deactivated: [], removed: [] };
    const { facts, held } = await this.retirable(ledger, true);
    if (held) return { deactivated: [], removed: [], held };
    const due = planRetirement(facts.filter((fact) => !this.isUnsettled(fact)), this.rules(ledger, false), retire);
    for (const { id, action, why, isActive } of due) {
      if (action === 'remove') await ledger.remove(id, why, isActive);
      else await ledger.deactivate(id, why);
    }
    const done = (action: Due['action']) => due.filter((one) => one.action === action).map(({ id }) => id);
    return { deactivated: done('deactivate'), removed: done('remove') };
  }

  public async retireNow(ledger: CredentialLedger, id: string): Promise<Retired> {
    if (id === ledger.currentId || id === ledger.pendingId) {
      throw new Refusal(`${id} is not retired: it is the ${id === ledger.currentId ? 'current' : 'pending'} key; rotate first, it can be retired once it is replaced`);
    }
    const { facts, held } = await this.retirable(ledger, false); // who has switched the current key off knows it
    if (held) throw new Refusal(`nothing is retired: ${held}`);
    const key = facts.find((fact) => fact.id === id);
    if (key === undefined) return { deactivated: [], removed: [] };
    if (key.replacedAt === undefined) {
      throw new Refusal(`${id} is not retired: the secret does not record it, so it is not the secret's to remove; delete it in IAM once nobody needs it`);
    }
    if (this.isUnsettled(key)) {
      throw new Refusal(`${id} is not retired: it has only just ceased to be pending or current, and a rotation that stalled may still make it current; `
        + `retire it in ${this.settings.timeoutSeconds} s`);
    }
    await ledger.remove(id, 'retired on request', key.active);
    return { deactivated: [], removed: [id] };
  }

  public async revokeAll(look: () => Promise<CredentialLedger>): Promise<string[]> {
    const revoked: string[] = [];
    // Until it stays empty: a list may be late, and a rotation that was under way may just have made a key.
    for (let emptyInARow = 0; emptyInARow < 2;) {
      const ledger = await look();
      const ours = await this.oursAmong(ledger);
      // The key that calls IAM can be removed last only, whatever has become current meanwhile.
      const caller = this.user.callingKeyId;
      const others = ours.filter((id) => id !== caller);
      if (caller !== undefined && caller !== ledger.currentId && revoked.length === 0) {
        // One of the two looks was late. If the key that is current went first and this ended half-way, nothing could call IAM any more.
        this.user.disconnect();
        emptyInARow = 0;
      } else {
        for (const id of others) await this.user.deleteKey(id);
        revoked.push(...others);
        emptyInARow = others.length === 0 ? emptyInARow + 1 : 0;
      }
      if (emptyInARow < 2) {
        await this.clock.sleep(this.settings.propagation.pauseMillis);
      } else if (caller !== undefined) {
        await this.user.deleteKey(caller);
        revoked.push(caller);
      }
    }
    return revoked;
  }

  /** Recorded keys, and what an attempt that died, or an earlier secret of a user made for it, has left. */
  private async oursAmong(ledger: CredentialLedger): Promise<string[]> {
    const recorded = await ledger.recordedIds();
    const { secretCreatedAt } = ledger;
    const rules = { ownsUser: this.settings.ownsUser, secretCreatedAt, nothingRecorded: recorded.size === 0, now: this.clock.now() };
    const ours: string[] = [];
    for (const key of await this.keysOrNone(ledger, recorded)) {
      const use = recorded.has(key.id) ? undefined : await this.user.lastUse(key.id);
      if (recorded.has(key.id) || (use && await this.isLeftover(key, use, ledger, rules))) ours.push(key.id);
    }
    return ours;
  }

  private async isLeftover(key: ListedKey, use: LastUse, ledger: CredentialLedger, rules: LeftoverRules): Promise<boolean> {
    if (!isLeftover({ ...key, lastUsedAt: this.realUse(key, use) }, rules)) return false;
    return this.settings.ownsUser || !await ledger.mentions(key.id); // of a given user it is a person's
  }

  /**
   * A user that is gone has no keys. Nor has one whose keys the role could never list, as long as the secret records none. And of what
   * the current key was to remove, it has removed itself last.
   */
  private async keysOrNone(ledger: CredentialLedger, recorded: ReadonlySet<string>, triesLeft = UNKNOWN_TRIES): Promise<ListedKey[]> {
    try {
      return await this.user.keys();
    } catch (error) {
      if (this.settings.authority.kind === 'ownKey' && failedWith(error, ...UNKNOWN_CALLER)) {
        if (triesLeft === 0) return [];
        await this.clock.sleep(UNKNOWN_PAUSE_MILLIS); // it may be so new that IAM does not know it everywhere
        return this.keysOrNone(ledger, recorded, triesLeft - 1);
      }
      if (error instanceof AwsCallFailed && (error.code === 'NoSuchEntityException' || (error.accessDenied && recorded.size === 0 && !ledger.isGone))) return [];
      throw error;
    }
  }

  /** A key that stands elsewhere in the secret is in use there: consumers would go on reading it, and a rotation would take it for nobody's. */
  private refuseStray(text: string, ids: readonly string[]): void {
    const stray = findStrayId(text, ids);
    if (stray === undefined) return;
    const { accessKeyId, secretAccessKey } = this.settings.fields;
    throw new WrongSettings(`the secret holds ${stray.id}, a key of user "${this.user.name}", at "${stray.place}", and \`fields\` names "${accessKeyId}" and `
      + `"${secretAccessKey}": name the fields at the top of the JSON that hold the key, move the key into these, or take ${stray.id} out of the secret`);
  }

  /** STS knows whose key it is, if it still works. */
  private async refuseOthers(key: AccessKey): Promise<void> {
    const identity = await askSts(key, this.stsFor);
    if ('arn' in identity && !this.isOurs(identity.arn)) {
      throw new WrongSettings(`the secret holds key ${key.accessKeyId} of ${identity.arn}, not of user "${this.user.name}": `
        + 'give the rotation that user, or a secret of its own');
    }
  }

  /** The facts about the user's keys, and why no replaced one may go now: without a current key that works, it may be all that does. */
  private async retirable(ledger: CredentialLedger, mustBeActive: boolean): Promise<{ facts: KeyFacts[]; held?: string }> {
    const { currentId } = ledger;
    if (currentId === undefined) return { facts: [], held: 'the secret holds no key that can be read' };
    const facts = await this.facts(await this.user.keys(), ledger);
    const current = facts.find(({ role }) => role === 'current');
    if (!current) return { facts, held: `the current key ${currentId} is missing in IAM's list` };
    return { facts, held: current.active || !mustBeActive ? undefined : `the current key ${currentId} is inactive` };
  }

  private isUnsettled({ unsettledUntil }: KeyFacts): boolean {
    return unsettledUntil !== undefined && unsettledUntil > this.clock.now();
  }

  private rules(ledger: CredentialLedger, currentIsMissing: boolean): RoomRules {
    const { previousKey, ...settings } = this.settings;
    const { secretCreatedAt, isFirst, laggingReplicas } = ledger;
    return { ...settings, ...previousKey, now: this.clock.now(), secretCreatedAt, isFirst, laggingReplicas, currentIsMissing, attempts: [] };
  }

  private async facts(keys: readonly ListedKey[], ledger: CredentialLedger): Promise<KeyFacts[]> {
    const since = await ledger.replacedSince(keys.map(({ id }) => id));
    const facts = await Promise.all(keys.map(async (key): Promise<KeyFacts | undefined> => {
      if (key.id === ledger.currentId) return { ...key, role: 'current' };
      if (key.id === ledger.pendingId) return { ...key, role: 'pending' };
      const use = await this.user.lastUse(key.id);
      const replacedAt = since.get(key.id);
      // The key of a rotation that was abandoned, or undone by hand: until its timeout is over, a stalled copy of finishSecret may go on with it.
      const isSettled = replacedAt === undefined || key.id === ledger.previousId;
      const unsettledUntil = isSettled ? undefined : new Date(replacedAt.getTime() + this.settings.timeoutSeconds * 1000);
      const isMentioned = replacedAt === undefined && await ledger.mentions(key.id);
      return use && { ...key, role: 'other', replacedAt, unsettledUntil, isMentioned, lastUsedAt: this.realUse(key, use) };
    }));
    return facts.filter((fact) => fact !== undefined); // without those that are gone: a list may be late
  }

  /** Our own test of a new key is no use of it. */
  private realUse({ createdAt }: ListedKey, { at, service }: LastUse): Date | undefined {
    const ourTest = service === 'sts' && at !== undefined && at.getTime() - createdAt.getTime() <= this.settings.timeoutSeconds * 1000;
    return ourTest ? undefined : at;
  }

  private async whyNot(id: string, refusals: string[], registeredAt: () => Promise<Date | undefined>): Promise<Verdict> {
    const listed = (await this.user.keys()).find((key) => key.id === id);
    if (listed && !listed.active) return { kind: 'never', why: `key ${id} is inactive: somebody has deactivated it` };
    if (!listed && refusals.length >= this.settings.propagation.answers) {
      const since = await registeredAt();
      if (since && this.clock.now().getTime() - since.getTime() > VANISHED_MILLIS) return { kind: 'never', why: `key ${id} has vanished: somebody has deleted it` };
    }
    return { kind: 'notYet', why: `STS refused it ${refusals.length} times, last with ${refusals.at(-1) ?? 'no answer'}` };
  }

  private isOurs(arn: string): boolean {
    return isSameUser(arn, this.settings.userArn);
  }

  private keyIn(text: string): AccessKey {
    const key = readAccessKey(text, this.settings);
    if (!key) throw new Refusal('the secret holds no access key');
    return key;
  }

  private write(text: string, key: AccessKey, secretArn: string): string {
    const { fields, authority } = this.settings;
    return writeFields(text, [
      [fields.accessKeyId, key.accessKeyId],
      [fields.secretAccessKey, key.secretAccessKey],
      [fields.userName, this.user.name],
      [fields.masterArn, authority.kind === 'adminSecret' ? authority.secretArn : secretArn],
    ]);
  }
}
