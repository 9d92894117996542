// A user's own hooks may do anything. Each mistake is told with the hook's name and the way to mend it, and does no harm.
import { DAY, Define, FakeService, HOUR, SECOND, Token } from './fake-service';
import { LISTED_TOKEN, ONE_ACCOUNT, TOKEN, TWO_ACCOUNTS } from './kinds';
import type { CredentialDefinition } from '../../../lambda/custom/definition';

/** A token whose hooks can be exchanged for others after the first rotation. */
async function withHooks(define: Define, hooks: (service: FakeService) => Partial<CredentialDefinition>): Promise<FakeService> {
  let broken: Partial<CredentialDefinition> = {};
  const service = await FakeService.withFirst((call) => ({ ...define(call), ...broken }));
  broken = hooks(service);
  return service;
}

function expectUnharmed(service: FakeService, before: string) {
  expect(service.text('AWSCURRENT')).toBe(before);
  expect(service.currentWorks()).toBe(true);
  expect(service.violations).toEqual([]);
}

describe('issue', () => {
  /** What it returns in place of a token that the service has made. */
  const RETURNED: Array<[string, (made: Token, current: Token) => unknown, RegExp, 'taken back' | 'nobody knows its id']> = [
    ['undefined', () => undefined, /returned a value of type undefined: return the credential/, 'nobody knows its id'],
    ['null', () => null, /returned null: return the credential/, 'nobody knows its id'],
    ['an array', () => [], /returned an array: return the credential/, 'nobody knows its id'],
    ['a text', ({ token }) => token, /returned a value of type string: return the credential/, 'nobody knows its id'],
    ['a number', () => 42, /returned a value of type number: return the credential/, 'nobody knows its id'],
    ['nothing of a field', ({ id }) => ({ id }), /"token" is missing/, 'taken back'],
    ['nothing of the id', ({ token }) => ({ token }), /"id" is missing/, 'nobody knows its id'],
    ['one field too much', (made) => ({ ...made, expires: 'never' }), /returned "expires", too: add it to "fields", or leave it out/, 'taken back'],
    ['an empty field', ({ id }) => ({ id, token: '' }), /"token" is not a text, or empty/, 'taken back'],
    ['a field that is no text', ({ id }) => ({ id, token: 42 }), /"token" is not a text, or empty/, 'taken back'],
    ['an id that cannot be a label', ({ token }) => ({ id: 'a b', token }), /"id" is no id: letters, digits and _\+=,\.@:\/- are allowed, up to 200/, 'nobody knows its id'],
    ['an id that is too long', ({ token }) => ({ id: 'x'.repeat(201), token }), /"id" is no id/, 'nobody knows its id'],
    ['more than a secret can hold', ({ id, token }) => ({ id, token: token.repeat(3000) }), /more than 65536 bytes: return less, or move other fields away/, 'taken back'],
    ['the current credential', (_, current) => current, /returned the current credential again: it must make another one each time it is called/, 'nobody knows its id'],
    ['the current id with another token', ({ token }, { id }) => ({ id, token }), /returned the current credential again/, 'nobody knows its id'],
  ];

  test.each(RETURNED)('that returns %s is told what is wrong, and what it has made is taken back if its id can be told', async (_, returned, message, left) => {
    const service = await withHooks(LISTED_TOKEN, (fake) => {
      const { id, token } = fake.value();
      return { issue: async () => returned(fake.makeToken(), { id, token }) as never };
    });
    const before = service.text('AWSCURRENT')!;

    const { error } = await service.rotate();

    expect(error?.message).toMatch(/"issue" (must return an object with the texts "id", "token", and|returned)/);
    expect(error?.message).toMatch(message);
    expectUnharmed(service, before);
    expect(service.tokens.size).toBe(left === 'taken back' ? 1 : 2);
  });

  test('that returns its fields in another order is in order', async () => {
    const service = await FakeService.withFirst((call) => ({
      ...TOKEN(call),
      issue: async () => {
        const { id, token } = await call<Token>('IssueToken');
        return { token, id };
      },
    }));
    expect(service.currentWorks()).toBe(true);
    expect((await service.rotate()).error).toBeUndefined();
  });

  test('that returns a replaced credential again is told, and the replaced one goes on working', async () => {
    let again: Token | undefined;
    const service = await FakeService.withFirst((call) => ({ ...TOKEN(call), limit: 3, issue: async () => ({ ...again ?? await call<Token>('IssueToken') }) }));
    const { id, token } = service.value();
    await service.rotate();
    again = { id, token };
    const before = service.text('AWSCURRENT')!;

    expect((await service.rotate()).error?.message).toContain(`is abandoned: "issue" returned credential-${id}, which the secret knows already: it must make another one each time it is called`);
    expectUnharmed(service, before);
    expect(service.tokens.has(id)).toBe(true);
  });

  test('is told what is wrong even if what it made cannot be taken back', async () => {
    const service = await withHooks(TOKEN, (fake) => ({
      issue: async () => ({ id: fake.makeToken().id }) as never, revoke: async () => { throw new Error('503 try later'); },
    }));
    expect((await service.rotate()).error?.message).toMatch(/"token" is missing\. And it could not be taken back: RotationError: revoke of tok-\d failed: Error: 503 try later$/);
  });
});

describe.each(['issue', 'list', 'verify', 'apply', 'revoke'] as const)('%s', (hook) => {
  const define = hook === 'apply' ? TWO_ACCOUNTS : LISTED_TOKEN;

  /** The rotation in which each hook is called. */
  async function rotated(broken: (...args: never[]) => Promise<never>): Promise<{ service: FakeService; before: string; message: string }> {
    let isBroken = false;
    const service = await FakeService.withFirst((call) => ({ ...define(call), ...isBroken && { [hook]: broken } }));
    if ((await service.rotate()).error) throw new Error('it is in order up to here');
    service.pass(30 * DAY);
    isBroken = true;
    if (hook === 'apply') service.accounts.set('app-a', 'another one');
    const before = service.text('AWSCURRENT')!;
    const { error } = await service.rotate();
    return { service, before, message: error!.message };
  }

  test.each<[string, unknown, RegExp]>([
    ['an Error', new Error('the service answered 500'), /Error: the service answered 500/],
    ['an Error of a class of its own', Object.assign(new Error('no'), { name: 'HttpError' }), /HttpError: no/],
    ['an Error with a cause', new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) }), /TypeError: fetch failed, caused by Error: ECONNREFUSED/],
    ['several errors', new AggregateError([new Error('first'), new Error('second')], 'all failed'), /AggregateError: all failed, caused by Error: first/],
    ['a parser\'s Error, which quotes what may be a credential', (() => { try { return JSON.parse('new-token'); } catch (error) { return error; } })(), /SyntaxError: [^"]*("\*\*\*"|'w'|'e')/],
    ['a text', 'the service answered 500', /failed: the service answered 500/],
    ['an empty text', '', /an empty text was thrown, which tells nothing: throw an Error that says what the service answered/],
    ['undefined', undefined, /undefined was thrown, which tells nothing: throw an Error/],
    ['null', null, /null was thrown, which tells nothing: throw an Error/],
    ['an object', { status: 500 }, /a value of type object was thrown, which tells nothing: throw an Error/],
    ['what cannot be read', { get message() { throw new Error('the-rotation-token'); } }, /something that cannot be read: throw an Error/],
    ['a page', new Error('<html>'.repeat(10_000)), /Error: (<html>)+.{0,6} …/],
  ])('that throws %s is named with the reason, and the current credential stays', async (_, thrown, reason) => {
    const { service, before, message } = await rotated(async () => { throw thrown; });

    expect(message).toContain(`${hook}${hook === 'revoke' ? ' of tok-2' : ''} failed: `);
    expect(message).toMatch(reason);
    expect(message.length).toBeLessThan(3000);
    expect(message).not.toContain('new-token');
    expectUnharmed(service, before);
  });

  test('that never returns is named, within the function\'s time, and the current credential stays', async () => {
    let signal: AbortSignal | undefined;
    const { service, before, message } = await rotated(async (...[context]: [{ signal: AbortSignal }]) => {
      signal = context.signal;
      return new Promise<never>(() => undefined);
    });

    expect(message).toMatch(new RegExp(`${hook}${hook === 'revoke' ? ' of tok-2' : ''} did not answer in \\d+ s: let it give up earlier, or raise the function's timeout`));
    expect(signal?.aborted).toBe(true);
    expectUnharmed(service, before);
  });
});

test.each<[string, unknown]>([
  ['undefined', undefined], ['a text', 'tok-1'], ['numbers', [1, 2]], ['an empty id, which might revoke all', ['']], ['objects', [{ id: 'tok-1' }]],
])('list that returns %s is told what is wrong, and nothing is revoked', async (_, listed) => {
  const service = await withHooks(LISTED_TOKEN, () => ({ list: async () => listed as string[] }));
  const before = service.text('AWSCURRENT')!;

  expect((await service.rotate()).error?.message).toMatch(/^"list" must return the ids of the credentials as an array of texts, as "issue" returns them, and returned something else: map/);
  expectUnharmed(service, before);
  expect(service.calls).not.toContain('RevokeToken');
});

/** In which a hook quotes what it was told. */
const QUOTED: Array<[string, (value: string) => unknown]> = [
  ['as it is', (value) => new Error(`refused: ${value}`)],
  ['as JSON', (value) => new Error(JSON.stringify({ body: { value } }))],
  ['in a URL', (value) => new Error(`GET /?key=${encodeURIComponent(value)}`)],
  ['in base64', (value) => new Error(`Authorization: Basic ${Buffer.from(`user:${value}`).toString('base64')}`)],
  ['in the name of the error', (value) => Object.assign(new Error('no'), { name: value })],
  ['in its cause', (value) => new Error('no', { cause: new Error('no', { cause: value }) })],
  ['in its code', (value) => Object.assign(new Error(''), { code: value })],
  ['in its stack', (value) => Object.assign(new Error('no'), { stack: value })],
  ['in one of its other properties', (value) => Object.assign(new Error('no'), { response: { value }, toString: () => value, toJSON: () => value })],
  ['in one of several errors', (value) => new AggregateError([new Error(value)])],
  ['as a text', (value) => value],
  ['in an object', (value) => ({ message: value })],
];

describe.each(QUOTED)('a value that is quoted %s', (_, quote) => {
  test.each(['issue', 'apply', 'verify', 'rollback'] as const)('by %s is not seen in the log, in an error or by CloudFormation', async (hook) => {
    let quotes = false;
    const service = await FakeService.withFirst((call) => {
      const definition = { ...ONE_ACCOUNT(call), rollback: async () => undefined };
      return quotes ? {
        ...definition,
        ...hook === 'rollback' && { verify: async () => { throw new Error('no'); } },
        [hook]: async (context: Record<string, Record<string, string> | undefined>) => {
          throw quote([context.pending, context.credential, context.current].map((one) => one?.password).join(' & '));
        },
      } : definition;
    });
    quotes = true;
    const { token, error } = await service.rotate(); // which looks at all that is written, and at all that is thrown
    service.pass(2 * HOUR);
    const again = await service.retry(token);
    expect(`${error?.message} ${again.error?.message}`).toContain('failed: ');
    await service.request('Delete');
    const everything = JSON.stringify([service.log, service.answer, error?.stack, again.error?.stack]);
    for (const form of service.secrets()) expect(everything).not.toContain(form);
  });
});

test('an id is named, as it is no secret', async () => {
  const service = await withHooks(TOKEN, () => ({ verify: async ({ credential }) => { throw new Error(`401 for ${credential.id} and ${credential.token}`); } }));
  expect((await service.rotate()).error?.message).toMatch(/verify failed: Error: 401 for tok-3 and \*\*\*/);
});

test('a hook that hangs in the first value fails the deployment in time', async () => {
  const service = new FakeService((call) => ({ ...TOKEN(call), issue: async () => new Promise(() => undefined) }));
  const started = service.now;
  expect(await service.request('Create')).toBe('FAILED');
  expect(service.answer?.Reason).toMatch(/issue did not answer in \d+ s/);
  expect(service.now - started).toBeLessThan(300 * SECOND);
});
