// Whoever may invoke the function may send it any event. What an event can make it do depends on the name that the function was called by.
import { FakeService } from './custom/fake-service';
import { LISTED_TOKEN } from './custom/kinds';
import { FakeAws, SECRET_ARN } from './fake-aws';
import type { FakeSecret } from './fake-secret';
import { FakeValues } from './fake-values';

const OTHER_SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:other-GhIjKl';
const KINDS: Record<string, () => Promise<FakeSecret<never>>> = {
  'an access key': async () => FakeAws.withFirstKey() as never,
  'a random value': async () => FakeValues.withFirstValues() as never,
  'a token': async () => FakeService.withFirst(LISTED_TOKEN) as never,
};
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** What CloudFormation would send; every field may be forged. */
const request = (RequestType: string) => ({
  RequestType,
  RequestId: 'forged',
  StackId: 'stack',
  LogicalResourceId: 'Lifecycle',
  PhysicalResourceId: 'first-value',
  ResponseURL: 'https://thief.example',
  ResourceProperties: { SecretArn: SECRET_ARN, Settings: '{"kind":"iam-key","userName":"administrator"}', SecretIsRetained: 'false' },
});
const step = (Step: unknown, SecretId: unknown = SECRET_ARN, ClientRequestToken: unknown = 'forged') => ({ Step, SecretId, ClientRequestToken });

const NOT_SERVED = /^this is not served under /;

type Case = readonly [what: string, event: unknown, alias: string | undefined, refusal: RegExp];
const all = (what: string, event: unknown, aliases: Array<string | undefined>, refusal: RegExp) => aliases
  .map((alias): Case => [what, event, alias, refusal]);
const own = (what: string, event: unknown, refusal: RegExp) => all(what, event, [undefined], refusal);

/** Each event that the function knows, by each name, unless that is where it is served. */
const EVENTS: Case[] = [
  ...['Create', 'Update', 'Delete', 'Anything']
    .flatMap((type) => all(`a request ${type}`, request(type), [undefined, '$LATEST', 'retirement', '7', 'Deployment'], NOT_SERVED)),
  ...STEPS.flatMap((one) => [
    ...all(`step ${one}`, step(one), ['deployment', 'retirement', '7'], NOT_SERVED),
    ...own(`step ${one} of another secret`, step(one, OTHER_SECRET), /^"SecretId" must be arn:\S+uploader-AbCdEf, the secret/),
    ...own(`step ${one} that nobody has registered`, step(one), /^version forged of secret \S+ is neither AWSPENDING nor/),
  ]),
  ...[undefined, 7, {}, ['createSecret'], 'toString', '__proto__'].flatMap((one) => own(`step ${JSON.stringify(one)}`, step(one), /^"Step" must be one of/)),
  ...[7, {}, '', `${SECRET_ARN}-x`, SECRET_ARN.slice(0, -7), '*'].flatMap((id) => own(`secret ${JSON.stringify(id)}`, step('createSecret', id), /^"SecretId"/)),
  ...[undefined, 7, {}, '', 'a b', 'x'.repeat(65)].flatMap((ClientRequestToken) => own(
    `token ${JSON.stringify(ClientRequestToken)}`, { Step: 'createSecret', SecretId: SECRET_ARN, ClientRequestToken }, /^"ClientRequestToken" must be/)),
  ...all('retire', { Action: 'retire', KeyId: 'AKIAIOSFODNN7EXAMPLE' }, [undefined, '$LATEST', 'deployment', '7'], NOT_SERVED),
  ...all('retireDue', { Action: 'retireDue' }, ['retirement', 'deployment', '7'], NOT_SERVED),
  ...[{ Action: 'retireAll' }, {}, null, undefined, 'text', 7, []]
    .flatMap((event) => all(JSON.stringify(event), event, [undefined, 'deployment', 'retirement'], NOT_SERVED)),
];

describe.each(Object.keys(KINDS))('the function of %s', (kind) => {
  test.each(EVENTS)('refuses %s, and neither reads nor changes anything (%#)', async (_, event, alias, message) => {
    const secret = await KINDS[kind]();
    const before = JSON.stringify([...secret.versions].map(([id, { text, labels }]) => [id, text, [...labels]]));
    const fetched = jest.spyOn(global, 'fetch').mockImplementation(async () => new Response());
    try {
      await expect(secret.invoke(event, alias)).rejects.toThrow(message);
      expect(fetched).not.toHaveBeenCalled();
    } finally {
      fetched.mockRestore();
    }
    expect(secret.calls.filter((call) => call !== 'DescribeSecret')).toEqual([]); // which tells whether a rotation is under way
    expect(JSON.stringify([...secret.versions].map(([id, { text, labels }]) => [id, text, [...labels]]))).toBe(before);
    expect(secret.log).toHaveLength(1);
  });
});

test.each(STEPS)('a step %s that is sent by hand while a rotation is under way does what Secrets Manager would have it do, and no more', async (one) => {
  const aws = await FakeAws.withFirstKey();
  aws.register('under-way');
  for (const earlier of STEPS.slice(0, STEPS.indexOf(one))) await aws.step(earlier, 'under-way');
  await aws.invoke({ ...step(one, SECRET_ARN, 'under-way'), userName: 'administrator', Settings: '{}', ResponseURL: 'https://thief.example' });
  expect([...aws.keys.values()].every(({ user }) => user === aws.settings.userName)).toBe(true);
  expect(aws.keys.get(aws.keyId('AWSCURRENT')!)?.active).toBe(true);
});
