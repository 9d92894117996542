import { ADMIN_KEY, ADMIN_SECRET_ARN, ASSUMED, DAY, FakeAws, SECRET_ARN } from './fake-aws';
import type { IamKeySettings } from '../../src/private/settings';

const COMPACT = { accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn' };

/** A secret with a key that its user has, under this authority. */
async function adopted(settings: Partial<IamKeySettings>) {
  const aws = new FakeAws(settings);
  const key = aws.makeKey();
  const { accessKeyId, secretAccessKey } = aws.settings.fields;
  aws.put('adopted-version', JSON.stringify({ [accessKeyId]: key.id, [secretAccessKey]: key.secret, token: 'kept' }), ['AWSCURRENT']);
  aws.rotatedBy = undefined;
  expect(await aws.request('Create')).toBe('SUCCESS');
  return { aws, key };
}

const AUTHORITIES: Array<[string, IamKeySettings['authority'], (keys: string[]) => string[]]> = [
  ['the execution role', { kind: 'executionRole' }, () => ['execution role']],
  ['the key itself', { kind: 'ownKey' }, (keys) => keys],
  ['an administrator\'s key', { kind: 'adminSecret', secretArn: ADMIN_SECRET_ARN, fields: COMPACT }, () => [ADMIN_KEY.accesskey]],
  ['a role', { kind: 'assumedRole', roleArn: 'arn:aws:iam::999999999999:role/keys', externalId: 'some-id' }, () => [ASSUMED]],
];

test.each(AUTHORITIES)('%s alone calls IAM, from adoption through rotations to the end', async (_who, authority, callers) => {
  const { aws, key } = await adopted({ authority });
  const current = [key.id];
  for (let rotation = 0; rotation < 3; rotation++) {
    expect((await aws.rotate()).error).toBeUndefined();
    current.push(aws.keyId('AWSCURRENT')!);
    aws.pass(30 * DAY);
  }
  expect(aws.keyIds()).toEqual(current.slice(-2));
  expect(JSON.parse(aws.text('AWSCURRENT')!).token).toBe('kept');
  expect(await aws.request('Delete')).toBe('SUCCESS');
  expect(aws.keyIds()).toEqual([]);
  expect([...aws.iamCallers].sort()).toEqual(callers(current).sort());
});

test('a role is assumed with the external id', async () => {
  const { aws } = await adopted({ authority: AUTHORITIES[3][1] });
  expect(aws.assumed[0]).toMatchObject({ RoleArn: 'arn:aws:iam::999999999999:role/keys', ExternalId: 'some-id' });
});

test.each<[string, IamKeySettings['authority'], string]>([
  ['the administrator\'s secret', { kind: 'adminSecret', secretArn: ADMIN_SECRET_ARN, fields: COMPACT }, ADMIN_SECRET_ARN],
  ['the secret itself', { kind: 'executionRole' }, SECRET_ARN],
])('the field for it names %s', async (_what, authority, arn) => {
  const { aws } = await adopted({ authority, fields: COMPACT });
  await aws.rotate();
  expect(JSON.parse(aws.text('AWSCURRENT')!).masterarn).toBe(arn);
});

describe('the key itself', () => {
  test('needs a secret that holds a key', async () => {
    const aws = new FakeAws({ authority: { kind: 'ownKey' } });
    expect(await aws.request('Create')).toBe('FAILED');
    expect(aws.answer!.Reason).toMatch(/must hold a key of its user already, and it holds none: put one into it, or deploy with RotationAuthority.executionRole\(\) first/);
    expect(aws.keyIds()).toEqual([]);
  });

  test.each(['is gone', 'is inactive'])('that %s is an error that says the way out, and nothing is changed', async (what) => {
    const { aws, key } = await adopted({ authority: { kind: 'ownKey' } });
    if (what === 'is gone') aws.keys.delete(key.id); else key.active = false;
    const before = aws.labels();
    const { token, error } = await aws.rotate();
    expect(error?.message).toMatch(/InvalidClientTokenId.*no other can call IAM: activate it, or let an administrator make a key for user "uploader"/);
    expect(aws.labels().filter((label) => label !== 'AWSPENDING')).toEqual(before);

    const next = aws.makeKey(); // an administrator follows the advice
    aws.edit((value) => Object.assign(value, { aws_access_key_id: next.id, aws_secret_access_key: next.secret }));
    expect((await aws.retry(token)).error).toBeUndefined();
  });

  test('goes last when the secret is deleted, also after a death at any call', async () => {
    for (let nth = 1; nth < 20; nth++) {
      for (const when of ['before', 'after'] as const) {
        const { aws } = await adopted({ authority: { kind: 'ownKey' } });
        await aws.rotate();
        aws.fail({ action: '*', nth, when, does: 'die' });
        await aws.request('Delete', { RequestId: 'the-request' }).catch(() => undefined);
        aws.heal();
        expect(await aws.request('Delete', { RequestId: 'the-request' })).toBe('SUCCESS');
        expect(aws.keyIds()).toEqual([]);
      }
    }
  });

  test('goes last also if a look at the labels is of before the last rotation', async () => {
    for (let nth = 1; nth < 8; nth++) {
      const { aws } = await adopted({ authority: { kind: 'ownKey' } });
      await aws.rotate();
      const [current, previous] = [aws.versionWith('AWSCURRENT')!, aws.versionWith('AWSPREVIOUS')!];
      const labels = [...aws.versions.get(current)!.labels];
      aws.fail({
        action: 'DescribeSecret',
        nth,
        when: 'before',
        does: () => {
          aws.label('AWSCURRENT', previous);
          aws.versions.get(current)!.labels.clear();
        },
      });
      aws.fail({ action: 'DescribeSecret', nth, when: 'after', does: () => labels.forEach((label) => aws.label(label, current)) });
      expect(await aws.request('Delete')).toBe('SUCCESS');
      expect(aws.keyIds()).toEqual([]);
    }
  });
});

test('an administrator\'s secret without a key is named, and not what it holds', async () => {
  const aws = new FakeAws({ authority: { kind: 'adminSecret', secretArn: ADMIN_SECRET_ARN, fields: COMPACT } });
  aws.adminText = '{"password":"the-admin-secret"}';
  expect(await aws.request('Create')).toBe('FAILED');
  expect(aws.answer!.Reason).toContain(`the administrator's secret ${ADMIN_SECRET_ARN} has no fields "accesskey" and "secretkey"`);
});

test('who is denied access is told that the user may be gone: of such a one IAM says no more to who may act on it alone', async () => {
  const { aws } = await adopted({});
  aws.fail({ action: 'ListAccessKeys', when: 'before', does: 'AccessDeniedException' });
  expect((await aws.rotate()).error!.message).toMatch(/a permissions boundary.*; or the user does not exist \(any more\): create it again/);
});
