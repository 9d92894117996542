/** When a replaced key is due to go without being asked to make room. A pure function of what was read. */
import { KeyFacts, lifeOf, RoomRules } from './room';
import type { RetireSettings } from '../../src/private/settings';

/** What is to be done with one key now. */
export interface Due {
  readonly id: string;
  readonly action: 'deactivate' | 'remove';
  readonly why: string;
  readonly isActive: boolean;
}

/** What is due now: nothing is remembered, so a check that was lost, late or repeated changes nothing. */
export function planRetirement(keys: readonly KeyFacts[], rules: RoomRules, retire: RetireSettings): Due[] {
  return keys.flatMap((key): Due[] => {
    if (key.role !== 'other' || key.replacedAt === undefined) return [];
    const { deactivateAt, deleteAt } = dueDates(key, key.replacedAt, rules, retire);
    const since = `it was replaced ${key.replacedAt.toISOString()}`;
    if (deleteAt <= rules.now) return [{ id: key.id, action: 'remove', why: `${since}, and is due to be deleted since ${deleteAt.toISOString()}`, isActive: key.active }];
    if (key.active && deactivateAt <= rules.now) {
      return [{ id: key.id, action: 'deactivate', why: `${since}, and is due since ${deactivateAt.toISOString()}; it is deleted from ${deleteAt.toISOString()} on`, isActive: true }];
    }
    return [];
  });
}

/** Use puts both dates off, up to the limit; between them is always as long as asked for, in which a key can be switched on again. */
function dueDates(
  key: KeyFacts, replacedAt: Date, rules: RoomRules, { deactivateSeconds, deleteSeconds, atOnce }: RetireSettings,
): { deactivateAt: Date; deleteAt: Date } {
  const { unusedFrom, limit, replicasFrom, slackMillis } = lifeOf(key, replacedAt, rules);
  const from = replacedAt.getTime() + deactivateSeconds * 1000 + (deactivateSeconds > 0 ? slackMillis : 0);
  const deactivateAt = Math.max(from, atOnce ? 0 : Math.min(Math.max(unusedFrom, replicasFrom), limit));
  return { deactivateAt: new Date(deactivateAt), deleteAt: new Date(deactivateAt + (deleteSeconds - deactivateSeconds) * 1000) };
}
