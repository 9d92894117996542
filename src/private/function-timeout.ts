/** How long one step of a rotation may take. */
import { Duration } from 'aws-cdk-lib';

/** The first key waits up to a minute for the function's own new policy; less could not even say what is missing. */
const MIN_TIMEOUT = Duration.minutes(1);
/** Lambda's maximum. */
const MAX_TIMEOUT = Duration.minutes(15);
/** Room for that minute, and for a key that takes minutes to be known everywhere. */
const DEFAULT_TIMEOUT = Duration.minutes(5);
/** So long Lambda keeps a request of CloudFormation for a function that is busy, or whose concurrency is used up. */
export const MAX_EVENT_AGE = Duration.minutes(5);

/** The timeout to use; one that is known at deployment only is let through. */
export function functionTimeout(timeout: Duration = DEFAULT_TIMEOUT): Duration {
  if (timeout.isUnresolved()) {
    return timeout;
  }
  const millis = timeout.toMilliseconds();
  if (millis < MIN_TIMEOUT.toMilliseconds() || millis > MAX_TIMEOUT.toMilliseconds()) {
    throw new Error(`'timeout' of 'functionOptions' must be from ${MIN_TIMEOUT.toHumanString()} to ${MAX_TIMEOUT.toHumanString()}, got: ${timeout.toHumanString()}: `
      + 'a step waits until a new key works everywhere in AWS, and Lambda allows no more, use a time between them');
  }
  return timeout;
}

/**
 * How long CloudFormation waits for an answer: a request that Lambda has kept for as long as it may still has the function's whole time, so that
 * the function's own answer is what CloudFormation gets. An hour, its own default, where the timeout is known at deployment only.
 */
export function answerTimeout(timeout: Duration): Duration | undefined {
  return timeout.isUnresolved() ? undefined : timeout.plus(MAX_EVENT_AGE);
}
