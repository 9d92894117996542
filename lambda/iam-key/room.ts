/**
 * Which of a user's keys may go to make room for a new one. A pure function of what was read: keys are compared by id, never by
 * age or position, and the current and the pending key are never among those that may go.
 */

import type { UnrecordedKeySettings } from '../../src/private/settings';
import type { Attempts } from '../protocol/rotator';

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

/** IAM lets a user have two keys, and the quota cannot be raised. */
const KEYS_PER_USER = 2;

/** Without a schedule, a replaced key goes after so long even if it is still used: twice the 90 days that CIS asks for. */
const LIMIT_ON_DEMAND = 180 * DAY;

/** Why a key of an earlier secret is kept when there is no room for the first key of a new one. */
const EARLIER_SECRET = 'an earlier secret of this user may hold it';

/** Why a key that was made, or pending, a moment ago is kept, even without any overlap. */
const UNSETTLED = 'it has only just been made, or ceased to be pending or current, and a rotation that stalled may still make it current';

/** A read of the labels may be so old. */
const READ_LAG_SECONDS = 60;

/** Without a current key no replaced key goes sooner, whatever the overlap: a list of keys may be late by minutes. */
const SHORTEST_OVERLAP_WITHOUT_CURRENT = 60 * 60;

/** A secret that is older when nothing is recorded in it was not made by the deployment that is rolled back. */
const LONGEST_CREATION = 60 * 60 * SECOND;

/** A replica that is being brought up to date is looked at again after so long. */
const REPLICATION = 5 * 60 * SECOND;

/** One access key, as IAM and the secret tell of it. */
export interface KeyFacts {
  readonly id: string;
  readonly active: boolean;
  readonly createdAt: Date;
  /** IAM publishes it late: a date protects a key; no date does not prove that it was not used. */
  readonly lastUsedAt?: Date;
  readonly role: 'current' | 'pending' | 'other';
  /** Since when it is replaced, if the secret records it. */
  readonly replacedAt?: Date;
  /** The secret does not record it, and yet its id stands in one of its versions, where nobody looks for it. */
  readonly isMentioned?: boolean;
  /** No rotation has replaced it, but people: until then a copy of its own rotation that stalled may still make it current. */
  readonly unsettledUntil?: Date;
}

/** What the decision depends on besides the keys. */
export interface RoomRules {
  readonly now: Date;
  /** The times in which attempts of rotations may have left keys, as far as they are known. */
  readonly attempts: readonly Attempts[];
  readonly secretCreatedAt: Date;
  /** The user was made for this secret. */
  readonly ownsUser: boolean;
  /** The key to make room for is the first one of its secret. */
  readonly isFirst: boolean;
  /** The secret holds a key, but IAM does not list it. */
  readonly currentIsMissing: boolean;
  readonly overlapSeconds: number;
  readonly evenIfInUse: boolean;
  readonly intervalSeconds?: number;
  readonly timeoutSeconds: number;
  /** A rotation never removes a replaced key. */
  readonly isForAdministrator: boolean;
  readonly unrecordedKey: UnrecordedKeySettings;
  readonly laggingReplicas: ReadonlyArray<{ readonly region: string; readonly inProgress: boolean }>;
}

/** A key that is kept, and until when; without a date it is for a person to decide. */
export interface Kept {
  readonly key: KeyFacts;
  readonly why: string;
  readonly until?: Date;
}

export interface RoomPlan {
  readonly remove: ReadonlyArray<{ readonly id: string; readonly why: string }>;
  /** Not empty: there is no room, and these are the reasons. */
  readonly kept: readonly Kept[];
}

/** Decides what goes now; if that leaves no room for a new key, nothing is removed for it and `kept` says why. */
export function planRoom(keys: readonly KeyFacts[], rules: RoomRules): RoomPlan {
  const remove = keys.filter((key) => isOrphan(key, rules)).map(({ id }) => ({ id, why: 'never used, and recorded nowhere: left by an attempt that died' }));
  const rest = keys.filter((key) => !remove.some(({ id }) => id === key.id));
  const kept = rest.map((key) => whyKept(key, rules));
  const removable = kept.filter(({ key, until }) => until !== undefined && until <= rules.now && key.role === 'other');
  // Inactive ones first, then those that were replaced first; of two keys of an earlier secret, the one that was not used for longer.
  removable.sort((a, b) => Number(a.key.active) - Number(b.key.active) || a.until!.getTime() - b.until!.getTime()
    || (a.key.lastUsedAt?.getTime() ?? 0) - (b.key.lastUsedAt?.getTime() ?? 0));
  const freed = removable.slice(0, Math.max(0, rest.length - (KEYS_PER_USER - 1)));
  if (rest.length - freed.length >= KEYS_PER_USER) return { remove, kept };
  if (rules.unrecordedKey === 'refuse' && rest.some((key) => isUnrecorded(key, rules))) return { remove, kept };
  return { remove: [...remove, ...freed.map(({ key, why }) => ({ id: key.id, why }))], kept: [] };
}

/** Rule 1: unrecorded, never used, and old enough. */
function isOrphan(key: KeyFacts, rules: RoomRules): boolean {
  return isUnrecorded(key, rules) && !key.isMentioned && !key.lastUsedAt && (orphanFrom(key, rules)?.getTime() ?? Infinity) <= rules.now.getTime();
}

function isUnrecorded(key: KeyFacts, rules: RoomRules): boolean {
  return key.role === 'other' && !key.replacedAt && !isFromEarlierSecret(key, rules);
}

/**
 * From when on a key that is never used counts as left behind: by a copy of a rotation that is certainly dead by then, or by a
 * person. Never, if what a person has left is for a person to delete.
 */
function orphanFrom(key: KeyFacts, rules: RoomRules): Date | undefined {
  const madeByRotation = rules.attempts.some((attempts) => isFrom(key, attempts, rules));
  // Until its timeout is over, a stalled copy may still store the key; what it has stored is then read by everybody. The first key of
  // a stack is not waited for: CloudFormation's request is repeated only after it has ended.
  if ((rules.unrecordedKey === 'refuse' || rules.unrecordedKey === 'keep') && !madeByRotation) return undefined;
  return new Date(key.createdAt.getTime() + (madeByRotation ? Math.min(grace(rules), patience(rules)) : patience(rules)));
}

/** A tie is ours. A copy of the last attempt may have been alive for as long as any. */
function isFrom(key: KeyFacts, { from, to }: Attempts, rules: RoomRules): boolean {
  return !isOlder(key, from) && (to === undefined || key.createdAt.getTime() <= to.getTime() + grace(rules));
}

function grace({ isFirst, timeoutSeconds }: RoomRules): number {
  return isFirst ? 0 : (timeoutSeconds + READ_LAG_SECONDS) * SECOND;
}

/** A person gets so long to use a key that they have made: a day, and no longer than an interval, or rotations every few hours would wedge. */
function patience({ intervalSeconds }: RoomRules): number {
  return Math.min(DAY, (intervalSeconds ?? Infinity) * SECOND);
}

/** What decides about a key that the secret does not record when it is deleted. */
export interface LeftoverRules {
  readonly ownsUser: boolean;
  readonly secretCreatedAt: Date;
  readonly nothingRecorded: boolean;
  readonly now: Date;
}

/**
 * What goes with a secret that is deleted, besides the keys that it records: what else only its own rotations can have made. With a user that was given,
 * what the creation of a secret has left that is rolled back.
 */
export function isLeftover(
  key: Pick<KeyFacts, 'createdAt' | 'lastUsedAt'>, { ownsUser, secretCreatedAt, nothingRecorded, now }: LeftoverRules,
): boolean {
  if (ownsUser) return key.lastUsedAt === undefined || isOlder(key, secretCreatedAt);
  const isRolledBack = nothingRecorded && now.getTime() - secretCreatedAt.getTime() < LONGEST_CREATION;
  return isRolledBack && key.lastUsedAt === undefined && !isOlder(key, secretCreatedAt);
}

/**
 * Since when a key is replaced. A user made for this secret can have older keys only from an earlier secret of the same construct. One
 * that nobody recorded counts as replaced since it was made, if it is to go as replaced keys do.
 */
function replacedAt(key: KeyFacts, rules: RoomRules): Date | undefined {
  if (!isUnrecorded(key, rules)) return key.replacedAt ?? rules.secretCreatedAt;
  return rules.unrecordedKey === 'delete' ? key.createdAt : undefined;
}

function isFromEarlierSecret(key: KeyFacts, { ownsUser, secretCreatedAt }: RoomRules): boolean {
  return ownsUser && key.replacedAt === undefined && isOlder(key, secretCreatedAt);
}

function isOlder(key: Pick<KeyFacts, 'createdAt'>, date: Date): boolean {
  return wholeSecond(key.createdAt) < wholeSecond(date);
}

/** Rule 2, and the words for rule 3: `until` in the past means that the key may go. */
function whyKept(key: KeyFacts, rules: RoomRules): Kept {
  if (key.role !== 'other') return { key, why: `it is the ${key.role} key` };
  if (key.isMentioned) return { key, why: 'its id stands in a version of the secret, outside of the field for it, so somebody may use it' };
  const replaced = replacedAt(key, rules);
  if (!replaced) {
    if (key.lastUsedAt) return { key, why: 'this secret did not make it, and somebody uses it' };
    const until = orphanFrom(key, rules);
    return until
      ? { key, why: 'this secret did not make it; it counts as abandoned if it is never used', until }
      : { key, why: 'this secret did not make it, and unrecordedKeyPolicy leaves it to a person' };
  }
  if (rules.isForAdministrator && !isUnrecorded(key, rules)) return { key, why: 'previousKeyPolicy keeps a replaced key until an administrator removes it' };
  const now = rules.now.getTime();
  // A key that nobody recorded may be of a copy of the step that is about to store it, a recorded one of a copy that is about to make it current.
  const settled = isUnrecorded(key, rules) ? key.createdAt.getTime() + grace(rules) : key.unsettledUntil?.getTime() ?? 0;
  if (settled > now && !key.active) return { key, why: UNSETTLED, until: new Date(settled) };
  if (!key.active && !rules.currentIsMissing) return { key, why: 'it is inactive', until: replaced };

  const { overlapSeconds, overlapEnds, unusedFrom, replicasFrom, limit } = lifeOf(key, replaced, rules);
  if (rules.isFirst && overlapSeconds > 0 && isFromEarlierSecret(key, rules)) {
    // Each attempt makes a new secret, so no date would ever come.
    return { key, why: EARLIER_SECRET };
  }
  const until = new Date(Math.max(settled, overlapEnds, Math.min(Math.max(unusedFrom, replicasFrom), limit)));
  const overlap = `its overlap (${duration(overlapSeconds)} from ${replaced.toISOString()}) has ${overlapEnds > now ? 'not ' : ''}ended`;
  const inUse = unusedFrom > now ? `it is still in use: it was used less than one overlap (${duration(overlapSeconds)}) ago` : undefined;
  const replicas = replicasFrom > now ? `the replica in ${rules.laggingReplicas.map(({ region }) => region).join(', ')} is not in sync` : undefined;
  const tooLong = (inUse ?? replicas) && until.getTime() <= now ? 'it was replaced so long ago that this does not keep it any more' : undefined;
  const missing = rules.currentIsMissing ? 'the current key is missing' : undefined;
  const unsettled = settled > now ? UNSETTLED : undefined;
  return { key, why: [missing, unsettled, overlap, inUse, replicas, tooLong].filter(Boolean).join(' and '), until };
}

/** What keeps a replaced key, as times in milliseconds. */
export interface Life {
  readonly overlapSeconds: number;
  readonly overlapEnds: number;
  /** Use keeps it until then. */
  readonly unusedFrom: number;
  /** Replicas that may still give it to their readers keep it until then. */
  readonly replicasFrom: number;
  /** From then on neither does. */
  readonly limit: number;
  /** A copy of the step that recorded the date may have moved AWSCURRENT as late as its timeout. */
  readonly slackMillis: number;
}

export function lifeOf(key: KeyFacts, replaced: Date, rules: RoomRules): Life {
  const { timeoutSeconds, intervalSeconds, laggingReplicas } = rules;
  // While the current key is missing, this one may be all that works: no option shortens its life.
  const evenIfInUse = rules.evenIfInUse && !rules.currentIsMissing;
  const overlapSeconds = rules.currentIsMissing ? Math.max(rules.overlapSeconds, SHORTEST_OVERLAP_WITHOUT_CURRENT) : rules.overlapSeconds;
  const slackMillis = timeoutSeconds * SECOND;
  const limit = replaced.getTime() + (intervalSeconds ? 2 * intervalSeconds * SECOND : LIMIT_ON_DEMAND);
  const repairing = laggingReplicas.every(({ inProgress }) => inProgress);
  return {
    overlapSeconds,
    slackMillis,
    limit,
    // Who wants no overlap does not want the slack either.
    overlapEnds: replaced.getTime() + (overlapSeconds > 0 ? overlapSeconds * SECOND + slackMillis : 0),
    unusedFrom: !evenIfInUse && key.lastUsedAt ? key.lastUsedAt.getTime() + overlapSeconds * SECOND : 0,
    replicasFrom: laggingReplicas.length === 0 ? 0 : repairing ? rules.now.getTime() + REPLICATION : limit,
  };
}

/** The refusal of rule 3: all keys, why each is kept, from when on a rotation succeeds, and what can be done now. */
export function explainNoRoom(userName: string, kept: readonly Kept[]): { message: string; retryAt?: Date } {
  const others = kept.filter(({ key }) => key.role === 'other');
  const dates = others.flatMap(({ until }) => until ?? []).sort((a, b) => a.getTime() - b.getTime());
  const retryAt: Date | undefined = dates[kept.length - KEYS_PER_USER]; // of more than two keys, more than one has to go
  const reasons = kept.map(({ key, why, until }) => {
    const used = key.lastUsedAt ? `last used ${key.lastUsedAt.toISOString()}` : key.role === 'other' ? 'never used' : undefined;
    const facts = [key.active ? 'active' : 'inactive', `created ${key.createdAt.toISOString()}`, used].filter(Boolean).join(', ');
    return `${key.id} (${facts}) is kept because ${why}${until && key.role === 'other' ? ` (until ${until.toISOString()})` : ''}`;
  });
  const when = retryAt ? `a rotation succeeds from ${retryAt.toISOString()} on` : 'no rotation succeeds until a person has decided';
  const which = others.some(({ why }) => why === EARLIER_SECRET)
    ? 'the one of them that the earlier secret labels AWSPREVIOUS'
    : others.map(({ key }) => key.id).join(' or ');
  const remove = `delete ${which} in IAM once nobody needs it`;
  const policy = others.some(({ key }) => key.replacedAt) ? ', or deploy with a shorter `overlap` (and `evenIfInUse`) in previousKeyPolicy' : '';
  return {
    retryAt,
    message: `user "${userName}" has ${kept.length} access keys${kept.length < KEYS_PER_USER ? '' : ' and there is no room for a new one'}. ${reasons.join('. ')}. So ${when}. To go on now: ${remove}${policy}.`,
  };
}

function wholeSecond(date: Date): number {
  return Math.floor(date.getTime() / SECOND); // IAM's dates are whole seconds, Secrets Manager's have milliseconds
}

function duration(seconds: number): string {
  if (seconds >= 86_400 && seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds >= 3600) return `${Math.round(seconds / 360) / 10} h`;
  return `${seconds} s`;
}
