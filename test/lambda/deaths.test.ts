/**
 * The process dies before and after each call of a rotation, and Secrets Manager tries again. Whatever happened: the current key
 * exists and is active all the time, a rotation then succeeds, and no key is left that the secret does not know.
 */
import { DAY, Died, FakeAws, GRACE } from './fake-aws';

/** A rotation with a key that is due makes about so many calls; a loop that ends sooner has not tried them all. */
const CALLS = 24;

/** A rotation that died at its nth call; undefined when it makes fewer calls. */
async function deadRotation(nth: number, when: 'before' | 'after'): Promise<{ aws: FakeAws; token: string; replaced: string } | undefined> {
  const aws = await FakeAws.withFirstKey();
  await aws.rotate();
  aws.pass(30 * DAY);
  const replaced = aws.keyId('AWSCURRENT')!;
  aws.fail({ action: '*', nth, when, does: 'die' });
  const { token, error } = await aws.rotate();
  aws.heal();
  return error instanceof Died ? { aws, token, replaced } : undefined;
}

function expectCurrentKeyWorks(aws: FakeAws) {
  expect(aws.keys.get(aws.keyId('AWSCURRENT')!)).toMatchObject({ active: true });
}

describe.each(['before', 'after'] as const)('a rotation that dies %s a call', (when) => {
  test('and is retried, succeeds and leaves nothing behind', async () => {
    let nth = 1;
    for (let dead; (dead = await deadRotation(nth, when)); nth++) {
      const { aws, token, replaced } = dead;
      expectCurrentKeyWorks(aws);
      await aws.retry(token); // at once: it may have to wait for a key that a copy of the step may still store
      expectCurrentKeyWorks(aws);
      aws.pass(GRACE);
      expect(await aws.retry(token)).toEqual({ token });
      expectCurrentKeyWorks(aws);
      expect(aws.versionWith('AWSCURRENT')).toBe(token);
      expect(aws.keyIds().sort()).toEqual([replaced, aws.keyId('AWSCURRENT')].sort());
    }
    expect(nth).toBeGreaterThan(CALLS);
  });

  test('and is not retried, does not wedge: a rotation succeeds within two intervals', async () => {
    let nth = 1;
    for (let dead; (dead = await deadRotation(nth, when)); nth++) {
      const { aws } = dead;
      aws.unlabel('AWSPENDING'); // a person gives it up: while it is there, Secrets Manager starts no other
      aws.pass(30 * DAY);
      await aws.rotate(); // may be refused: it gives a key that was stored, but never replaced, its date
      expectCurrentKeyWorks(aws);
      aws.pass(30 * DAY);
      const { error } = await aws.rotate();
      expect(error).toBeUndefined();
      expectCurrentKeyWorks(aws);
      expect(aws.keyIds()).toHaveLength(2);
    }
    expect(nth).toBeGreaterThan(CALLS);
  });
});
