// What deployments do: the first credential, taking over one that is there, and what goes when the stack goes.
import { DAY, Define, FakeService, OVERLAP } from './fake-service';
import { LISTED_TOKEN, ONE_ACCOUNT, TOKEN, TWO_ACCOUNTS } from './kinds';
import { CredentialDefinition, RejectedForGood } from '../../../lambda/custom/definition';

function withHooks(define: Define, hooks: Partial<CredentialDefinition>): Define {
  return (call) => ({ ...define(call), ...hooks });
}

describe('the first credential', () => {
  test.each([['a token', LISTED_TOKEN], ['a password of two accounts', TWO_ACCOUNTS], ['a password of one account', ONE_ACCOUNT]])(
    'is made, tried and handed out at the deployment: %s', async (_, define) => {
      const service = new FakeService(define);
      service.mayRefuseWhilePending = true;
      expect(await service.request('Create')).toBe('SUCCESS');
      expect(Object.keys(service.value())).toEqual(define === LISTED_TOKEN ? ['id', 'token'] : ['username', 'password']);
      expect(service.currentWorks()).toBe(true);
      expect(service.versionWith('AWSPENDING')).toBeUndefined();
      expect(await service.request('Update')).toBe('SUCCESS');
      expect(service.calls.filter((call) => /Issue|NewPassword/.test(call))).toHaveLength(1);
    });

  test('is waited for as long as the service does not know it', async () => {
    const service = new FakeService(TOKEN);
    service.propagationMillis = 30_000;
    expect(await service.request('Create')).toBe('SUCCESS');
    expect(service.tokens.size).toBe(1);
  });

  test.each<[string, Define]>([
    ['it cannot be made', withHooks(LISTED_TOKEN, { issue: async () => { throw new Error('no'); } })],
    ['it does not work', withHooks(LISTED_TOKEN, { verify: async () => { throw new Error('no'); } })],
    ['it will never work', withHooks(LISTED_TOKEN, { verify: async () => { throw new RejectedForGood('no'); } })],
    ['the service cannot be asked for what it keeps', withHooks(LISTED_TOKEN, { list: async () => { throw new Error('no'); } })],
  ])('leaves nothing at the service if %s', async (_, define) => {
    const service = new FakeService(define);
    expect(await service.request('Create')).toBe('FAILED');
    expect(service.answer?.Reason).toContain(' failed: ');
    const { PhysicalResourceId } = service.answer!;
    service.mayRevokeAll = true;
    expect(await service.request('Delete', { PhysicalResourceId })).toBe('SUCCESS');
    expect(service.tokens.size).toBe(0);
  });

  test('that could not be made does not keep its stack from being deleted while the service is down, and the log tells what may be left', async () => {
    let isDown = false;
    const down = async () => { isDown = true; throw new Error('503'); };
    const service = new FakeService((call) => ({ ...LISTED_TOKEN(call), issue: down, ...isDown && { list: down } }));
    expect(await service.request('Create')).toBe('FAILED');
    expect(await service.request('Delete', { PhysicalResourceId: service.answer!.PhysicalResourceId })).toBe('SUCCESS');
    expect(service.log).toContainEqual(expect.objectContaining({ why: 'what an attempt may have left at the service is not revoked: list failed: Error: 503' }));
  });

  test('leaves nothing at the service wherever the function dies, if the service can list', async () => {
    for (let nth = 1; nth < 24; nth++) {
      const service = new FakeService(LISTED_TOKEN);
      service.fail({ action: '*', nth, when: 'after', does: 'die' });
      await service.request('Create').catch(() => undefined);
      service.heal();
      service.mayRevokeAll = true;
      expect(await service.request('Delete')).toBe('SUCCESS');
      expect(service.tokens.size).toBe(0);
    }
  });
});

describe('a secret that holds a credential already', () => {
  function existing(text: (service: FakeService) => string, define: Define = LISTED_TOKEN) {
    const service = new FakeService(define);
    service.put('existing', text(service), ['AWSCURRENT']);
    service.currentWorks = () => true; // what is wrong with it is not ours
    service.rotatedBy = undefined;
    return service;
  }

  test('keeps it, if it works, and its first rotation keeps every other field, and the credential for its overlap', async () => {
    const text = ({ id, token }: { id: string; token: string }) => `{ "token":${JSON.stringify(token)}, "id" : "${id}" , "big": 12345678901234567890 }`;
    const service = existing((fake) => text(fake.makeToken()));
    const before = service.text('AWSCURRENT');
    const { id } = service.value();
    expect(await service.request('Create')).toBe('SUCCESS');
    expect(service.text('AWSCURRENT')).toBe(before);
    expect(service.labels()).toContain(`credential-${id}`);

    expect((await service.rotate()).error).toBeUndefined();
    expect(service.text('AWSCURRENT')).toBe(text({ id: service.value().id, token: service.value().token }));
    service.pass(OVERLAP - DAY);
    expect((await service.rotate()).error?.message).toContain(`credential-${id} is replaced, and kept until`);
    expect(service.tokens.has(id)).toBe(true);
  });

  test.each<[string, (service: FakeService) => string, RegExp]>([
    ['does not work', () => '{"id":"tok-0","token":"a token of old"}', /the credential that the secret holds already does not work: verify failed: Unauthorized: no such token: \*\*\*$/],
    ['is half there', () => '{"id":"tok-0"}', /the secret's field "token" is missing: put a whole credential into it, or remove its fields \(id, token\), so that one is made/],
    ['is empty in part', () => '{"id":"tok-0","token":""}', /the secret's field "token" is not a text, or empty/],
    ['has an id that cannot be a label', () => '{"id":"a b","token":"a token of old"}', /the secret's field "id" is no id/],
    ['stands there twice', () => '{"id":"tok-0","token":"a token of old","id":"tok-1"}', /the secret has the field "id" twice: remove one/],
    ['is not in JSON', () => 'a token of old', /the secret is not JSON: store a JSON object/],
  ])('that %s fails the deployment, and stays as it is', async (_, text, reason) => {
    const service = existing(text);
    service.value = () => ({});
    const before = service.text('AWSCURRENT');
    expect(await service.request('Create')).toBe('FAILED');
    expect(service.answer?.Reason).toMatch(reason);
    expect(service.answer?.Reason).not.toContain('a token of old');
    expect(service.text('AWSCURRENT')).toBe(before);
    expect(service.tokens.size).toBe(0);
    expect(service.answer?.PhysicalResourceId).toBe('nothing-made');
  });

  test('gets its credential beside what it holds, if it holds none', async () => {
    const service = existing(() => '{ "service": "https://service.example" }');
    expect(await service.request('Create')).toBe('SUCCESS');
    expect(service.value()).toMatchObject({ service: 'https://service.example', id: service.tokens.keys().next().value });
  });
});

describe('when the secret is deleted', () => {
  test('everything goes, also what an attempt has left that died, and the current credential last, as the service asks for it', async () => {
    const service = await FakeService.withFirst(LISTED_TOKEN);
    service.asksForToken = true;
    service.mostTokens = 4;
    await service.rotate();
    service.makeToken();
    service.mayRevokeAll = true;
    const current = service.value().id;
    expect(await service.request('Delete')).toBe('SUCCESS');
    expect(service.tokens.size).toBe(0);
    expect(service.inputs.filter(({ action }) => action === 'RevokeToken').at(-1)?.input.id).toBe(current);
  });

  test('a rotation that is under way ends, and its credential goes, too', async () => {
    const service = await FakeService.withFirst(TOKEN);
    service.register('token');
    await service.step('createSecret', 'token');
    service.mayRevokeAll = true;
    expect(await service.request('Delete')).toBe('SUCCESS');
    expect(service.versionWith('AWSPENDING')).toBeUndefined();
    expect(service.tokens.size).toBe(0);
  });

  test('everything stays with a secret that is retained', async () => {
    const service = await FakeService.withFirst(LISTED_TOKEN);
    expect(await service.request('Delete', { retained: true })).toBe('SUCCESS');
    expect(service.tokens.size).toBe(1);
    expect(service.currentWorks()).toBe(true);
  });

  test.each([['list', { list: async () => { throw new Error('503'); } }], ['revoke', { revoke: async () => { throw new Error('503'); } }]])(
    'and %s fails, the deletion fails, and may be tried again', async (hook, broken) => {
      let isBroken = false;
      const service = await FakeService.withFirst((call) => ({ ...LISTED_TOKEN(call), ...isBroken && broken }));
      isBroken = true;
      service.mayRevokeAll = true;
      expect(await service.request('Delete')).toBe('FAILED');
      expect(service.answer?.Reason).toMatch(new RegExp(`${hook}.* failed: Error: 503`));
      isBroken = false;
      expect(await service.request('Delete')).toBe('SUCCESS');
      expect(service.tokens.size).toBe(0);
    });

  test('and holds nothing that can be read any more, what its labels tell goes', async () => {
    const service = await FakeService.withFirst(TOKEN);
    service.versions.set('binary', { binary: true, createdAt: service.now, labels: new Set() });
    service.label('AWSCURRENT', 'binary');
    Object.assign(service, { currentWorks: () => true, value: () => ({}), mayRevokeAll: true });
    expect(await service.request('Delete')).toBe('SUCCESS');
    expect(service.tokens.size).toBe(0);
  });
});

describe('without room at the service', () => {
  test('a rotation is refused, with the date from which on there is some, and ends', async () => {
    const service = await FakeService.withFirst(LISTED_TOKEN);
    const { id } = service.value();
    await service.rotate();
    const until = new Date(service.now + OVERLAP).toISOString().slice(0, 10);
    const before = service.text('AWSCURRENT');
    const { error } = await service.rotate();
    expect(error?.message).toMatch(new RegExp(`abandoned: the service keeps 2 credentials, and there is no room for a new one: credential-${id} is replaced, and kept until ${until}T.*Rotate later, deploy with a shorter .overlap., or raise "limit" if the service keeps more`));
    expect(service.versionWith('AWSPENDING')).toBeUndefined();
    expect(service.text('AWSCURRENT')).toBe(before);
    expect(service.violations).toEqual([]);
  });

  test.each([[2, 0], [3, 1], [4, 2]])('a limit of %d lets %d credentials live beside the current and the new one', async (limit, more) => {
    const service = await FakeService.withFirst((call) => ({ ...LISTED_TOKEN(call), limit }));
    service.mostTokens = limit;
    for (let n = 0; n <= more; n++) expect((await service.rotate()).error).toBeUndefined();
    expect((await service.rotate()).error?.name).toBe('Abandoned');
    expect(service.tokens.size).toBe(limit);
    service.pass(30 * DAY);
    expect((await service.rotate()).error).toBeUndefined();
    expect(service.tokens.size).toBe(2);
    expect(service.violations).toEqual([]);
  });

  test('the highest limit fits into the labels of a secret', async () => {
    const service = await FakeService.withFirst((call) => ({ ...LISTED_TOKEN(call), limit: 7 }));
    service.mostTokens = 7;
    for (let n = 1; n < 7; n++) expect((await service.rotate()).error).toBeUndefined();
    expect((await service.rotate()).error?.name).toBe('Abandoned');
    expect(service.labels().length + 1).toBeLessThanOrEqual(19); // one is left to people
  });

  test('no overlap at all makes room at once', async () => {
    const service = await FakeService.withFirst(TOKEN, { overlapSeconds: 0 });
    service.mayRevokeAll = true;
    for (let n = 0; n < 4; n++) expect((await service.rotate()).error).toBeUndefined();
    expect(service.tokens.size).toBe(2);
  });
});

test('a rotation makes no call without a reason', async () => {
  const service = await FakeService.withFirst(LISTED_TOKEN);
  await service.rotate();
  service.pass(30 * DAY);
  service.calls.length = 0;
  await service.rotate();
  expect(service.calls).toEqual([
    // createSecret: whose turn is it, is there a value already, what is current; what the service keeps, as told by the current one
    'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'DescribeSecret', 'DescribeSecret', 'ListTokens',
    // the old one goes: still neither current nor pending? – and now? – what it was – goes, and its two labels
    'DescribeSecret', 'DescribeSecret', 'DescribeSecret', 'GetSecretValue', 'RevokeToken', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
    // the new one: is it new to the secret? – still pending? – stored
    'IssueToken', 'DescribeSecret', 'DescribeSecret', 'PutSecretValue',
    // setSecret
    'DescribeSecret',
    // testSecret
    'DescribeSecret', 'GetSecretValue', 'DescribeSecret', 'TryToken', 'UpdateSecretVersionStage',
    // finishSecret: edited meanwhile? – replaced since – current – pending no more
    'DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage',
  ]);
});
