import { decisionOf, nameAndMessage } from './errors';
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
  readonly PhysicalResourceId?: string;
  readonly ResponseURL: string;
  readonly ResourceProperties: Record<string, unknown>;
}

/** The work of one request. */
export interface Work {
  run(): Promise<Outcome>;
  /** Whether `run` may have made something. */
  madeSomething(): boolean;
  /** After the answer nothing more may happen: Lambda thaws what was under way when the next request comes. */
  end(): void;
}

/** For ever: with another id CloudFormation would take the resource for a new one, and delete the old one with all its keys. */
const PHYSICAL_RESOURCE_ID = 'first-value';

/** The id of a creation that failed before it made anything. CloudFormation deletes it, which then needs no rights. */
const NOTHING_MADE = 'nothing-made';

/** CloudFormation cuts a longer reason off. */
const LONGEST_REASON = 1000;

/** Kept back to answer in: CloudFormation waits for the answer, for an hour if none comes. */
const TIME_TO_ANSWER_MILLIS = 10 * 1000;

/** So often the answer is sent: nobody else will. */
const ANSWER_ATTEMPTS = 5;

/** Does the work and answers CloudFormation in any case, before the function's time is up. */
export async function answerCloudFormation(event: CloudFormationEvent, clock: Clock, work: Work): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, RequestType } = event;
  const subject = { request: RequestType, resource: LogicalResourceId };
  let answer = { Status: 'SUCCESS', Reason: '', PhysicalResourceId: PHYSICAL_RESOURCE_ID };
  try {
    // Of a creation that died without an answer CloudFormation makes the id up: what that has made is looked for.
    const isOurs = RequestType !== 'Delete' || event.PhysicalResourceId !== NOTHING_MADE;
    const outcome = isOurs ? await Promise.race([work.run(), outOfTime(clock)]) : { decision: 'nothing', why: 'its creation made nothing' };
    logLine({ ...subject, ...outcome });
    answer = { ...answer, Reason: outcome.why, PhysicalResourceId: isOurs ? PHYSICAL_RESOURCE_ID : NOTHING_MADE };
  } catch (error) {
    logLine({ ...subject, decision: decisionOf(error), why: nameAndMessage(error) });
    const made = RequestType !== 'Create' || work.madeSomething();
    answer = { Status: 'FAILED', Reason: nameAndMessage(error).slice(0, LONGEST_REASON), PhysicalResourceId: made ? PHYSICAL_RESOURCE_ID : NOTHING_MADE };
  } finally {
    work.end();
  }
  await send(event.ResponseURL, JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId }), clock);
}

async function outOfTime(clock: Clock): Promise<never> {
  await clock.sleep(Math.max(0, clock.remaining() - TIME_TO_ANSWER_MILLIS));
  throw new Error('the function ran out of time: in a network, look whether it can reach Secrets Manager, and what else it calls; else raise functionOptions.timeout');
}

async function send(url: string, body: string, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } }); // the URL is signed for no type
      if (!response.ok) throw new Error(`CloudFormation's answer: ${response.status}`);
      return;
    } catch (error) {
      if (attempt === ANSWER_ATTEMPTS) throw error;
      await clock.sleep(attempt * 500);
    }
  }
}
