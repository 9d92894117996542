/** What the construct would tell the function for a history, and the times that follow from it. */
import { DAY, History, HOUR, MINUTE, SECOND } from './history';
import type { IamKeySettings } from '../../src/private/settings';

export const USER = 'robot';
export const ACCOUNT = '111122223333';
export const SECRET_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:robot-AbCdEf`;
/** The administrator's key, in a secret of its own. */
export const ADMIN_KEY_ID = 'AKIAADMINISTRATOR001';
export const ADMIN_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:admin-GhIjKl`;
export const FUNCTION_ARN = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:rotation`;
/** The function's timeout: a copy of a step that stalls is dead after it. */
export const TIMEOUT = 5 * MINUTE;
/** Without a schedule, what the function takes for an interval, and for the time after which use does not keep a key any more. */
const ON_DEMAND_INTERVAL = 30 * DAY;
const LIMIT_ON_DEMAND = 180 * DAY;

/** The settings that the construct would write. */
export function settingsOf({ intervalMillis, evenIfInUse, ownsUser, authority, policy, unrecorded, adopted }: History['config']): IamKeySettings {
  const interval = intervalMillis === undefined ? undefined : intervalMillis / SECOND;
  const overlap = paceOf(intervalMillis) / SECOND;
  const fields = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const policies: Record<History['config']['policy'], IamKeySettings['previousKey']> = {
    keepUntilNextRotation: { overlapSeconds: overlap, evenIfInUse, isForAdministrator: false },
    retireAfter: {
      overlapSeconds: overlap,
      evenIfInUse,
      isForAdministrator: false,
      retire: { deactivateSeconds: overlap, deleteSeconds: 1.5 * overlap, atOnce: false },
    },
    retireImmediately: {
      overlapSeconds: 0, evenIfInUse: true, isForAdministrator: false, retire: { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true },
    },
    keepForAdministrator: { overlapSeconds: overlap, evenIfInUse: false, isForAdministrator: true },
  };
  const authorities: Record<History['config']['authority'], IamKeySettings['authority']> = {
    executionRole: { kind: 'executionRole' },
    ownKey: { kind: 'ownKey' },
    adminSecret: { kind: 'adminSecret', secretArn: ADMIN_ARN, fields },
    assumedRole: { kind: 'assumedRole', roleArn: `arn:aws:iam::${ACCOUNT}:role/keys` },
  };
  return {
    kind: 'iam-key',
    secretArn: SECRET_ARN,
    userName: USER,
    userArn: `arn:aws:iam::${ACCOUNT}:user/${USER}`,
    ownsUser: ownsUser && !adopted && authority !== 'ownKey',
    fields,
    otherPresets: [],
    authority: authorities[authority],
    previousKey: policies[policy],
    unrecordedKey: unrecorded,
    intervalSeconds: interval,
    timeoutSeconds: TIMEOUT / SECOND,
    propagation: { answers: 3, pauseMillis: 2 * SECOND },
  };
}

/** The usual overlap: consumers read the secret some times in it. */
export function paceOf(intervalMillis: number | undefined): number {
  return Math.min(7 * 24 * HOUR, (intervalMillis ?? Infinity) / 2);
}

export function intervalOf(intervalMillis: number | undefined): number {
  return intervalMillis ?? ON_DEMAND_INTERVAL;
}

/** So long after it was replaced use keeps a key. */
export function limitOf(intervalMillis: number | undefined): number {
  return intervalMillis === undefined ? LIMIT_ON_DEMAND : 2 * intervalMillis;
}
