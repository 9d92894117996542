import { HOUR, SECOND, SECRET_ARN } from './fake-secret';
import { Answer, CHECK_ARN, FIELD, FakeValues } from './fake-values';

async function checked(check?: Answer): Promise<FakeValues> {
  const secret = await FakeValues.withFirstValues({ checkFunctionArn: CHECK_ARN });
  secret.asked.length = 0;
  secret.inputs.length = 0;
  if (check) secret.check = check;
  return secret;
}

const REFUSES: Answer = { throws: { errorType: 'SignatureError', errorMessage: 'signature-that-is-not-shown' } };

describe('a check function', () => {
  test('is told where the new value is, can read it, and is never told the value', async () => {
    const secret = await checked();
    const { token, error } = await secret.rotate();
    expect(error).toBeUndefined();
    expect(secret.asked).toEqual([{ SecretArn: SECRET_ARN, VersionId: token, value: secret.value('AWSCURRENT') }]);
    expect(secret.inputs.filter(({ action }) => action === 'Invoke').map(({ input }) => input))
      .toEqual([{ FunctionName: CHECK_ARN, Payload: JSON.stringify({ SecretArn: SECRET_ARN, VersionId: token }) }]);
  });

  test('is asked about the first values, and in a dry run about the current ones', async () => {
    const secret = new FakeValues({ checkFunctionArn: CHECK_ARN });
    expect(await secret.request('Create')).toBe('SUCCESS');
    secret.register('dry');
    await secret.step('testSecret', 'dry');
    expect(secret.asked).toEqual([1, 2].map(() => ({ SecretArn: SECRET_ARN, VersionId: secret.versionWith('AWSCURRENT'), value: secret.value('AWSCURRENT') })));
  });

  test.each<[string, Answer, string]>([
    ['throws', REFUSES, `the check function ${CHECK_ARN} failed with SignatureError: its own log says why`],
    ['runs out of its own time', { throws: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' } }, `the check function ${CHECK_ARN} failed with Sandbox.Timedout`],
    ['answers false', { returns: false }, `the check function ${CHECK_ARN} answered false`],
  ])('that %s keeps the current value, and the new one is tried again', async (_what, answer, why) => {
    const secret = await checked(answer);
    const current = secret.value('AWSCURRENT');
    const { token, error } = await secret.rotate();
    expect(error?.message).toContain(`the value does not work yet: ${why}`);
    expect([secret.value('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([current, token]);
    const pending = secret.value('AWSPENDING');
    secret.check = { returns: null };
    expect(await secret.retry(token)).toEqual({ token });
    expect([secret.value('AWSCURRENT'), secret.value('AWSPREVIOUS')]).toEqual([pending, current]);
  });

  test('that goes on refusing for an hour ends the rotation; the current value stays, and the next rotation starts clean', async () => {
    const secret = await checked(REFUSES);
    const current = secret.value('AWSCURRENT');
    const { token } = await secret.rotate();
    secret.pass(HOUR - 10 * SECOND);
    expect((await secret.retry(token)).error?.message).toContain('does not work yet');
    secret.pass(10 * SECOND);
    expect((await secret.retry(token)).error?.message).toMatch(/abandoned: the value does not work yet: the check function .* failed with SignatureError.*; it has not succeeded since 2026-/);
    expect([secret.value('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([current, undefined]);
    secret.check = { returns: null };
    expect((await secret.rotate()).error).toBeUndefined();
  });

  test('that never answers costs no more than the function\'s time, keeps the current value, and ends the rotation after an hour', async () => {
    const secret = await checked('nothing yet');
    const current = secret.value('AWSCURRENT');
    const started = secret.now;
    const { token, error } = await secret.rotate();
    expect(error?.message).toMatch(/does not work yet: the check function .* did not answer in 2\d\d s: let it give up earlier, or raise the function's timeout/);
    expect(secret.now - started).toBeLessThan(secret.timeoutMillis - 10 * SECOND);
    secret.pass(HOUR);
    expect((await secret.retry(token)).error?.message).toContain('abandoned: the value does not work yet: the check function');
    expect([secret.value('AWSCURRENT'), secret.versionWith('AWSPENDING')]).toEqual([current, undefined]);
  });

  test.each([
    ['may not be invoked', 'AccessDeniedException', 'the execution role was given this right by the construct'],
    ['does not exist', 'ResourceNotFoundException', 'the function does not exist (any more)'],
    ['is busy', 'TooManyRequestsException', 'lambda:InvokeFunction on function'],
  ])('that %s keeps the current value, and says so', async (_what, does, why) => {
    const secret = await checked();
    secret.fail({ action: 'Invoke', when: 'before', does });
    const current = secret.value('AWSCURRENT');
    const { token, error } = await secret.rotate();
    expect(error?.message).toContain(`lambda:InvokeFunction on function ${CHECK_ARN} failed with ${does}`);
    expect(error?.message).toContain(why);
    expect(secret.value('AWSCURRENT')).toBe(current);
    expect(await secret.retry(token)).toEqual({ token });
  });

  test.each<[string, () => unknown]>([
    ['message', () => ({ errorType: 'Error', errorMessage: 'holds the value' })],
    ['type that holds anything', () => ({ errorType: 'refused: the value', errorMessage: 'x' })],
    ['type that is no text', () => ({ errorType: { value: 'x' } })],
    ['answer that is no error', () => 'text'],
  ])('has its error\'s %s logged nowhere', async (_what, payload) => {
    const secret = await checked();
    secret.check = () => ({ throws: JSON.parse(JSON.stringify(payload()).replaceAll('value', secret.value('AWSPENDING') as string)) });
    const { error } = await secret.rotate(); // the fake looks for values in errors and in the log
    expect(error?.message).toMatch(/failed with (Error|an error): its own log says why/);
  });

  test('does not see an error type that is the value itself in any log', async () => {
    const secret = await checked();
    secret.check = () => ({ throws: { errorType: secret.value('AWSPENDING') } });
    expect((await secret.rotate()).error?.message).toContain('failed with an error');
  });

  test.each<[string, Answer, string]>([
    ['refuses', REFUSES, 'the value does not work yet: the check function'],
    ['never answers', 'nothing yet', 'did not answer in'],
  ])('that %s the first value fails the deployment with that reason, in time', async (_what, answer, why) => {
    for (const timeoutMillis of [60 * SECOND, 300 * SECOND]) {
      const secret = new FakeValues({ checkFunctionArn: CHECK_ARN });
      secret.timeoutMillis = timeoutMillis;
      secret.check = answer;
      const started = secret.now;
      expect(await secret.request('Create')).toBe('FAILED');
      expect(secret.answer!.Reason).toContain(why);
      expect(secret.now - started).toBeLessThan(timeoutMillis);
      expect(secret.value('AWSCURRENT')).toBeUndefined();
    }
  });

  test('whose right to read is not known everywhere yet is asked again by the deployment', async () => {
    let times = 0;
    const secret = new FakeValues({ checkFunctionArn: CHECK_ARN });
    secret.check = () => (++times < 3 ? REFUSES : { returns: 'fine' });
    expect(await secret.request('Create')).toBe('SUCCESS');
    expect(new Set(secret.asked.map(({ value }) => value))).toEqual(new Set([secret.value('AWSCURRENT')]));
    expect(secret.value('AWSCURRENT', FIELD)).toBeDefined();
  });
});
