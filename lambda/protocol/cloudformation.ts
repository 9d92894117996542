import { createHash } from 'node:crypto';
import { Answer, sendAnswer } from './cloudformation-answer';
import { decisionOf, nameAndMessage } from './errors';
import { logLine } from './log';
import type { Outcome } from './rotation';
import type { Clock } from './rotator';
import { isArnOf } from './secret';

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

/** The work of one request. */
export interface Work {
  /** Whether `run` may have made something, and the id of the last that it has made. */
  readonly made: { something: boolean; id?: string };
  run(): Promise<Outcome>;
  /** After the answer nothing more may happen: Lambda thaws what was under way when the next request comes. */
  end(): void;
}

/**
 * How the id of the resource begins. The mark of its creation follows; after an update to another secret, a mark of the secret that was left
 * and the credential that was made. With another id CloudFormation takes the resource for a new one, and deletes the old one once the update
 * has succeeded: our deletion leaves alone what the function does not serve any more.
 */
const PHYSICAL_RESOURCE_ID = 'first-value';
const ID = new RegExp(`^${PHYSICAL_RESOURCE_ID}-([0-9a-f]{8})(?:-([0-9a-f]{8})-(.+))?$`);

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
    const outcome = isOurs
      ? await Promise.race([work.run(), outOfTime(clock)])
      : { decision: 'nothing', why: 'its creation made nothing' };
    logLine({ ...subject, ...outcome });
    answer = { Status: 'SUCCESS', Reason: outcome.why, PhysicalResourceId: isOurs ? idAfter(event, work.made.id) : NOTHING_MADE };
  } catch (error) {
    logLine({ ...subject, decision: decisionOf(error), why: nameAndMessage(error) });
    const isNothing = RequestType === 'Create' && !work.made.something;
    answer = { Status: 'FAILED', Reason: nameAndMessage(error), PhysicalResourceId: isNothing ? NOTHING_MADE : idAfter(event, work.made.id) };
  } finally {
    work.end();
  }
  await sendAnswer(event.ResponseURL, { ...answer, StackId, RequestId, LogicalResourceId }, clock);
}

/** Whether an update gives the function another secret to serve. */
export function hasOtherSecret({ ResourceProperties, OldResourceProperties }: CloudFormationEvent): boolean {
  const [before, after] = [String(OldResourceProperties?.SecretArn), String(ResourceProperties.SecretArn)];
  return OldResourceProperties !== undefined && !isArnOf(before, after) && !isArnOf(after, before);
}

/** The mark of the resource, which its creation gives it and which stays, also if CloudFormation moves it to another stack or logical id. */
export function markOf({ StackId, LogicalResourceId, PhysicalResourceId = '' }: CloudFormationEvent): string {
  return ID.exec(PhysicalResourceId)?.[1] ?? shortHash(`${StackId} ${LogicalResourceId}`);
}

/** The credential that an update has made, if that is rolled back: the function serves the secret again that the update had left. */
export function madeInVain({ PhysicalResourceId = '' }: CloudFormationEvent, servedSecretArn: string): string | undefined {
  const [, , left, made] = ID.exec(PhysicalResourceId) ?? [];
  return left === shortHash(servedSecretArn) ? made : undefined;
}

/**
 * The id tells a rollback what the update had made: of the secret that is left the function has no rights any more. It changes with the secret alone,
 * and CloudFormation's own, of a creation without an answer, stays.
 */
function idAfter(event: CloudFormationEvent, made?: string): string {
  const isOther = event.RequestType === 'Update' && hasOtherSecret(event);
  if (event.RequestType !== 'Create' && !isOther) return event.PhysicalResourceId ?? PHYSICAL_RESOURCE_ID;
  const ofUpdate = isOther && made !== undefined ? [shortHash(String(event.OldResourceProperties?.SecretArn)), made] : [];
  return [PHYSICAL_RESOURCE_ID, markOf(event), ...ofUpdate].join('-');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

async function outOfTime(clock: Clock): Promise<never> {
  await clock.sleep(Math.max(0, clock.remaining() - TIME_TO_ANSWER_MILLIS));
  throw new Error('the function ran out of time: in a network, look whether it can reach Secrets Manager, and what else it calls; else raise functionOptions.timeout');
}
