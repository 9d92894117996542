/** Answers CloudFormation in place of a function that could not: Lambda hands over what it has asked it in vain. */
import type { CloudFormationEvent } from './protocol/cloudformation';
import { Answer, sendAnswer } from './protocol/cloudformation-answer';
import { logLine } from './protocol/log';

/**
 * What Lambda tells of an asynchronous invocation that failed, as far as it is used here.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export interface FailedInvocation {
  readonly requestContext: { readonly functionArn: string; readonly condition: string };
  readonly requestPayload: Partial<CloudFormationEvent>;
  /** Absent if the function was not run. */
  readonly responsePayload?: FunctionError | null;
}

interface FunctionError {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly trace?: readonly string[];
}

/** The ids that the functions themselves give: see `protocol/cloudformation.ts`. */
const FIRST_VALUE = 'first-value';
const NOTHING_MADE = 'nothing-made';

/** With these Node.js's runtime says that it has no handler to call. */
const NOT_LOADED = [
  'Runtime.ImportModuleError', 'Runtime.UserCodeSyntaxError', 'Runtime.HandlerNotFound', 'Runtime.MalformedHandlerName',
  'Runtime.CallbackHandlerDeprecated',
];

export async function handler(failed: FailedInvocation): Promise<void> {
  const { requestContext, responsePayload: error } = failed;
  const event = failed.requestPayload ?? {};
  const subject = { function: nameOf(requestContext.functionArn), request: event.RequestType, resource: event.LogicalResourceId };
  if (!isRequest(event)) {
    logLine({ ...subject, decision: 'nothing', why: 'what the function has failed at is no request of CloudFormation' });
    return;
  }
  const answer = answerTo(event, subject.function, error ?? undefined, requestContext.condition);
  await sendAnswer(event.ResponseURL, answer, { sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)) });
  logLine({ ...subject, decision: answer.Status === 'FAILED' ? 'failed' : 'nothing', why: answer.Reason });
}

function isRequest(event: Partial<CloudFormationEvent>): event is CloudFormationEvent {
  return typeof event.ResponseURL === 'string' && typeof event.RequestType === 'string' && isOfAws(event.ResponseURL);
}

/** CloudFormation is answered at S3. Whoever may invoke this function must not have it send to anywhere else. */
function isOfAws(url: string): boolean {
  const emulator = process.env.AWS_ENDPOINT_URL; // of the SDK: where the tests' AWS is
  const { protocol, hostname, origin } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '', origin: '' };
  return (protocol === 'https:' && /\.amazonaws\.com(\.cn)?$/.test(hostname)) || (emulator !== undefined && origin === new URL(emulator).origin);
}

function nameOf(functionArn: string): string {
  return functionArn.split(':')[6] ?? functionArn;
}

function answerTo(event: CloudFormationEvent, name: string, error: FunctionError | undefined, condition: string): Answer {
  const { StackId, RequestId, LogicalResourceId, RequestType } = event;
  const ids = { StackId, RequestId, LogicalResourceId };
  if (RequestType === 'Delete' && event.PhysicalResourceId === NOTHING_MADE) {
    // The rollback of a creation that has failed here: nothing else would let it end.
    return { ...ids, Status: 'SUCCESS', Reason: 'its creation made nothing', PhysicalResourceId: NOTHING_MADE };
  }
  const made = error !== undefined && isAtLoad(error) ? NOTHING_MADE : FIRST_VALUE;
  return {
    ...ids,
    Status: 'FAILED',
    Reason: `the function ${name} has not answered: ${reason(error, condition)}${RequestType === 'Delete' ? WAYS_OUT : ''}`,
    PhysicalResourceId: RequestType === 'Create' ? made : event.PhysicalResourceId ?? FIRST_VALUE,
  };
}

/** Nobody else revokes what the secret has issued. */
const WAYS_OUT = '. Deploy code that loads and delete again; or revoke the credentials at the service, and delete the stack with this resource retained';

/** Before there was a handler nothing was made, and no secret read. What the code throws then comes from Node.js's loader of modules. */
function isAtLoad({ errorType = '', trace = [] }: FunctionError): boolean {
  return NOT_LOADED.includes(errorType) || (!isOfLambda(errorType)
    && trace.some((line) => line.includes('node:internal/modules/')) && !trace.some((line) => line.includes('Runtime.handleOnce')));
}

/** Kinds of errors that Lambda makes itself. */
function isOfLambda(errorType: string): boolean {
  return /^(Runtime|Function|Sandbox)\./.test(errorType);
}

/** Without what a handler has said in an error of its own, or in a promise that nobody waited for: that may hold a secret. */
function reason(error: FunctionError | undefined, condition: string): string {
  if (error === undefined) return `Lambda could not run it (${condition}), look whether other functions use up its concurrency`;
  const { errorType = 'an error without a type', errorMessage = '' } = error;
  const isShown = isAtLoad(error) || (isOfLambda(errorType) && errorType !== 'Runtime.UnhandledPromiseRejection');
  return isShown ? `${errorType}: ${errorMessage.replace(/"[^]*"(?= is not valid JSON)/, '"***"')}` : `it failed with ${errorType}, look into its log`;
}
