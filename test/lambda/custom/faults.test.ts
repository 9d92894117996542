/**
 * Every call of a rotation, to Secrets Manager and to the service, goes wrong in every way, and then the rotation is tried again. Whatever happened: the
 * current credential works all the time, a replaced one lives for its overlap, a rotation succeeds in the end, and nothing is left behind.
 */
import { DAY, Define, Fault, FakeService, GRACE } from './fake-service';
import { IDEMPOTENT_TOKEN, LISTED_TOKEN, ONE_ACCOUNT, TOKEN, TWO_ACCOUNTS } from './kinds';

interface Kind {
  readonly name: string;
  readonly define: Define;
  /** A rotation makes at least so many calls; a loop that ends sooner has not tried them all. */
  readonly calls: number;
  /** Consumers may be refused from apply to finish. */
  readonly oneAccount?: boolean;
  /** What was made and not stored cannot be found again. */
  readonly leaves?: boolean;
}

const KINDS: Kind[] = [
  { name: 'a token that the service lists', define: LISTED_TOKEN, calls: 25 },
  { name: 'a token at a service that cannot list', define: TOKEN, calls: 24, leaves: true },
  { name: 'a token at a service with idempotency keys', define: IDEMPOTENT_TOKEN, calls: 24 },
  { name: 'a password of two accounts', define: TWO_ACCOUNTS, calls: 16 },
  { name: 'a password of one account', define: ONE_ACCOUNT, calls: 16, oneAccount: true },
];

/** What people keep beside the credential: in their own manner of writing. */
const BESIDE = ' , "service":"https://service.example" ,"bot" : "x\\u0041", "big": 12345678901234567890, "n": 1.10 }';

const FAULTS: Array<[string, Pick<Fault, 'when' | 'does'>]> = [
  ['dies before it', { when: 'before', does: 'die' }],
  ['dies after it', { when: 'after', does: 'die' }],
  ['is refused', { when: 'before', does: 'AccessDeniedException' }],
  ['gets no answer although it was done', { when: 'after', does: 'InternalServiceError' }],
];

/** A secret with a current and a replaced credential, whose overlap is over, and with other fields. */
async function twiceRotated({ define, oneAccount = false }: Kind): Promise<FakeService> {
  const service = await FakeService.withFirst(define);
  service.mayRefuseWhilePending = oneAccount;
  const edited = service.text('AWSCURRENT')!.replace(/}$/, BESIDE);
  service.put('edited', edited, ['AWSCURRENT']);
  const { error } = await service.rotate();
  if (error) throw error;
  service.pass(30 * DAY);
  return service;
}

function expectUnharmed(service: FakeService) {
  expect(service.violations).toEqual([]);
  expect(service.currentWorks() || service.mayRefuseWhilePending).toBe(true);
  expect(service.text('AWSCURRENT')!.endsWith(BESIDE)).toBe(true);
  expect(service.tokens.size).toBeLessThanOrEqual(2);
}

/** The service keeps nothing but what the secret knows. */
function expectTidy(service: FakeService) {
  for (const id of service.tokens.keys()) expect(service.labels()).toContain(`credential-${id}`);
  expect(service.labels().length).toBeLessThan(10);
  expect(service.currentWorks()).toBe(true);
}

/** Of one account only a retry, or whoever rolls back by hand, helps. With idempotency keys it is as without a list. */
const WEDGEABLE = [LISTED_TOKEN, TOKEN, TWO_ACCOUNTS];

describe.each(KINDS)('$name', (kind) => {
  test.each(FAULTS)('survives that any call of a rotation %s: it is tried again and succeeds', async (_, fault) => {
    let nth = 1;
    for (; ; nth++) {
      const service = await twiceRotated(kind);
      const replaced = service.value();
      service.fail({ action: '*', nth, ...fault });
      const { token, error } = await service.rotate();
      service.heal();
      expectUnharmed(service);
      const calls = service.calls.length;
      if (calls < nth && error === undefined) break; // it makes fewer calls

      const again = error === undefined ? { token, error } : await service.retry(token);
      expectUnharmed(service);
      if (again.error !== undefined) {
        // A label that was taken off half-way holds the others up until the list is sure not to be stale, and what is not found again is a person's to revoke.
        service.pass(GRACE);
        if (kind.leaves) removeUnknown(service);
        expect((await service.retry(token)).error).toBeUndefined();
      }
      expect(service.versionWith('AWSCURRENT')).toBe(token);
      expect(service.value('AWSPREVIOUS')).toEqual(replaced);
      expectUnharmed(service);
      expectTidy(service);
    }
    expect(nth).toBeGreaterThan(kind.calls);
  });

});

describe.each(KINDS.filter(({ define }) => WEDGEABLE.includes(define)))('$name', (kind) => {
  test.each(FAULTS.slice(0, 2))('is not wedged if any call of a rotation %s and nobody tries again: the next rotations succeed', async (_, fault) => {
    let nth = 1;
    for (; ; nth++) {
      const service = await twiceRotated(kind);
      service.fail({ action: '*', nth, ...fault });
      const { error } = await service.rotate();
      service.heal();
      if (service.calls.length < nth && error === undefined) break;
      if (error !== undefined) service.unlabel('AWSPENDING'); // a person gives it up: while it is there, Secrets Manager starts no other
      service.pass(30 * DAY);
      if (kind.leaves) removeUnknown(service);
      await service.rotate(); // may be refused: it gives a credential that was stored, but never replaced, its date
      expectUnharmed(service);
      service.pass(30 * DAY);
      expect((await service.rotate()).error).toBeUndefined();
      expectUnharmed(service);
      expectTidy(service);
    }
    expect(nth).toBeGreaterThan(kind.calls);
  });
});

/** A person revokes at the service what the secret does not know. */
function removeUnknown(service: FakeService): void {
  for (const id of service.tokens.keys()) {
    if (!service.labels().includes(`credential-${id}`)) service.tokens.delete(id);
  }
}
