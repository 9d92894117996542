// What CloudFormation is told of a request that a function could not answer.
import { FailedInvocation, handler } from '../../lambda/unanswered.lambda';

const NAME = 'Stack-TokenRotationFunction519F234E-abc';
const EVENT = {
  RequestType: 'Create' as const,
  RequestId: 'request',
  StackId: 'stack',
  LogicalResourceId: 'TokenRotationLifecycle',
  ResponseURL: 'https://cloudformation-custom-resource-response.s3.eu-west-1.amazonaws.com/answer?Signature=signature',
  ResourceProperties: { SecretArn: 'arn' },
};
const IMPORT = {
  errorType: 'Runtime.ImportModuleError', errorMessage: "Error: Cannot find module 'rotator'\nRequire stack:\n- /var/runtime/index.mjs", trace: [],
};
/** What the code throws while it is loaded. */
const THROWN = {
  errorType: 'TypeError',
  errorMessage: '"fields" must name at least one field',
  trace: ['TypeError: …', '    at Object.<anonymous> (/var/task/index.js:1:7)', '    at Module._compile (node:internal/modules/cjs/loader:1730:14)'],
};
/** What a handler throws. */
const HANDLED = {
  errorType: 'TypeError',
  errorMessage: 'hunter2 is no token',
  trace: ['TypeError: …', '    at Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)'],
};

let bodies: string[];
let lines: string[];
let statuses: number[];

beforeEach(() => {
  [bodies, lines, statuses] = [[], [], []];
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    expect(url).toBe(EVENT.ResponseURL);
    expect(init).toMatchObject({ method: 'PUT' });
    bodies.push(String(init!.body));
    return new Response(null, { status: statuses.shift() ?? 200 });
  });
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => { lines.push(String(line)); return true; });
});
afterEach(() => jest.restoreAllMocks());

async function answerTo(responsePayload: FailedInvocation['responsePayload'], event: object = EVENT, condition = 'RetriesExhausted') {
  const functionArn = `arn:aws:lambda:eu-west-1:111111111111:function:${NAME}:deployment`;
  await handler({ requestContext: { functionArn, condition }, requestPayload: event, responsePayload });
  return JSON.parse(bodies[bodies.length - 1]);
}

test('a creation whose code cannot be loaded fails with the reason, and has made nothing', async () => {
  expect(await answerTo(IMPORT)).toEqual({
    Status: 'FAILED',
    Reason: `the function ${NAME} has not answered: Runtime.ImportModuleError: ${IMPORT.errorMessage}`,
    PhysicalResourceId: 'nothing-made',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'TokenRotationLifecycle',
  });
});

test.each(['Runtime.UserCodeSyntaxError', 'Runtime.HandlerNotFound', 'Runtime.MalformedHandlerName', 'Runtime.CallbackHandlerDeprecated'])(
  'a creation that fails with %s has made nothing', async (errorType) => {
    expect((await answerTo({ errorType, errorMessage: '…' })).PhysicalResourceId).toBe('nothing-made');
  });

test('a creation whose code throws while it is loaded fails with what it threw, and has made nothing', async () => {
  expect(await answerTo(THROWN)).toMatchObject({
    Status: 'FAILED',
    Reason: `the function ${NAME} has not answered: TypeError: "fields" must name at least one field`,
    PhysicalResourceId: 'nothing-made',
  });
});

test.each([
  ['runs out of time', { errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: 1 Error: Task timed out after 300.00 seconds' }],
  ['dies', { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 1 Error: Runtime exited with error: exit status 1', trace: THROWN.trace }],
  ['answers too much', { errorType: 'Function.ResponseSizeTooLarge', errorMessage: 'Response payload size exceeded maximum allowed payload size' }],
])('a creation that %s fails with the reason, and may have made something', async (_, error) => {
  expect(await answerTo(error)).toMatchObject({
    Status: 'FAILED', Reason: `the function ${NAME} has not answered: ${error.errorType}: ${error.errorMessage}`, PhysicalResourceId: 'first-value',
  });
});

test.each([
  ['a handler throws', HANDLED, 'TypeError'],
  ['a promise that nobody waited for was rejected with',
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'hunter2' }, 'Runtime.UnhandledPromiseRejection'],
  ['an error without a type says', { errorMessage: 'hunter2' }, 'an error without a type'],
])('what %s is not shown', async (_, error, shown) => {
  expect(await answerTo(error)).toMatchObject({
    Reason: `the function ${NAME} has not answered: it failed with ${shown}, look into its log`, PhysicalResourceId: 'first-value',
  });
  expect([...bodies, ...lines].join()).not.toContain('hunter2');
});

test.each([null, undefined])('a request that Lambda could not hand over is answered, too: %s', async (nothing) => {
  expect(await answerTo(nothing, EVENT, 'EventAgeExceeded')).toMatchObject({
    Reason: `the function ${NAME} has not answered: Lambda could not run it (EventAgeExceeded), look whether other functions use up its concurrency`,
    PhysicalResourceId: 'first-value',
  });
});

test.each(['Update', 'Delete'])('%s: the resource keeps its id, and the request fails', async (RequestType) => {
  for (const error of [IMPORT, HANDLED, null]) {
    expect(await answerTo(error, { ...EVENT, RequestType, PhysicalResourceId: 'made-up-by-cloudformation' }))
      .toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'made-up-by-cloudformation' });
  }
});

test('what made nothing is deleted without the function, so that the rollback of a creation that could not be loaded ends', async () => {
  const made = await answerTo(IMPORT);

  expect(await answerTo(IMPORT, { ...EVENT, RequestType: 'Delete', PhysicalResourceId: made.PhysicalResourceId }))
    .toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'nothing-made' });
});

test('the log says what was answered, and not where', async () => {
  await answerTo(THROWN);

  expect(lines.map((line) => JSON.parse(line))).toEqual([{
    function: NAME,
    request: 'Create',
    resource: 'TokenRotationLifecycle',
    decision: 'failed',
    why: `the function ${NAME} has not answered: TypeError: "fields" must name at least one field`,
  }]);
  expect(lines.join()).not.toContain('signature');
});

test('a reason that is longer than CloudFormation takes is cut', async () => {
  expect(Buffer.byteLength(JSON.stringify(await answerTo({ ...IMPORT, errorMessage: '€'.repeat(5_000) })))).toBeLessThanOrEqual(4096);
});

test('an answer that does not arrive is sent again', async () => {
  statuses.push(503);
  await answerTo(IMPORT);

  expect(bodies).toHaveLength(2);
});

test('what is no request of CloudFormation is not answered', async () => {
  await handler({ requestContext: { functionArn: 'arn', condition: 'RetriesExhausted' }, requestPayload: {}, responsePayload: HANDLED });

  expect(bodies).toEqual([]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ decision: 'nothing' })]);
});
