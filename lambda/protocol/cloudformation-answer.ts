import type { Clock } from './rotator';

/** What CloudFormation waits for after a request to a custom resource. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

/**
 * CloudFormation takes no larger answer.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
const LARGEST_ANSWER_BYTES = 4096;

/** Nobody else sends the answer. */
const ATTEMPTS = 5;

/** Puts the answer to the address that came with the request, its reason cut to what CloudFormation takes. */
export async function sendAnswer(url: string, answer: Answer, { sleep }: Pick<Clock, 'sleep'>): Promise<void> {
  const body = fitting(answer);
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } }); // the URL is signed for no type
      if (!response.ok) throw new Error(`CloudFormation's answer: ${response.status}`);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(attempt * 500);
    }
  }
}

function fitting(answer: Answer): string {
  const whole = JSON.stringify(answer);
  if (Buffer.byteLength(whole) <= LARGEST_ANSWER_BYTES) return whole;
  const characters = [...answer.Reason.slice(0, LARGEST_ANSWER_BYTES)]; // no more can fit
  const cutTo = (length: number) => JSON.stringify({ ...answer, Reason: `${characters.slice(0, length).join('')} …` });
  let length = characters.length;
  while (length > 0 && Buffer.byteLength(cutTo(length)) > LARGEST_ANSWER_BYTES) length--;
  return cutTo(length);
}
