/**
 * The life of an access key, on examples/typescript/quick-start: deployed, used, rotated, refused, rotated again, destroyed. Every
 * answer is computed from what was seen. No secret value is shown.
 */
import { join } from 'node:path';
import { type Credentials, Deployment, Emulator } from '../harness';
import { Progress } from './progress';

/** What the demo has seen. */
export interface Findings {
  rotations: number;
  currentKeyAnswers: boolean;
  previousKeyAnswers: boolean;
  olderKeyRefused: boolean;
  inUseRefused: boolean;
  extraFieldKept: boolean;
  /** Not known until the end. */
  leftBehind: number | null;
}

export const NOTHING_SEEN: Findings = {
  rotations: 0,
  currentKeyAnswers: false,
  previousKeyAnswers: false,
  olderKeyRefused: false,
  inUseRefused: false,
  extraFieldKept: false,
  leftBehind: null,
};

export const EXPECTED: Findings = {
  rotations: 2,
  currentKeyAnswers: true,
  previousKeyAnswers: true,
  olderKeyRefused: true,
  inUseRefused: true,
  extraFieldKept: true,
  leftBehind: 0,
};

const QUICK_START = join(__dirname, '../../../examples/typescript/quick-start');
/** A number that JSON.parse would change: kept means kept to the letter. */
const EXTRA_FIELD = '"customerNumber": 12345678901234567890';

export async function tellStory(emulator: Emulator, progress: Progress, findings: Findings): Promise<void> {
  await progress.step('cdk bootstrap', async () => emulator.bootstrap());

  progress.headline('Deploy: a bucket, a user who may write to it, and the user\'s key in a secret');
  const stack = await progress.step('cdk deploy QuickStart', async () => emulator.deployDirectory(QUICK_START));
  const first = await currentKey(emulator, stack);
  findings.currentKeyAnswers = await answers(emulator, stack, first);
  progress.seen(`the deployment has ended, and key ${first.accessKeyId} of the secret writes and reads an object`, findings.currentKeyAnswers);
  await addField(emulator, stack);
  progress.seen(`somebody puts a field of their own into the secret: ${EXTRA_FIELD}`, true);

  progress.headline('Rotate: a new key, and the replaced one lives on');
  findings.rotations += Number(await rotate(stack, progress));
  const second = await currentKey(emulator, stack);
  findings.currentKeyAnswers &&= second.accessKeyId !== first.accessKeyId && await answers(emulator, stack, second);
  progress.seen(`the new key ${second.accessKeyId} answers`, findings.currentKeyAnswers);
  findings.previousKeyAnswers = await answers(emulator, stack, first);
  progress.seen(`the replaced key ${first.accessKeyId} still does`, findings.previousKeyAnswers);

  progress.headline('Rotate again at once: that would need the place of a key that is still in use');
  findings.inUseRefused = await isRefused(stack, progress);

  progress.headline('Deploy again: no overlap, and a replaced key may go even if it is in use');
  await progress.step('cdk deploy QuickStart -c overlapHours=0 -c evenIfInUse=true',
    async () => stack.updateDirectory(QUICK_START, { overlapHours: '0', evenIfInUse: 'true' }));
  findings.rotations += Number(await rotate(stack, progress));
  const third = await currentKey(emulator, stack);
  const thirdAnswers = third.accessKeyId !== second.accessKeyId && await answers(emulator, stack, third);
  findings.currentKeyAnswers &&= progress.seen(`the new key ${third.accessKeyId} answers`, thirdAnswers);
  findings.previousKeyAnswers &&= progress.seen(`the replaced key ${second.accessKeyId} still does`, await answers(emulator, stack, second));
  const refusal = await refusalOf(emulator, stack, first);
  findings.olderKeyRefused = refusal === 'InvalidAccessKeyId'; // S3's own word for a key that does not exist
  progress.seen(`the first key ${first.accessKeyId} is refused: ${refusal ?? 'it answers'}`, findings.olderKeyRefused);
  findings.extraFieldKept = (await secretText(emulator, stack)).includes(EXTRA_FIELD);
  progress.seen('the field that somebody put into the secret is still there, to the letter', findings.extraFieldKept);

  progress.headline('Destroy: nothing is left');
  await emptyBucket(emulator, stack);
  await progress.step('cdk destroy QuickStart', async () => stack.destroy());
  const left = await stack.leftBehind();
  findings.leftBehind = left.length;
  progress.seen(left.length === 0 ? 'no user, key, secret, function, role, bucket or log group is left' : `left behind: ${left.join(', ')}`, left.length === 0);
}

async function rotate(stack: Deployment, progress: Progress): Promise<boolean> {
  const { ok, steps } = await progress.step('RotateSecret', async () => stack.rotate(stack.outputs.SecretArn));
  for (const { step, error } of steps) progress.seen(error === undefined ? step : `${step}: ${error}`, error === undefined);
  return ok;
}

/** Rotates, and shows the function's own line that says why it will not. */
async function isRefused(stack: Deployment, progress: Progress): Promise<boolean> {
  const { ok, token } = await progress.step('RotateSecret', async () => stack.rotate(stack.outputs.SecretArn));
  const lines = await stack.logLines(await stack.physicalIds('AWS::Lambda::Function').then(([name]) => name));
  const line = lines.find((found) => found.token === token && JSON.stringify(found).includes('still in use'));
  progress.seen('the rotation is refused; the function\'s log says', !ok && line !== undefined);
  progress.quote(JSON.stringify(line));
  return !ok && line !== undefined;
}

async function secretText(emulator: Emulator, stack: Deployment): Promise<string> {
  const { SecretString } = await emulator.clients.secretsManager.getSecretValue({ SecretId: stack.outputs.SecretArn, VersionStage: 'AWSCURRENT' });
  return SecretString!;
}

async function currentKey(emulator: Emulator, stack: Deployment): Promise<Credentials> {
  const fields = JSON.parse(await secretText(emulator, stack)) as Record<string, string>;
  return { accessKeyId: fields.aws_access_key_id, secretAccessKey: fields.aws_secret_access_key };
}

/** Edits the secret as people do: a field more, everything else as it was. */
async function addField(emulator: Emulator, stack: Deployment): Promise<void> {
  const SecretString = (await secretText(emulator, stack)).replace('{', `{${EXTRA_FIELD}, `);
  await emulator.clients.secretsManager.putSecretValue({ SecretId: stack.outputs.SecretArn, SecretString });
}

/** Whether a key does what its user may: write an object into the bucket, and read it. */
async function answers(emulator: Emulator, stack: Deployment, key: Credentials): Promise<boolean> {
  return await refusalOf(emulator, stack, key) === undefined;
}

async function refusalOf(emulator: Emulator, stack: Deployment, key: Credentials): Promise<string | undefined> {
  const { s3 } = emulator.clientsFor(key);
  const object = { Bucket: stack.outputs.BucketName, Key: `written-by-${key.accessKeyId}` };
  try {
    await s3.putObject({ ...object, Body: key.accessKeyId });
    const { Body } = await s3.getObject(object);
    return await Body!.transformToString() === key.accessKeyId ? undefined : 'another object';
  } catch (error) {
    return (error as Error).name;
  }
}

async function emptyBucket(emulator: Emulator, stack: Deployment): Promise<void> {
  const Bucket = stack.outputs.BucketName;
  const { Contents = [] } = await emulator.clients.s3.listObjectsV2({ Bucket });
  for (const { Key } of Contents) await emulator.clients.s3.deleteObject({ Bucket, Key });
}
