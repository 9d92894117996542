/**
 * What goes wrong before and after each call of a rotation of random values, which Secrets Manager then tries again. Whatever happened: the
 * current value stays until the new one is current, the rotation ends, and what it has replaced can be read.
 */
import { Died } from './fake-secret';
import { CHECK_ARN, FakeValues } from './fake-values';

/** A rotation with a check function makes so many calls, and a first deployment so many; a loop that ends sooner has not tried them all. */
const CALLS = 14;
const CALLS_OF_A_DEPLOYMENT = 11;

type Fault = { readonly when: 'before' | 'after'; readonly does: string };

const FAULTS: Array<[string, Fault]> = [
  ['is refused', { when: 'before', does: 'AccessDeniedException' }],
  ['is refused for now', { when: 'before', does: 'ThrottlingException' }],
  ['fails', { when: 'before', does: 'InternalServiceError' }],
  ['loses its answer', { when: 'after', does: 'InternalServiceError' }],
  ['comes after the process has died', { when: 'before', does: 'die' }],
  ['comes right before the process dies', { when: 'after', does: 'die' }],
];

/** A secret, and a rotation whose nth call meets a fault; undefined when it makes fewer calls. */
async function disturbed(nth: number, fault: Fault) {
  const secret = await FakeValues.withFirstValues({ checkFunctionArn: CHECK_ARN });
  secret.edit((value) => (value.bot = 'token'));
  const replaced = secret.value('AWSCURRENT');
  let moved = false;
  secret.fail({ action: 'UpdateSecretVersionStage', nth: 2, when: 'after', does: () => { moved = true; } }); // the first is testSecret's
  let struck = false;
  secret.fail({ action: '*', nth, when: fault.when, does: () => { struck = true; } });
  secret.fail({ action: '*', nth, ...fault });
  const { token, error } = await secret.rotate();
  secret.heal();
  expect(secret.value('AWSCURRENT') === replaced).toBe(!moved);
  return { secret, token, error, replaced, struck };
}

describe.each(FAULTS)('a call that %s', (_what, fault) => {
  test('whichever it is, keeps the current value until the new one takes its place, and the retried rotation ends well', async () => {
    let nth = 1;
    for (; ; nth++) {
      const { secret, token, error, replaced, struck } = await disturbed(nth, fault);
      if (!struck) break;
      if (fault.does === 'die') expect(error).toBeInstanceOf(Died);
      const stored = secret.versions.get(token)?.text;
      expect(await secret.retry(token)).toEqual({ token });
      if (stored !== undefined) expect(secret.versions.get(token)!.text).toBe(stored); // the first value is kept
      expect([secret.versionWith('AWSCURRENT'), secret.value('AWSPREVIOUS'), secret.value('AWSCURRENT', 'bot')]).toEqual([token, replaced, 'token']);
      expect(secret.value('AWSCURRENT')).not.toBe(replaced);
      expect((await secret.rotate()).error).toBeUndefined();
      expect(secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
    }
    expect(nth).toBeGreaterThan(CALLS);
  });

  test('whichever it is, does not wedge: given up by a person, the next rotation ends well', async () => {
    for (let nth = 1; ; nth++) {
      const { secret, struck } = await disturbed(nth, fault);
      if (!struck) break;
      secret.unlabel('AWSPENDING');
      expect((await secret.rotate()).error).toBeUndefined();
      expect(secret.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
    }
  });

  test('whichever it is, leaves a deployment that is tried again with one first value', async () => {
    let nth = 1;
    for (; ; nth++) {
      const secret = new FakeValues({ checkFunctionArn: CHECK_ARN });
      let struck = false;
      secret.fail({ action: '*', nth, when: fault.when, does: () => { struck = true; } });
      secret.fail({ action: '*', nth, ...fault });
      const died = await secret.request('Create', { RequestId: 'create' }).then(() => false, (error: unknown) => error instanceof Died);
      if (!struck) break;
      expect(died).toBe(fault.does === 'die');
      secret.heal();
      const first = secret.value('AWSCURRENT');
      expect(await secret.request('Create', { RequestId: 'again' })).toBe('SUCCESS');
      if (first !== undefined) expect(secret.value('AWSCURRENT')).toBe(first);
      expect(secret.value('AWSCURRENT')).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(secret.labels()).toEqual(died ? expect.arrayContaining(['AWSCURRENT', 'AWSPREVIOUS']) : ['AWSCURRENT', 'AWSPREVIOUS', 'tested']);
    }
    expect(nth).toBeGreaterThan(CALLS_OF_A_DEPLOYMENT);
  });
});
