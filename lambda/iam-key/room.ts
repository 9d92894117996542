/**
 * Which of a user's keys may go to make room for a new one. A pure function of what was read: keys are compared by id, never by
 * age or position, and the current and the pending key are never among those that may go.
 */

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

/** IAM lets a user have two keys, and the quota cannot be raised. */
const KEYS_PER_USER = 2;

/** Without a schedule, a replaced key goes after so long even if it is still used: twice the 90 days that CIS asks for. */
const LIMIT_ON_DEMAND = 180 * DAY;

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
}

/** What the decision depends on besides the keys. */
export interface RoomRules {
  readonly now: Date;
  /** When this rotation was registered, if that is known. */
  readonly registeredAt?: Date;
  readonly secretCreatedAt: Date;
  /** The user was made for this secret. */
  readonly ownsUser: boolean;
  /** The secret holds a key, but IAM does not list it. */
  readonly currentIsMissing: boolean;
  readonly overlapSeconds: number;
  readonly evenIfInUse: boolean;
  readonly intervalSeconds?: number;
  readonly timeoutSeconds: number;
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
  return { remove: [...remove, ...freed.map(({ key, why }) => ({ id: key.id, why }))], kept: [] };
}

/** Rule 1: unrecorded, never used, and either ours for sure or so old that nobody is about to use it. */
export function isOrphan(key: KeyFacts, rules: Pick<RoomRules, 'now' | 'registeredAt' | 'secretCreatedAt' | 'ownsUser'>): boolean {
  if (key.role !== 'other' || replacedAt(key, rules) || key.lastUsedAt) return false;
  const madeByThisRotation = rules.registeredAt !== undefined && wholeSecond(key.createdAt) >= wholeSecond(rules.registeredAt);
  return madeByThisRotation || rules.now.getTime() - key.createdAt.getTime() > DAY;
}

/** Since when a key is replaced. A user made for this secret can have older keys only from an earlier secret of the same construct. */
export function replacedAt(key: KeyFacts, { ownsUser, secretCreatedAt }: Pick<RoomRules, 'ownsUser' | 'secretCreatedAt'>): Date | undefined {
  const fromEarlierSecret = ownsUser && wholeSecond(key.createdAt) < wholeSecond(secretCreatedAt);
  return key.replacedAt ?? (fromEarlierSecret ? secretCreatedAt : undefined);
}

/** Rule 2, and the words for rule 3: `until` in the past means that the key may go. */
function whyKept(key: KeyFacts, rules: RoomRules): Kept {
  if (key.role !== 'other') return { key, why: `it is the ${key.role} key` };
  const replaced = replacedAt(key, rules);
  if (!replaced) {
    if (key.lastUsedAt) return { key, why: 'this secret did not make it, and somebody uses it' };
    return { key, why: 'this secret did not make it; it counts as abandoned if it is never used', until: new Date(key.createdAt.getTime() + DAY) };
  }
  if (rules.currentIsMissing) return { key, why: 'the current key is missing, so this one may be all that works' };
  if (!key.active) return { key, why: 'it is inactive', until: replaced };

  const { overlapSeconds, timeoutSeconds, intervalSeconds, evenIfInUse } = rules;
  // A copy of the step that recorded the date may have moved AWSCURRENT as late as its timeout. Who wants no overlap does not want this either.
  const overlapEnds = replaced.getTime() + (overlapSeconds > 0 ? overlapSeconds + timeoutSeconds : 0) * SECOND;
  const unusedFrom = !evenIfInUse && key.lastUsedAt ? key.lastUsedAt.getTime() + overlapSeconds * SECOND : 0;
  const limit = replaced.getTime() + (intervalSeconds ? 2 * intervalSeconds * SECOND : LIMIT_ON_DEMAND);
  const until = new Date(Math.max(overlapEnds, Math.min(unusedFrom, limit)));
  const now = rules.now.getTime();
  const overlap = `its overlap (${duration(overlapSeconds)} from ${replaced.toISOString()}) has ${overlapEnds > now ? 'not ' : ''}ended`;
  const inUse = unusedFrom > now ? `it is still in use: it was used less than one overlap (${duration(overlapSeconds)}) ago` : undefined;
  const tooLong = inUse && until.getTime() <= now ? 'it was replaced so long ago that this does not keep it any more' : undefined;
  return { key, why: [overlap, inUse, tooLong].filter(Boolean).join(' and '), until };
}

/** The refusal of rule 3: both keys, why each is kept, from when on a rotation succeeds, and what can be done now. */
export function explainNoRoom(userName: string, kept: readonly Kept[]): { message: string; retryAt?: Date } {
  const dates = kept.filter(({ key, until }) => key.role === 'other' && until).map(({ until }) => until!.getTime());
  const retryAt = dates.length > 0 ? new Date(Math.min(...dates)) : undefined;
  const reasons = kept.map(({ key, why, until }) => {
    const used = key.lastUsedAt ? `last used ${key.lastUsedAt.toISOString()}` : key.role === 'other' ? 'never used' : undefined;
    const facts = [key.active ? 'active' : 'inactive', `created ${key.createdAt.toISOString()}`, used].filter(Boolean).join(', ');
    return `${key.id} (${facts}) is kept because ${why}${until && key.role === 'other' ? ` (until ${until.toISOString()})` : ''}`;
  });
  const others = kept.filter(({ key }) => key.role === 'other').map(({ key }) => key.id);
  const when = retryAt ? `a rotation succeeds from ${retryAt.toISOString()} on` : 'no rotation succeeds until a person has decided';
  return {
    retryAt,
    message: `user "${userName}" has ${kept.length} access keys and there is no room for a new one. ${reasons.join('. ')}. So ${when}. To go on now: `
      + `delete ${others.join(' or ')} in IAM once nobody needs it, or deploy with a shorter \`overlap\` (and \`evenIfInUse\`) in previousKeyPolicy.`,
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
