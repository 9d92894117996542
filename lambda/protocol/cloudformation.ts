import { nameAndMessage } from './errors';
import { logLine } from './log';
import type { Outcome } from './rotation';
import type { Clock } from './rotator';

/**
 * What CloudFormation sends to a custom resource.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export interface CloudFormationEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly ResponseURL: string;
  readonly ResourceProperties: Record<string, unknown>;
}

/** The resource is the same one for the life of the stack: a changed id would make CloudFormation delete the old one. */
const PHYSICAL_RESOURCE_ID = 'first-value';

/** CloudFormation cuts a longer reason off. */
const LONGEST_REASON = 1000;

/** Kept back to answer in: CloudFormation waits for the answer, for an hour if none comes. */
const TIME_TO_ANSWER_MILLIS = 10 * 1000;

/** Does the work and answers CloudFormation in any case, before the function's time is up. */
export async function answerCloudFormation(event: CloudFormationEvent, clock: Clock, work: () => Promise<Outcome>): Promise<void> {
  const subject = { request: event.RequestType, resource: event.LogicalResourceId };
  let answer: { Status: 'SUCCESS' | 'FAILED'; Reason: string };
  try {
    const outcome = await Promise.race([work(), outOfTime(clock)]);
    logLine({ ...subject, ...outcome });
    answer = { Status: 'SUCCESS', Reason: outcome.why };
  } catch (error) {
    logLine({ ...subject, decision: 'failed', why: nameAndMessage(error) });
    answer = { Status: 'FAILED', Reason: nameAndMessage(error).slice(0, LONGEST_REASON) };
  }
  const { StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({ ...answer, PhysicalResourceId: PHYSICAL_RESOURCE_ID, StackId, RequestId, LogicalResourceId });
  await send(event.ResponseURL, body, clock);
}

async function outOfTime(clock: Clock): Promise<never> {
  await clock.sleep(Math.max(0, clock.remaining() - TIME_TO_ANSWER_MILLIS));
  throw new Error('the function ran out of time: the next attempt goes on where this one stopped; if that fails too, raise functionOptions.timeout');
}

async function send(url: string, body: string, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } }); // the URL is signed for no type
      if (!response.ok) throw new Error(`CloudFormation's answer: ${response.status}`);
      return;
    } catch (error) {
      if (attempt === 5) throw error;
      await clock.sleep(attempt * 500);
    }
  }
}
