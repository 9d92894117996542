// What a list that is wrong, or a copy of a step that stalls while another one goes on, must not do to the credential that consumers are given.
import { randomUUID } from 'node:crypto';
import { DAY, FakeService, SECRET_ARN, Token } from './fake-service';
import { LISTED_TOKEN, ONE_ACCOUNT, ONE_ACCOUNT_WITH_ROLLBACK, TOKEN } from './kinds';
import { RejectedForGood } from '../../../lambda/custom/definition';

describe('a list that does not name the current credential', () => {
  test.each([
    ['is in another form', (ids: string[]) => ids.map((id) => id.replace('tok-', ''))],
    ['ends too early', (ids: string[]) => ids.slice(0, -1)],
    ['is empty', () => []],
  ])('because it %s, takes nothing away: rotations go on, and the replaced one lives for its overlap', async (_, wrong) => {
    const service = await FakeService.withFirst((call) => ({ ...TOKEN(call), idPattern: /(tok-)?\d+/, list: async () => wrong(await call<string[]>('ListTokens')) }));
    for (let rotation = 0; rotation < 3; rotation++) {
      expect((await service.rotate()).error).toBeUndefined();
      expect(service.violations).toEqual([]);
      expect(service.tokens.has(service.value('AWSPREVIOUS').id)).toBe(true);
      service.pass(30 * DAY);
    }
    expect(service.tokens.size).toBe(2);
    expect(service.log.some(({ why }) => String(why).startsWith('"list" does not name credential-tok-'))).toBe(true);
  });
});

test('a token that a person has made, and that is not listed, is revoked after its overlap, too', async () => {
  let byHand = '';
  const service = new FakeService((call) => ({ ...TOKEN(call), list: async () => (await call<string[]>('ListTokens')).filter((id) => id !== byHand) }));
  const made: Token = service.makeToken();
  byHand = made.id;
  service.put('existing', JSON.stringify(made), ['AWSCURRENT']);
  service.rotatedBy = undefined;
  expect(await service.request('Create')).toBe('SUCCESS');
  for (const days of [0, 30]) {
    service.pass(days * DAY);
    expect((await service.rotate()).error).toBeUndefined();
  }
  expect(service.tokens.has(byHand)).toBe(false);
  expect(service.violations).toEqual([]);
});

test('a token in the place of an id is not taken for one, and not told', async () => {
  let isWrong = false;
  const service = await FakeService.withFirst((call) => ({ ...LISTED_TOKEN(call), list: async () => (isWrong ? [service.value().token] : []) }));
  isWrong = true;
  const { error } = await service.rotate();
  expect(error?.message).toContain('"list" must return the ids');
  expect(service.calls).not.toContain('RevokeToken');
});

describe.each([['a password of one account', ONE_ACCOUNT], ['a password of one account with rollback', ONE_ACCOUNT_WITH_ROLLBACK]])('%s', (_, define) => {
  /** A step that stalls at a call; meanwhile its rotation is given up. */
  async function stalled(action: string) {
    const service = await FakeService.withFirst(define);
    service.mayRefuseWhilePending = true;
    const before = service.text('AWSCURRENT')!;
    const token = randomUUID();
    service.register(token);
    await service.step('createSecret', token);
    service.fail({ action, when: 'before', does: () => service.unlabel('AWSPENDING') });
    const ended = service.step('setSecret', token);
    return { service, before, ended };
  }

  test('is not applied any more by a copy that stalls while it tries it, and whose rotation is given up meanwhile', async () => {
    const { service, before, ended } = await stalled('TryPassword');
    await expect(ended).rejects.toThrow('is neither AWSPENDING nor AWSCURRENT: its rotation is over');
    expect(service.calls).not.toContain('SetPassword');
    expect(service.text('AWSCURRENT')).toBe(before);
    expect(service.currentWorks()).toBe(true);
  });

  test('is rolled back by a copy that applies it when its rotation was given up', async () => {
    const { service, before, ended } = await stalled('SetPassword');
    await expect(ended).rejects.toThrow('was ended while its credential was applied: that is rolled back');
    expect(service.text('AWSCURRENT')).toBe(before);
    expect(service.currentWorks()).toBe(true);
  });
});

test('what the service refuses for good when it is applied is revoked at once, and takes up no room', async () => {
  let refuses = false;
  const service = await FakeService.withFirst((call) => ({
    ...LISTED_TOKEN(call),
    apply: async () => { if (refuses) throw new RejectedForGood('never'); },
    verify: async ({ credential }) => {
      await call('TryToken', credential);
      if (refuses && credential.id !== service.value().id) throw new Error('not yet');
    },
  }));
  refuses = true;
  expect((await service.rotate()).error?.message).toContain('abandoned');
  expect(service.tokens.size).toBe(1);
  expect(service.currentWorks()).toBe(true);
  refuses = false;
  expect((await service.rotate()).error).toBeUndefined();
  expect(service.violations).toEqual([]);
});

test('an "issue" that answers nonsense is asked once, and the rotation is given up', async () => {
  let isBroken = false;
  const service = await FakeService.withFirst((call) => ({
    ...TOKEN(call), issue: async () => (isBroken ? { wrong: await call('IssueToken') } as never : call<never>('IssueToken')),
  }));
  isBroken = true;
  service.calls.length = 0;
  expect((await service.rotate()).error?.message).toContain(`secret ${SECRET_ARN} is abandoned: "issue" must return an object`);
  expect(service.versionWith('AWSPENDING')).toBeUndefined();
  expect(service.calls.filter((call) => call === 'IssueToken')).toHaveLength(1);

  const first = new FakeService((call) => ({ ...TOKEN(call), issue: async () => ({ wrong: await call('IssueToken') }) as never }));
  expect(await first.request('Create')).toBe('FAILED');
  expect(first.calls.filter((call) => call === 'IssueToken')).toHaveLength(1);
});

test('an "issue" for which no time is left is not begun', async () => {
  let isSlow = false;
  const service = await FakeService.withFirst((call) => ({
    ...TOKEN(call),
    list: async () => {
      if (isSlow) service.pass(service.timeoutMillis - 5_000); // nobody could wait for what is made then
      return call<string[]>('ListTokens');
    },
  }));
  isSlow = true;
  service.calls.length = 0;
  expect((await service.rotate()).error?.message).toMatch(/there is no time left for issue|list did not answer/);
  expect(service.calls).not.toContain('IssueToken');
});

