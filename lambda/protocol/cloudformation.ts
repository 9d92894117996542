import { Answer, sendAnswer } from './cloudformation-answer';
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
  /** What an update replaces. */
  readonly OldResourceProperties?: Record<string, unknown>;
}

/** What a request has come to. */
export interface Served extends Outcome {
  /** The credential that an update has made for another secret than before. */
  readonly madeForOther?: string;
}

/** The work of one request. */
export interface Work {
  run(): Promise<Served>;
  /** Whether `run` may have made something. */
  madeSomething(): boolean;
  /** After the answer nothing more may happen: Lambda thaws what was under way when the next request comes. */
  end(): void;
}

/**
 * The id of the resource. With another id CloudFormation takes the resource for a new one, and deletes the old one once the update has succeeded:
 * our deletion leaves alone what the function does not serve any more.
 */
const PHYSICAL_RESOURCE_ID = 'first-value';

/** The id of a creation that failed before it made anything. CloudFormation deletes it, which then needs no rights. */
const NOTHING_MADE = 'nothing-made';

/** Kept back to answer in: CloudFormation waits for the answer, for an hour if none comes. */
const TIME_TO_ANSWER_MILLIS = 10 * 1000;

/** Does the work and answers CloudFormation in any case, before the function's time is up. */
export async function answerCloudFormation(event: CloudFormationEvent, clock: Clock, work: Work): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, RequestType } = event;
  const subject = { request: RequestType, resource: LogicalResourceId };
  let answer: Pick<Answer, 'Status' | 'Reason' | 'PhysicalResourceId'>;
  try {
    // Of a creation that died without an answer CloudFormation makes the id up: what that has made is looked for.
    const isOurs = RequestType !== 'Delete' || event.PhysicalResourceId !== NOTHING_MADE;
    const { madeForOther, ...outcome }: Served = isOurs
      ? await Promise.race([work.run(), outOfTime(clock)])
      : { decision: 'nothing', why: 'its creation made nothing' };
    logLine({ ...subject, ...outcome });
    answer = { Status: 'SUCCESS', Reason: outcome.why, PhysicalResourceId: isOurs ? idAfter(event, madeForOther) : NOTHING_MADE };
  } catch (error) {
    logLine({ ...subject, decision: decisionOf(error), why: nameAndMessage(error) });
    const made = RequestType !== 'Create' || work.madeSomething();
    answer = { Status: 'FAILED', Reason: nameAndMessage(error), PhysicalResourceId: made ? idAfter(event) : NOTHING_MADE };
  } finally {
    work.end();
  }
  await sendAnswer(event.ResponseURL, { ...answer, StackId, RequestId, LogicalResourceId }, clock);
}

/** Whether an update gives the function another secret to serve. */
export function hasOtherSecret({ ResourceProperties, OldResourceProperties }: CloudFormationEvent): boolean {
  return OldResourceProperties !== undefined && OldResourceProperties.SecretArn !== ResourceProperties.SecretArn;
}

/** The credential that an earlier update has made for the secret which this one leaves; undefined if it made none. */
export function madeForSecretLeft({ PhysicalResourceId = '' }: CloudFormationEvent): string | undefined {
  return PhysicalResourceId.startsWith(`${PHYSICAL_RESOURCE_ID}-`) ? PhysicalResourceId.slice(PHYSICAL_RESOURCE_ID.length + 1) : undefined;
}

/**
 * The id tells a rollback what the update had made: of the secret that is left the function has no rights any more. It changes with the secret alone,
 * and CloudFormation's own, of a creation without an answer, stays.
 */
function idAfter(event: CloudFormationEvent, madeForOther?: string): string {
  if (event.RequestType === 'Create') return PHYSICAL_RESOURCE_ID;
  if (event.RequestType === 'Delete' || !hasOtherSecret(event)) return event.PhysicalResourceId ?? PHYSICAL_RESOURCE_ID;
  return madeForOther === undefined ? PHYSICAL_RESOURCE_ID : `${PHYSICAL_RESOURCE_ID}-${madeForOther}`;
}

async function outOfTime(clock: Clock): Promise<never> {
  await clock.sleep(Math.max(0, clock.remaining() - TIME_TO_ANSWER_MILLIS));
  throw new Error('the function ran out of time: in a network, look whether it can reach Secrets Manager, and what else it calls; else raise functionOptions.timeout');
}
