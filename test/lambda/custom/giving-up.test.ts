// A new credential that does not work: it is tried again, and given up when that is of no use. The current one goes on working, and the next rotation succeeds.
import { randomUUID } from 'node:crypto';
import { DAY, Define, Died, FakeService, HOUR, SECOND } from './fake-service';
import { LISTED_TOKEN, ONE_ACCOUNT, ONE_ACCOUNT_WITH_ROLLBACK, TOKEN, TWO_ACCOUNTS, TWO_ACCOUNTS_WITH_ROLLBACK } from './kinds';
import { RejectedForGood } from '../../../lambda/custom/definition';

interface Kind {
  readonly name: string;
  readonly define: Define;
  readonly oneAccount?: boolean;
}

const KINDS: Kind[] = [
  { name: 'a token that the service lists', define: LISTED_TOKEN },
  { name: 'a token at a service that cannot list', define: TOKEN },
  { name: 'a password of two accounts', define: TWO_ACCOUNTS },
  { name: 'a password of two accounts with rollback', define: TWO_ACCOUNTS_WITH_ROLLBACK },
  { name: 'a password of one account', define: ONE_ACCOUNT, oneAccount: true },
  { name: 'a password of one account with rollback', define: ONE_ACCOUNT_WITH_ROLLBACK, oneAccount: true },
];

/** A secret whose next credentials do not work as long as there is a reason; what works already goes on working. */
async function refusing({ define, oneAccount = false }: Kind, reason: () => Error) {
  let refuses = false;
  const accepted = new Set<string>();
  const service = await FakeService.withFirst((call) => ({
    ...define(call),
    verify: async (context) => {
      await define(call).verify(context);
      const known = JSON.stringify(context.credential);
      if (refuses && !accepted.has(known)) throw reason();
      accepted.add(known);
    },
  }));
  service.mayRefuseWhilePending = oneAccount;
  refuses = true;
  return { service, relent: () => { refuses = false; } };
}

const notYet = () => new Error('not known here yet');
const forGood = () => new RejectedForGood('the policy of the service forbids it');

function expectUnharmed(service: FakeService, before: string) {
  expect(service.text('AWSCURRENT')).toBe(before);
  expect(service.currentWorks()).toBe(true);
  expect(service.violations).toEqual([]);
}

describe.each(KINDS)('$name', (kind) => {
  test('that does not work yet is tried for half a minute, and again by the next attempt, with the same credential', async () => {
    const { service, relent } = await refusing(kind, notYet);
    const started = service.now;
    const { token, error } = await service.rotate();
    expect(error?.message).toMatch(/does not work yet: verify failed: Error: not known here yet$/);
    expect(service.now - started).toBeGreaterThan(25 * SECOND);
    const pending = service.text('AWSPENDING');

    relent();
    expect((await service.retry(token)).error).toBeUndefined();
    expect(service.text('AWSCURRENT')).toBe(pending);
    expect(service.violations).toEqual([]);
  });

  test.each([['that is rejected for good', forGood, 0], ['that has not worked for an hour', notYet, HOUR + SECOND]])(
    '%s is given up and taken back, the current one works, and the next rotation succeeds', async (_, reason, wait) => {
      const { service, relent } = await refusing(kind, reason);
      const before = service.text('AWSCURRENT')!;
      let { token, error } = await service.rotate();
      if (wait > 0) {
        service.pass(wait);
        ({ error } = await service.retry(token));
      }

      expect(error?.name).toBe('Abandoned');
      expect(service.versionWith('AWSPENDING')).toBeUndefined();
      expectUnharmed(service, before);
      // No copy of a step can make current what was rejected for good; what may yet work goes when no copy is left.
      expect(service.tokens.size).toBeLessThanOrEqual(wait === 0 ? 1 : 2);
      const abandoned = [...service.tokens.keys()].filter((id) => id !== service.value().id);

      relent();
      service.pass(DAY);
      expect((await service.rotate()).error).toBeUndefined();
      for (const id of abandoned) expect(service.tokens.has(id)).toBe(false);
      expect(service.currentWorks()).toBe(true);
      expect(service.violations).toEqual([]);
    });

  test.each(['before', 'after'] as const)('that is given up by a process that dies %s any call is given up by the next attempt', async (when) => {
    let nth = 1;
    for (; ; nth++) {
      const { service, relent } = await refusing(kind, forGood);
      const before = service.text('AWSCURRENT')!;
      service.fail({ action: '*', nth, when, does: 'die' });
      const { token, error } = await service.rotate();
      service.heal();
      if (!(error instanceof Died)) break; // it makes fewer calls
      for (const id of service.tokens.keys()) { // what nobody can find again, a person revokes
        if (kind.define === TOKEN && !service.labels().includes(`credential-${id}`)) service.tokens.delete(id);
      }
      if (service.versionWith('AWSPENDING') === token) await service.retry(token);
      expect(service.versionWith('AWSPENDING')).toBeUndefined();
      expectUnharmed(service, before);

      relent();
      service.pass(30 * DAY);
      await service.rotate(); // may be refused: it gives what was stored, and never replaced, its date
      service.pass(30 * DAY);
      expect((await service.rotate()).error).toBeUndefined();
      expect(service.violations).toEqual([]);
      expect(service.tokens.size).toBeLessThanOrEqual(2);
    }
    expect(nth).toBeGreaterThan(10);
  });

  test('that a person has made current by hand is not taken back', async () => {
    const { service, relent } = await refusing(kind, notYet);
    relent();
    const token = randomUUID();
    service.register(token);
    for (const step of ['createSecret', 'setSecret', 'testSecret']) await service.step(step, token);
    service.put(randomUUID(), service.text('AWSPENDING')!, ['AWSCURRENT']);

    await expect(service.step('finishSecret', token)).rejects.toThrow('its version holds the current credential');
    expect(service.currentWorks()).toBe(true);
  });

  test('that is replaced while somebody edits another field: the edit wins, the current one works, and the next rotation succeeds', async () => {
    const service = await FakeService.withFirst(kind.define);
    service.mayRefuseWhilePending = kind.oneAccount ?? false;
    const token = randomUUID();
    service.register(token);
    for (const step of ['createSecret', 'setSecret', 'testSecret']) await service.step(step, token);
    service.edit((value) => { value.note = 'by hand'; });
    const edited = service.text('AWSCURRENT')!;

    await expect(service.step('finishSecret', token)).rejects.toThrow(/the secret was edited since .* was made for it; the edit is kept/);
    expectUnharmed(service, edited);
    expect(service.versionWith('AWSPENDING')).toBeUndefined();
    service.pass(30 * DAY);
    expect((await service.rotate()).error).toBeUndefined();
    expect(service.value().note).toBe('by hand');
    expect(service.violations).toEqual([]);
  });

  test('is tried in a dry run, empty or a copy, and nothing is made or changed', async () => {
    const service = await FakeService.withFirst(kind.define);
    const before = service.text('AWSCURRENT')!;
    for (const text of [undefined, before]) {
      service.put('dry-run', text, ['AWSPENDING']);
      await service.step('testSecret', 'dry-run');
      expect(service.log.at(-1)).toMatchObject({ decision: 'works', why: 'a dry run: the current credential was tried' });
      service.versions.delete('dry-run');
    }
    expect(service.calls.filter((call) => /Issue|NewPassword|SetPassword|Revoke|Put|Update/.test(call))).toEqual([]);
    expectUnharmed(service, before);
  });

  test('that does not work any more fails the dry run', async () => {
    const service = await FakeService.withFirst(kind.define);
    service.tokens.clear();
    service.accounts.clear();
    service.put('dry-run', undefined, ['AWSPENDING']);
    await expect(service.step('testSecret', 'dry-run')).rejects.toThrow(/the current credential of secret .*, does not work: verify failed: Unauthorized/);
  });

  test('is replaced once, by a step that runs beside a stalled copy of itself at any of its calls', async () => {
    let nth = 1;
    for (; ; nth++) {
      const service = await FakeService.withFirst(kind.define);
      service.mayRefuseWhilePending = kind.oneAccount ?? false;
      await service.rotate();
      service.pass(30 * DAY);
      let copy: Promise<unknown> | undefined;
      const token = randomUUID();
      service.fail({ action: '*', nth, when: 'after', does: async () => { await (copy = service.retry(token)); } });
      service.register(token);
      await service.retry(token); // may fail: the copy has done it
      service.heal();
      if (copy === undefined) break;
      if (service.versionWith('AWSPENDING') === token) service.pass(2 * HOUR);
      await service.retry(token);
      expect(service.violations).toEqual([]);
      if (service.versionWith('AWSCURRENT') !== token) {
        service.unlabel('AWSPENDING');
        service.pass(30 * DAY);
        expect((await service.rotate()).error).toBeUndefined();
      }
      expect(service.currentWorks()).toBe(true);
      expect(service.violations).toEqual([]);
      expect(service.tokens.size).toBeLessThanOrEqual(2);
    }
    expect(nth).toBeGreaterThan(15);
  });
});

/** Its verify hangs from some time on. */
async function hanging(define: Define): Promise<{ service: FakeService; hang: () => void }> {
  let hangs = false;
  const service = await FakeService.withFirst((call) => ({
    ...define(call), verify: async (context) => (hangs ? new Promise(() => undefined) : define(call).verify(context)),
  }));
  return { service, hang: () => { hangs = true; } };
}

test('a verify that hangs for an hour is given up as one that fails', async () => {
  const { service, hang } = await hanging(TOKEN);
  const before = service.text('AWSCURRENT')!;
  hang();
  const { token, error } = await service.rotate();
  expect(error?.message).toMatch(/does not work yet: verify did not answer in \d+ s/);
  service.pass(HOUR);
  expect((await service.retry(token)).error?.name).toBe('Abandoned');
  expectUnharmed(service, before);
});

test('a verify that hangs leaves time to apply', async () => {
  const { service, hang } = await hanging(TWO_ACCOUNTS);
  service.register('token');
  await service.step('createSecret', 'token');
  hang();
  const started = service.now;
  await service.step('setSecret', 'token');
  expect(service.now - started).toBeLessThan(200 * SECOND); // of 300
  expect(service.accounts.get('app-b')).toBe(service.value('AWSPENDING').password);
});

test('what was applied is not applied again', async () => {
  const service = await FakeService.withFirst(ONE_ACCOUNT);
  service.mayRefuseWhilePending = true;
  service.register('token');
  for (const step of ['createSecret', 'setSecret', 'setSecret', 'createSecret', 'setSecret']) await service.step(step, 'token');
  expect(service.calls.filter((call) => call === 'SetPassword')).toHaveLength(1);
});

describe('an apply that fails', () => {
  test.each([['for good', forGood, 0], ['for an hour', notYet, HOUR + SECOND]])('%s ends the rotation, and the next one succeeds', async (_, reason, wait) => {
    let fails = false;
    const service = await FakeService.withFirst((call) => ({ ...TWO_ACCOUNTS(call), ...fails && { apply: async () => { throw reason(); } } }));
    const before = service.text('AWSCURRENT')!;
    fails = true;
    let { token, error } = await service.rotate();
    if (wait > 0) {
      expect(error?.message).toBe('apply failed: Error: not known here yet');
      expect(service.versionWith('AWSPENDING')).toBe(token);
      service.pass(wait);
      ({ error } = await service.retry(token));
    }
    expect(error?.name).toBe('Abandoned');
    expectUnharmed(service, before);
    fails = false;
    expect((await service.rotate()).error).toBeUndefined();
  });
});

describe('a rollback that fails', () => {
  async function withRollback(define: Define) {
    const failing: Define = (call) => ({ ...define(call), rollback: async () => { throw new Error('503'); } });
    return (await refusing({ name: '', define: failing, oneAccount: define === ONE_ACCOUNT }, forGood)).service;
  }

  test('keeps the rotation from being given up as long as the current credential does not work', async () => {
    const service = await withRollback(ONE_ACCOUNT);
    const { token, error } = await service.rotate();
    expect(error?.message).toBe('rollback failed: Error: 503');
    expect(service.versionWith('AWSPENDING')).toBe(token);
  });

  test('keeps no rotation pending for ever if the current credential works', async () => {
    const service = await withRollback(TWO_ACCOUNTS);
    const before = service.text('AWSCURRENT')!;
    const { error } = await service.rotate();
    expect(error?.name).toBe('Abandoned');
    expect(service.log).toContainEqual(expect.objectContaining({ why: 'rollback failed: Error: 503; the current credential works' }));
    expectUnharmed(service, before);
  });
});

test('a person\'s value in which nothing can be read does not keep a rotation pending for ever', async () => {
  const service = await FakeService.withFirst(TWO_ACCOUNTS);
  const token = randomUUID();
  service.register(token);
  for (const step of ['createSecret', 'setSecret']) await service.step(step, token);
  service.versions.set('binary', { binary: true, createdAt: service.now, labels: new Set() });
  service.label('AWSCURRENT', 'binary');
  service.currentWorks = () => true;
  service.value = () => ({});
  await expect(service.step('createSecret', token)).rejects.toThrow(/is abandoned: .*is binary/);
  expect(service.versionWith('AWSPENDING')).toBeUndefined();
});
