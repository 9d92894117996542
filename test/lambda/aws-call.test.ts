import { FakeAws } from './fake-aws';
import { call } from '../../lambda/protocol/aws-call';
import { AwsCallFailed } from '../../lambda/protocol/errors';

/** What the SDK throws. */
function sdkError(name: string, attempts = 1, $fault: 'client' | 'server' = 'client') {
  return Object.assign(new Error('the words of AWS'), { name, $fault, $metadata: { attempts, httpStatusCode: $fault === 'client' ? 400 : 500 } });
}

async function failed(error: Error, quote = true): Promise<AwsCallFailed> {
  return call('iam:CreateAccessKey', 'user uploader', () => Promise.reject(error), () => undefined, quote).catch((thrown) => thrown);
}

describe('a call to AWS that failed', () => {
  test('names the action, the resource, the code and what AWS said', async () => {
    expect((await failed(sdkError('Throttling'))).message).toBe('iam:CreateAccessKey on user uploader failed with Throttling: the words of AWS');
  });

  test.each([
    ['one attempt that AWS refused', sdkError('ValidationException'), true],
    ['a refusal after an attempt whose outcome is unknown', sdkError('ValidationException', 2), false],
    ['an error inside AWS', sdkError('InternalServiceError', 1, 'server'), false],
    ['a lost connection', Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }), false],
  ])('did certainly nothing, or not: %s', async (_what, error, refused) => {
    expect((await failed(error)).refused).toBe(refused);
  });

  test('does not repeat what AWS said where that may hold a secret value, except that access was denied', async () => {
    expect((await failed(sdkError('ValidationException'), false)).message).not.toContain('the words of AWS');
    expect((await failed(sdkError('AccessDeniedException'), false)).message).toContain('the words of AWS');
  });
});

test('what the function throws has a name and a message, and nothing else that Lambda would log', async () => {
  const aws = await FakeAws.withFirstKey();
  aws.fail({ action: 'DescribeSecret', when: 'before', does: 'InternalServiceError' });
  const { error } = await aws.rotate();
  expect(error?.name).toBe('AwsCallFailed');
  expect(Object.getOwnPropertyNames(error).sort()).toEqual(['message', 'name', 'stack']);
  expect(error?.stack).toBe(`${error?.name}: ${error?.message}`); // no line of it is worth its place in the log
});
