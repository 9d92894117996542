// The emulator's Secrets Manager: versions and staging labels behave as the rotation relies on.
import { randomUUID } from 'node:crypto';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { Emulator } from '../harness';

let emulator: Emulator;
let api: SecretsManager;

beforeAll(async () => {
  emulator = await Emulator.startEmpty();
  api = emulator.clients.secretsManager;
});
afterAll(async () => emulator.stop());

/** A secret with one value, which is current. */
async function newSecret(SecretString: string | undefined = 'first'): Promise<{ SecretId: string; first: string }> {
  const { ARN, VersionId } = await api.createSecret({ Name: randomUUID(), SecretString });
  return { SecretId: ARN!, first: VersionId! };
}

async function put(SecretId: string, ...VersionStages: string[]): Promise<string> {
  const { VersionId } = await api.putSecretValue({ SecretId, SecretString: randomUUID(), VersionStages });
  return VersionId!;
}

async function stages(SecretId: string): Promise<Record<string, string[]>> {
  return (await api.describeSecret({ SecretId })).VersionIdsToStages!;
}

test('a new secret tells when it was made, to the millisecond, and that nothing rotates it', async () => {
  const before = Date.now();
  const { SecretId, first } = await newSecret();

  const { CreatedDate, RotationEnabled, VersionIdsToStages } = await api.describeSecret({ SecretId });
  expect(CreatedDate!.getTime()).toBeGreaterThanOrEqual(before - 1);
  expect(CreatedDate!.getTime()).toBeLessThanOrEqual(Date.now() + 1);
  expect(RotationEnabled).toBe(false);
  expect(VersionIdsToStages).toEqual({ [first]: ['AWSCURRENT'] });
});

test('the first value of a secret without one becomes current by itself', async () => {
  const { ARN } = await api.createSecret({ Name: randomUUID() });
  expect((await api.describeSecret({ SecretId: ARN })).VersionIdsToStages).toEqual({});

  const version = await put(ARN!, 'AWSPENDING');

  expect((await stages(ARN!))[version]).toEqual(expect.arrayContaining(['AWSCURRENT', 'AWSPENDING']));
});

test('a token stands for one value: the same is accepted again, another is refused', async () => {
  const { SecretId } = await newSecret();
  const value = { SecretId, ClientRequestToken: randomUUID(), SecretString: 'one', VersionStages: ['AWSPENDING'] };
  await api.putSecretValue(value);

  await expect(api.putSecretValue(value)).resolves.toMatchObject({ VersionId: value.ClientRequestToken });
  await expect(api.putSecretValue({ ...value, SecretString: 'two' })).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('a value can be stored under AWSPENDING and a label of its own, and a label that moves leaves where it was', async () => {
  const { SecretId, first } = await newSecret();
  const second = await put(SecretId, 'AWSPENDING', 'mine');

  const third = await put(SecretId, 'AWSPENDING');

  expect(await stages(SecretId)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['mine'], [third]: ['AWSPENDING'] });
});

test('AWSCURRENT moves only from where it is, and AWSPREVIOUS goes to the version that it leaves', async () => {
  const { SecretId, first } = await newSecret();
  const second = await put(SecretId, 'AWSPENDING');
  const third = await put(SecretId, 'other');
  const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: second };

  await expect(api.updateSecretVersionStage(move)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(api.updateSecretVersionStage({ ...move, RemoveFromVersionId: third })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await api.updateSecretVersionStage({ ...move, RemoveFromVersionId: first });
  expect(await stages(SecretId)).toMatchObject({ [first]: ['AWSPREVIOUS'], [second]: ['AWSPENDING', 'AWSCURRENT'] });

  await api.updateSecretVersionStage({ ...move, MoveToVersionId: third, RemoveFromVersionId: second });
  expect(await stages(SecretId)).toEqual({ [second]: ['AWSPENDING', 'AWSPREVIOUS'], [third]: ['other', 'AWSCURRENT'] });
});

test('AWSCURRENT cannot be taken off', async () => {
  const { SecretId, first } = await newSecret();

  await expect(api.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', RemoveFromVersionId: first }))
    .rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('a label of one\'s own is put on, moved and taken off only by naming the version that wears it', async () => {
  const { SecretId, first } = await newSecret();
  const second = await put(SecretId, 'AWSPENDING');
  const label = { SecretId, VersionStage: 'mine' };

  await expect(api.updateSecretVersionStage({ ...label, RemoveFromVersionId: first })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await api.updateSecretVersionStage({ ...label, MoveToVersionId: first });
  await expect(api.updateSecretVersionStage({ ...label, MoveToVersionId: second })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await api.updateSecretVersionStage({ ...label, MoveToVersionId: second, RemoveFromVersionId: first });
  expect((await stages(SecretId))[second]).toContain('mine');
  await api.updateSecretVersionStage({ ...label, RemoveFromVersionId: second });
  expect(await stages(SecretId)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
});

test('a version without a label is kept, and listed only when asked for', async () => {
  const { SecretId, first } = await newSecret();
  await put(SecretId, 'AWSCURRENT');
  await put(SecretId, 'AWSCURRENT');

  await expect(api.getSecretValue({ SecretId, VersionId: first })).resolves.toMatchObject({ SecretString: 'first' });
  const ids = async (IncludeDeprecated: boolean) =>
    (await api.listSecretVersionIds({ SecretId, IncludeDeprecated })).Versions!.map(({ VersionId }) => VersionId);
  expect(await ids(false)).not.toContain(first);
  expect(await ids(true)).toContain(first);
});

test('a secret carries twenty labels at most', async () => {
  const { SecretId, first } = await newSecret();
  const add = async (label: string) => api.updateSecretVersionStage({ SecretId, VersionStage: label, MoveToVersionId: first });
  for (let label = 1; label < 20; label++) await add(`label-${label}`);

  await expect(add('one-too-many')).rejects.toMatchObject({ name: 'LimitExceededException' });
});

test('a value asked for by version and label is refused if the version does not wear the label', async () => {
  const { SecretId, first } = await newSecret();

  await expect(api.getSecretValue({ SecretId, VersionId: first, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await expect(api.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a replica is in sync, unless a test says otherwise', async () => {
  const { SecretId } = await newSecret();
  await api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] });
  const status = async () => (await api.describeSecret({ SecretId })).ReplicationStatus!.map(({ Status }) => Status);
  expect(await status()).toEqual(['InSync']);
  await emulator.controls.change({ replicaStatus: { 'eu-west-1': 'Failed' } });
  expect(await status()).toEqual(['Failed']);
});

test('of the versions without a label the newest hundred stay, however they have lost it', async () => {
  const { SecretId, first } = await newSecret();
  for (let version = 0; version < 102; version++) await put(SecretId, 'label');
  await api.updateSecretVersionStage({ SecretId, VersionStage: 'another', MoveToVersionId: first });

  const page = async (NextToken?: string) => api.listSecretVersionIds({ SecretId, IncludeDeprecated: true, NextToken });
  const start = await page();
  const versions = [...start.Versions!, ...(await page(start.NextToken)).Versions!];
  expect(versions.filter(({ VersionStages = [] }) => VersionStages.length === 0)).toHaveLength(100);
});
