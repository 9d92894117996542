// The cache of the session example: what the end-to-end test, which deploys it without one, does not show.
import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SessionKeyCache } from '../../examples/typescript/session-secret/session-keys';

const MINUTE = 60_000;

/** The values of AWSCURRENT and AWSPREVIOUS, and how often they were read. */
class FakeSecret {
  public reads = 0;
  /** Happens right after the current value was read. */
  public meanwhile?: () => void;

  constructor(public current: string, public previous?: string) {}

  public rotate(value: string): void {
    [this.current, this.previous] = [value, this.current];
  }

  public cache(): SessionKeyCache {
    const send = async ({ input: { VersionStage } }: GetSecretValueCommand) => {
      this.reads++;
      const value = VersionStage === 'AWSCURRENT' ? this.current : this.previous;
      if (VersionStage === 'AWSCURRENT') this.meanwhile?.();
      if (value === undefined) throw new ResourceNotFoundException({ message: 'there is none', $metadata: {} });
      return { SecretString: value === '' ? '{"placeholder":"x"}' : JSON.stringify({ session_secret_key: value }) };
    };
    return new SessionKeyCache('arn', 5 * MINUTE, { send } as unknown as SecretsManagerClient);
  }
}

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

test('values are read once, and again when they are old', async () => {
  const secret = new FakeSecret('b', 'a');
  const cache = secret.cache();
  for (let i = 0; i < 3; i++) expect(await cache.get()).toEqual({ current: 'b', previous: 'a' });
  expect(secret.reads).toBe(2);
  secret.rotate('c');
  jest.advanceTimersByTime(5 * MINUTE);
  expect(await cache.get()).toEqual({ current: 'c', previous: 'b' });
});

test.each([['there is no previous version', undefined], ['the previous version holds the placeholder', '']])('it is no error that %s', async (_what, previous) => {
  expect(await new FakeSecret('a', previous).cache().get()).toEqual({ current: 'a', previous: undefined });
});

test('a secret without a current value is an error', async () => {
  await expect(new FakeSecret('').cache().get()).rejects.toThrow("the secret has no field 'session_secret_key'");
});

test('what another copy of the app has signed with a newer value is found, and junk does not make it read the secret all the time', async () => {
  const secret = new FakeSecret('b', 'a');
  const cache = secret.cache();
  await cache.get();
  secret.rotate('c');
  expect(await cache.getNewer()).toBeUndefined();
  jest.advanceTimersByTime(5_000);
  expect(await cache.getNewer()).toEqual({ current: 'c', previous: 'b' });
  for (let i = 0; i < 100; i++) expect(await cache.getNewer()).toBeUndefined();
  expect(secret.reads).toBe(4);
});

test('a rotation between the two reads does not make it miss the value that was current', async () => {
  const secret = new FakeSecret('b', 'a');
  secret.meanwhile = () => secret.rotate('c');
  expect(await secret.cache().get()).toEqual({ current: 'b', previous: 'b' });
});
