/** The maximum time for one step of a rotation. */
import { Duration } from 'aws-cdk-lib';

/** The first key waits up to a minute for the function's own policy; a shorter timeout would hide which right is missing. */
const MIN_TIMEOUT = Duration.minutes(1);
/** Lambda's limit. */
const MAX_TIMEOUT = Duration.minutes(15);
/** Enough for that minute, and for a key that takes minutes to work everywhere. */
const DEFAULT_TIMEOUT = Duration.minutes(5);
/** How long Lambda keeps a request of CloudFormation while the function is throttled. */
export const MAX_EVENT_AGE = Duration.minutes(5);

/** The timeout to use. A token is not checked. */
export function functionTimeout(timeout: Duration = DEFAULT_TIMEOUT): Duration {
  if (timeout.isUnresolved()) {
    return timeout;
  }
  const millis = timeout.toMilliseconds();
  if (millis < MIN_TIMEOUT.toMilliseconds() || millis > MAX_TIMEOUT.toMilliseconds()) {
    throw new Error(`'timeout' of 'functionOptions' must be from ${MIN_TIMEOUT.toHumanString()} to ${MAX_TIMEOUT.toHumanString()}, Lambda's limit, `
      + `got: ${timeout.toHumanString()}. A step waits until a new credential works everywhere.`);
  }
  return timeout;
}

/**
 * The time CloudFormation waits for a response. Even a request that Lambda delivers at the last moment then has the function's whole timeout, so
 * that the function's own response arrives. Undefined, which is CloudFormation's default of one hour, if the timeout is a token.
 */
export function answerTimeout(timeout: Duration): Duration | undefined {
  return timeout.isUnresolved() ? undefined : timeout.plus(MAX_EVENT_AGE);
}
