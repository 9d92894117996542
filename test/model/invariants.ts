/**
 * The invariants of docs/how-it-works.md, watched after every event.
 *
 * Excused, counted and nothing else, as no rule can promise it:
 * - a person's key whose use IAM has not published yet
 * - a label that a person moves while the key is being removed (it must be mended within a timeout, unless the process dies)
 * - a key that people replace by hand while a label still dates it, and that no rotation looks at in between
 * - a key that one copy of createSecret made and died with while another copy went on, until the next rotation removes it
 * - a key that a copy which stalled makes when the stack is gone already
 * - a never-used key that a dead attempt left with a user that was given, when the stack goes
 * - with ownKey, what needs a key of its own after a person has killed it, or has put a dead one back; and keys that are left with the stack if
 *   a rotation that had stalled made one current that the deletion had just removed, and the deletion has had to be tried again
 */
import { History, MINUTE, SECOND } from './history';
import type { Process } from './process';
import { limitOf, TIMEOUT } from './settings';
import { Key, Status, USE_LAG } from './user-keys';
import type { World } from './world';

/** A read may be so old. */
const STALE = MINUTE;

export class Invariants {
  /** There is a stack: its first key was made, and it is not being deleted. */
  public lives = false;
  /** When it was deleted, and so often that was tried. */
  public deletedAt = Infinity;
  public deletions = 0;
  /** When somebody has sent a step that is not its turn. */
  public forgedAt = -Infinity;
  public violation?: string;
  /** Rotations that have succeeded. */
  public rotations = 0;
  public readonly excused: Record<string, number> = {};
  /** Keys that no version records, after the last rotation that succeeded. */
  public orphans = 0;
  private readonly overlap: number;
  private readonly limit: number;
  private lastHandMove = -Infinity;
  /** Keys that people have replaced by hand while a label still said that they were replaced at another time. */
  private readonly datedBefore = new Set<Key>();
  private readonly leftByHand = new Map<Key, number>();
  /** Keys that go because their owner has said that nobody needs them, and since when. */
  private readonly letGo = new Map<Key, number>();

  public constructor(private readonly world: World, { intervalMillis }: History['config']) {
    this.overlap = world.settings.previousKey.overlapSeconds * SECOND;
    this.limit = limitOf(intervalMillis);
  }

  public check(holds: boolean, violation: string): void {
    if (!holds) this.violation ??= violation;
  }

  public excuse(what: string): void {
    this.excused[what] = (this.excused[what] ?? 0) + 1;
  }

  public noSecretIn(error: Error | undefined): void {
    if (error) this.check(!`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes('secret-of-'), 'a secret value is in an error');
  }

  // ---- what people do

  /** @param move makes another version current, and perhaps another key. */
  public movedByHand(move: () => void): void {
    const { world } = this;
    const before = world.iam.keys.get(world.secret.currentId ?? '');
    const dated = before !== undefined && world.secret.isDated(before.id);
    move();
    if (world.secret.currentId === before?.id) return;
    this.lastHandMove = world.now;
    if (dated) this.datedBefore.add(before);
    if (before) this.leftByHand.set(before, world.now);
  }

  // ---- after an event

  public succeeded(): void {
    this.rotations++;
    const { world } = this;
    const keys = world.iam.living();
    this.check(keys.length <= 2, 'a rotation that succeeded leaves more than two keys');
    const recorded = new Set([...world.secret.versions.keys()].map((version) => world.secret.idIn(version)));
    this.orphans = keys.filter(({ id, maker }) => maker === 'function' && !recorded.has(id)).length;
    if (this.orphans > 0) this.excuse('orphan of a copy that died beside another one');
    this.check(world.secret.labelCount() <= 12, 'labels are left behind');
  }

  public nothingIsLeft(): void {
    const { world } = this;
    const isOwnKey = world.settings.authority.kind === 'ownKey';
    for (const key of world.iam.living()) {
      if (key.maker === 'person' && !key.wasCurrent) continue;
      const isUnused = world.iam.usedUpTo(key, this.world.now) === undefined;
      if (key.madeAt >= this.deletedAt) this.excuse('key made by a copy that stalled until the stack was gone');
      else if (isOwnKey && (this.killedByPerson() || this.wasKilledByPerson(key))) this.excuse('key left by a key of its own that a person had killed');
      else if (isOwnKey && this.crossedDeletion()) this.excuse('key left by a key of its own: a stalled rotation made one current that was deleted with the stack');
      else if (!world.settings.ownsUser && !key.wasCurrent && isUnused) this.excuse('never-used key left with a given user');
      else this.check(false, 'a stack that is deleted leaves a key behind');
    }
  }

  /** The key that would call IAM does not work any more, or one that did not, or was just being removed, was put there by hand. */
  public killedByPerson(): boolean {
    const { world } = this;
    const current = world.iam.keys.get(world.secret.currentId ?? '');
    if (current === undefined) return true;
    const { by, at } = current.changes.at(-1)!;
    return world.iam.status(current) !== 'active' && (by === 'person' || this.lastHandMove > at - TIMEOUT);
  }

  /** It was to call IAM, and a stalled rotation has put another one in its place since. */
  private wasKilledByPerson(key: Key): boolean {
    return key.wasCurrent && this.world.iam.status(key) === 'inactive' && key.changes.at(-1)!.by === 'person';
  }

  private crossedDeletion(): boolean {
    const { world } = this;
    const current = world.iam.keys.get(world.secret.currentId ?? '')!;
    return this.deletions > 1 && world.iam.status(current) === 'deleted' && current.changes.at(-1)!.at < world.secret.currentMovedAt;
  }

  // ---- before the function's call takes effect

  /** Of a person's keys the process was told, and what nobody decides about forbids to rotate. */
  public beforeKeyIsMade({ listedAt }: Process): void {
    const { world } = this;
    if (world.settings.unrecordedKey !== 'refuse') return;
    const strangers = world.iam.living().filter((key) => key.maker === 'person' && key.madeAt <= listedAt && !this.isRecorded(key));
    this.check(strangers.length === 0, 'a key is made although there is an unrecorded one that a person has to decide about');
  }

  public beforeKeyChange(key: Key, to: Status, process: Process): void {
    const { world } = this;
    const { lookedAt, off } = process;
    if (to === 'active' || !this.lives) return;
    if (to === 'deleted' && key.wasCurrent) {
      const offAt = off.get(key.id);
      this.check(offAt !== undefined && lookedAt > offAt - STALE, 'a key is deleted without a look at the labels since it was deactivated');
    }
    if (key.id === world.secret.currentId && this.lastHandMove > lookedAt) {
      const deaths = world.deaths;
      world.at(world.now + TIMEOUT, () => {
        const isOff = this.lives && world.secret.currentId === key.id && world.iam.status(key) === 'inactive' && key.changes.at(-1)!.by === 'function';
        const died = isOff && world.deaths > deaths;
        this.excuse(`label moved by hand while ${died ? 'a process removed the key and died' : 'the key was removed'}`);
        this.check(!isOff || world.deaths > deaths, 'a label move that crossed a removal is never mended');
      });
      return;
    }
    this.check(key.id !== world.secret.currentId, `the current key is made ${to}`);
    const pending = world.secret.versionWith('AWSPENDING');
    this.check(pending === undefined || world.secret.idIn(pending) !== key.id, `the pending key is made ${to}`);
    this.currentKeyWorks(key, process);
    if (process.isOwnersWord) {
      this.check(process.askedFor === key.id, 'another key is retired than the one that was named');
      this.check(this.isRecorded(key), 'a key is retired that the secret does not record');
      this.letGo.set(key, world.now);
    }
    if (world.now - (this.letGo.get(key) ?? -Infinity) <= TIMEOUT) return;
    if (to === 'deleted' && process.isRetirement) this.isDueToBeDeleted(key);
    this.check(!world.settings.previousKey.isForAdministrator || !key.wasCurrent, 'a key that is for an administrator goes');
    if (world.iam.status(key) !== 'active') return;
    if (key.wasCurrent) this.mayGo(key);
    else if (key.maker === 'person') this.personsKeyGoes(key, process);
  }

  /** Without a current key that works a replaced one may be all that does. Who says that nobody needs it may have switched the current one off. */
  private currentKeyWorks(key: Key, process: Process): void {
    const { world } = this;
    if (!key.wasCurrent || !(process.isRetirement || process.isOwnersWord) || this.lastHandMove > process.startedAt - STALE) return;
    const current = world.iam.keys.get(world.secret.currentId ?? '');
    const seen = current && world.iam.statusAt(current, process.listedAt);
    this.check(seen === 'active' || (seen === 'inactive' && process.isOwnersWord), 'a replaced key goes while the current one does not work');
  }

  private isDueToBeDeleted(key: Key): void {
    const { world } = this;
    const { deleteSeconds } = world.settings.previousKey.retire!;
    if (!key.wasCurrent || world.now - (key.leftAt ?? world.now) >= deleteSeconds * SECOND - SECOND) return;
    if (this.datedBefore.has(key)) this.excuse('key replaced by hand that an earlier date was still on');
    else this.check(false, 'a replaced key is deleted before it is due');
  }

  private isRecorded(key: Key): boolean {
    const { world } = this;
    return [world.secret.versionWith(key.id), ...world.secret.versions.keys()].some((version) => world.secret.idIn(version) === key.id);
  }

  private mayGo(key: Key): void {
    const { world } = this;
    const age = world.now - (key.leftAt ?? world.now);
    const used = world.iam.usedUpTo(key, world.now - USE_LAG - TIMEOUT);
    const early = age < this.overlap - SECOND;
    const recentlyUsed = used !== undefined && world.now - used < this.overlap - USE_LAG - TIMEOUT;
    const stillUsed = !world.settings.previousKey.evenIfInUse && recentlyUsed && age < this.limit - TIMEOUT;
    // Who wants replaced keys to stop at once wants it in all regions.
    const isBehind = world.secret.replica?.isBehindSince(world.now - TIMEOUT - STALE) && age < this.limit - TIMEOUT;
    const replicated = Boolean(isBehind && !world.settings.previousKey.retire?.atOnce);
    if ((early || stillUsed || replicated) && this.datedBefore.has(key)) return this.excuse('key replaced by hand that an earlier date was still on');
    const crossed = world.now - (this.leftByHand.get(key) ?? -Infinity) <= TIMEOUT;
    if ((early || stillUsed || replicated) && crossed) return this.excuse('label moved by hand while the key was removed');
    this.check(!early, 'a replaced key lives less than one overlap');
    this.check(!stillUsed, 'a replaced key goes while it is in use');
    this.check(!replicated, 'a replaced key goes while a replica may still hold it');
  }

  private personsKeyGoes(key: Key, process: Process): void {
    const { world } = this;
    if (world.iam.usedUpTo(key, world.now) === undefined) {
      // A rotation's own leftover looks like a key that a person has made while it, or one that was given up, was under way, and has not used.
      const registeredAt = world.secret.versions.get(process.token ?? '')?.registeredAt ?? process.startedAt;
      const isLikeOurs = key.madeAt >= registeredAt - SECOND || world.secret.isFromRotation(key.madeAt, 'givenUp');
      this.check(world.settings.unrecordedKey !== 'keep' || isLikeOurs, 'a person\'s key that is not used goes, though all are kept');
      return;
    }
    const published = world.iam.usedUpTo(key, world.now - USE_LAG - TIMEOUT) !== undefined;
    if (!published) return this.excuse('person\'s key whose use is not published yet');
    if (world.settings.unrecordedKey === 'delete') {
      const used = world.iam.usedUpTo(key, world.now - USE_LAG - TIMEOUT)!;
      const age = world.now - key.madeAt;
      const inUse = world.now - used < this.overlap - USE_LAG - TIMEOUT && !world.settings.previousKey.evenIfInUse;
      this.check(age >= this.overlap - SECOND && (!inUse || age >= this.limit - TIMEOUT), 'a person\'s key goes before a replaced one would');
      return;
    }
    this.check(false, 'a person\'s key that is in use goes');
  }

  public beforeCurrentMoves(to: string): void {
    const { world } = this;
    if (this.deletions > 0) return; // the stack is being deleted
    const [from, text] = [world.secret.versions.get(world.secret.versionWith('AWSCURRENT')!)!.text!, world.secret.versions.get(to)?.text];
    if (text === undefined) return this.check(false, 'a version without a value becomes current');
    const others = (value: string) => {
      const { id, secret, placeholder, ...rest } = JSON.parse(value) as Record<string, unknown>;
      return JSON.stringify(rest);
    };
    this.check(others(from) === others(text), 'an edit is lost');
    const key = world.iam.keys.get(world.secret.idIn(to)!);
    this.check(key !== undefined && key.id !== world.secret.currentId, 'a rotation ends with the same key');
    const last = key!.changes.at(-1)!;
    const byPersonJustNow = last.by === 'person' && world.now - last.at < 10 * MINUTE;
    if (last.status !== 'active' && last.by === 'person' && world.now - this.forgedAt <= TIMEOUT) {
      this.excuse('tested key that a person had killed, and that a forged step made current');
    } else {
      this.check(last.status === 'active' || byPersonJustNow, 'a key that does not work becomes current');
    }
    this.check(world.iam.isKnownEverywhere(key!), 'a key becomes current that not all of AWS knows');
  }
}
