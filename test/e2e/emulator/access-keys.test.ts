// The emulator's IAM: access keys behave as the rotation relies on.
import { randomUUID } from 'node:crypto';
import { Credentials, Emulator } from '../harness';

let emulator: Emulator;

beforeAll(async () => { emulator = await Emulator.startEmpty(); });
afterEach(async () => emulator.controls.change({ keyPropagationMillis: 0, keysPerUser: 2 }));
afterAll(async () => emulator.stop());

interface UserKey extends Credentials {
  readonly created: Date;
}

async function newUser(): Promise<string> {
  const UserName = `user-${randomUUID()}`;
  await emulator.clients.iam.createUser({ UserName, Path: '/robots/' });
  return UserName;
}

async function newKey(UserName: string): Promise<UserKey> {
  const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName });
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey!, created: AccessKey!.CreateDate! };
}

async function identityOf(key: Credentials): Promise<string> {
  return (await emulator.clientsFor(key).sts.getCallerIdentity({})).Arn!;
}

test('a user has two keys at most, and an inactive one counts', async () => {
  const UserName = await newUser();
  const { accessKeyId } = await newKey(UserName);
  await emulator.clients.iam.updateAccessKey({ UserName, AccessKeyId: accessKeyId, Status: 'Inactive' });
  await newKey(UserName);

  await expect(newKey(UserName)).rejects.toMatchObject({ name: 'LimitExceededException' });
});

test('a user of an older account may have more, if a test says so', async () => {
  await emulator.controls.change({ keysPerUser: 3 });
  const UserName = await newUser();
  for (let i = 0; i < 3; i++) await newKey(UserName);
  await expect(newKey(UserName)).rejects.toMatchObject({ name: 'LimitExceededException' });
});

test('who may act on one user only is denied access once that user is gone', async () => {
  const [UserName, gone] = [await newUser(), 'gone'];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: `arn:aws:iam::000000000000:user/${gone}` }] });
  await emulator.clients.iam.putUserPolicy({ UserName, PolicyName: 'one', PolicyDocument });
  const { iam } = emulator.clientsFor(await newKey(UserName));
  await emulator.clients.iam.createUser({ UserName: gone });
  await expect(iam.listAccessKeys({ UserName: gone })).resolves.toMatchObject({ AccessKeyMetadata: [] });
  await emulator.clients.iam.deleteUser({ UserName: gone });
  await expect(iam.listAccessKeys({ UserName: gone })).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('a key is dated in whole seconds, and its user answers with the path', async () => {
  const UserName = await newUser();
  const key = await newKey(UserName);

  expect(key.created.getMilliseconds()).toBe(0);
  expect(await identityOf(key)).toBe(`arn:aws:iam::000000000000:user/robots/${UserName}`);
});

test('a key has no date of last use until it is used', async () => {
  const key = await newKey(await newUser());
  const lastUsed = async () => (await emulator.clients.iam.getAccessKeyLastUsed({ AccessKeyId: key.accessKeyId })).AccessKeyLastUsed;
  expect(await lastUsed()).toEqual({ Region: 'N/A', ServiceName: 'N/A' });

  await identityOf(key);

  expect(await lastUsed()).toEqual({ Region: 'us-east-1', ServiceName: 'sts', LastUsedDate: expect.any(Date) as Date });
});

test('an inactive key is refused until it is active again', async () => {
  const UserName = await newUser();
  const key = await newKey(UserName);
  const change = async (Status: 'Active' | 'Inactive') =>
    emulator.clients.iam.updateAccessKey({ UserName, AccessKeyId: key.accessKeyId, Status });

  await change('Inactive');
  await expect(identityOf(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await change('Active');
  await expect(identityOf(key)).resolves.toContain(UserName);
});

test('a deleted key is refused, in each service with the error code of that service', async () => {
  const UserName = await newUser();
  const key = await newKey(UserName);
  await emulator.clients.iam.deleteAccessKey({ UserName, AccessKeyId: key.accessKeyId });

  await expect(identityOf(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(emulator.clientsFor(key).s3.listObjectsV2({ Bucket: 'any' })).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
});

test('a user may what its policy says, and nothing more', async () => {
  const Bucket = `bucket-${randomUUID()}`;
  await emulator.clients.s3.createBucket({ Bucket });
  const UserName = await newUser();
  await emulator.clients.iam.putUserPolicy({
    UserName,
    PolicyName: 'upload',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` }] }),
  });
  const { s3 } = emulator.clientsFor(await newKey(UserName));

  await s3.putObject({ Bucket, Key: 'object', Body: 'content' });
  await expect(s3.listObjectsV2({ Bucket })).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('a key is found only under its own user', async () => {
  const { accessKeyId: AccessKeyId } = await newKey(await newUser());
  const UserName = await newUser();

  await expect(emulator.clients.iam.deleteAccessKey({ UserName, AccessKeyId })).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  await expect(emulator.clients.iam.listAccessKeys({ UserName: 'nobody' })).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  await expect(newKey('nobody')).rejects.toMatchObject({ name: 'NoSuchEntityException' });
});

test('a role of another account is assumed by whom it trusts and whose own policy allows it, with the external id that it asks for', async () => {
  const other = emulator.clientsFor({ accessKeyId: '222222222222', secretAccessKey: 'test' }); // its root user
  const UserName = await newUser();
  const { sts } = emulator.clientsFor(await newKey(UserName));
  const statement = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'sts:AssumeRole', Condition: { StringEquals: { 'sts:ExternalId': 'agreed' } } };
  await other.iam.createRole({ RoleName: 'there', AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) });
  const assume = async (ExternalId?: string) => sts.assumeRole({ RoleArn: 'arn:aws:iam::222222222222:role/there', RoleSessionName: 'test', ExternalId });

  await expect(assume('agreed')).rejects.toMatchObject({ name: 'AccessDenied' });
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] });
  await emulator.clients.iam.putUserPolicy({ UserName, PolicyName: 'assume', PolicyDocument });
  await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(assume('another')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(assume('agreed')).resolves.toMatchObject({ AssumedRoleUser: { Arn: 'arn:aws:sts::222222222222:assumed-role/there/test' } });
});

test('the list of keys comes in pages', async () => {
  const UserName = await newUser();
  const ids = [(await newKey(UserName)).accessKeyId, (await newKey(UserName)).accessKeyId];

  const page = await emulator.clients.iam.listAccessKeys({ UserName, MaxItems: 1 });
  expect(page).toMatchObject({ IsTruncated: true, AccessKeyMetadata: [{ AccessKeyId: ids[0] }] });
  const rest = await emulator.clients.iam.listAccessKeys({ UserName, MaxItems: 1, Marker: page.Marker });
  expect(rest).toMatchObject({ IsTruncated: false, AccessKeyMetadata: [{ AccessKeyId: ids[1] }] });
});

test('a new key can be unknown for a while, as IAM is eventually consistent', async () => {
  await emulator.controls.change({ keyPropagationMillis: 300 });
  const key = await newKey(await newUser());

  await expect(identityOf(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await new Promise((done) => setTimeout(done, 320));
  await expect(identityOf(key)).resolves.toContain('user/');
});

test('time can pass for a key', async () => {
  const UserName = await newUser();
  const key = await newKey(UserName);
  await identityOf(key);

  await emulator.controls.timePasses(3600, { accessKeyId: key.accessKeyId });

  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName });
  expect(AccessKeyMetadata![0].CreateDate).toEqual(new Date(key.created.getTime() - 3_600_000));
  const { AccessKeyLastUsed } = await emulator.clients.iam.getAccessKeyLastUsed({ AccessKeyId: key.accessKeyId });
  expect(AccessKeyLastUsed!.LastUsedDate!.getTime()).toBeLessThan(Date.now() - 3_590_000);
});
