/**
 * Rotations one interval after the other, while consumers use the key. Time passes in jumps: what is stored grows older. A consumer
 * that obeys the overlap reads the secret four times in it, so between two of its reads no more than a quarter of an overlap may pass.
 * Each consumer has its turn in every quarter, at another time than the others: one has read right before the rotation and uses the
 * replaced key for a whole quarter of the overlap, another reads soon after it. An interval is five quarters, so the turns go on evenly.
 * Their calls never pause, not while the function rotates either. What the function pauses between two answers of STS is a setting, and 0 here.
 */
import type { SecretVersionsListEntry } from '@aws-sdk/client-secrets-manager';
import { Consumer } from './consumer';
import { INTERVAL_SECONDS, OVERLAP_SECONDS, soakStack } from './stack';
import { memory, offences, Result, Sample } from './verdict';
import { Clients, Deployment, Emulator } from '../harness';

export interface SoakOptions {
  readonly rotations: number;
  /** These never read the secret again. */
  readonly careless?: number;
  /** A new key is refused everywhere for so long: consumers may not get it before. */
  readonly propagationMillis?: number;
  /** Other code than the project's for the function. */
  readonly code?: Uint8Array;
  /** Told after each rotation. */
  readonly tell?: (rotation: number, refused: number, sample: Sample) => void;
}

/** What the function's process may keep: so little that V8 collects garbage often, and that what leaks ends the process before the run does. */
export const HEAP_MEGABYTES = 40;
const CONSUMERS = 4;
const READS_PER_OVERLAP = 4;
const PROPAGATION_MILLIS = 200;

export async function soak(emulator: Emulator, options: SoakOptions): Promise<{ result: Result; off: string[] }> {
  const { rotations, careless = 0, propagationMillis = PROPAGATION_MILLIS, code, tell } = options;
  const stack = await emulator.deploy(soakStack);
  if (code) await emulator.clients.lambda.updateFunctionCode({ FunctionName: stack.outputs.FunctionName, ZipFile: code });
  await emulator.controls.change({ keyPropagationMillis: propagationMillis });
  let current = await currentKey(emulator, stack);
  const consumers = Array.from({ length: CONSUMERS }, (_, index) => new Consumer(emulator, stack, `consumer-${index + 1}`, () => current));
  for (const consumer of consumers) await consumer.read();
  for (const consumer of consumers) consumer.start();
  const refused = () => consumers.reduce((sum, { use }) => sum + use.refusals.length, 0);
  const samples: Sample[] = [];
  let succeeded = 0;
  try {
    for (let rotation = 1; rotation <= rotations; rotation++) {
      await emulator.controls.resetRotations();
      await emulator.controls.resetCalls();
      if ((await stack.rotate(stack.outputs.SecretArn)).ok) succeeded++;
      current = await currentKey(emulator, stack);
      samples.push(await sample(emulator, stack));
      await intervalPasses(emulator, consumers, careless);
      tell?.(rotation, refused(), samples.at(-1)!);
    }
  } finally {
    await Promise.all(consumers.map(async (consumer) => consumer.stop()));
  }
  const use = consumers.map((consumer) => consumer.use);
  const sum = (of: (one: typeof use[number]) => number) => use.reduce((total, one) => total + of(one), 0);
  const { keys, labels, labelledVersions, unlabelledVersions } = await sample(emulator, stack);
  const result: Result = {
    rotations: succeeded,
    refused: refused(),
    calls: sum(({ calls }) => calls),
    callsWithReplacedKey: sum(({ withReplaced }) => withReplaced),
    reads: sum(({ reads }) => reads),
    keys,
    labels,
    labelledVersions,
    unlabelledVersions,
    ...memory(samples),
  };
  return { result, off: offences(rotations, result, samples, use.flatMap(({ refusals }) => refusals)) };
}

/** In each part of a quarter one consumer reads the secret, and all of them use what they have read. */
async function intervalPasses(emulator: Emulator, consumers: readonly Consumer[], careless: number): Promise<void> {
  const part = OVERLAP_SECONDS / READS_PER_OVERLAP / consumers.length;
  for (let passed = 0, turn = 0; passed < INTERVAL_SECONDS; passed += part, turn = (turn + 1) % consumers.length) {
    await emulator.controls.timePasses(part);
    if (turn >= careless) await consumers[turn].read();
    await Promise.all(consumers.map(async (consumer) => consumer.made(1)));
  }
}

async function currentKey({ clients }: Emulator, { outputs }: Deployment): Promise<string> {
  const { SecretString } = await clients.secretsManager.getSecretValue({ SecretId: outputs.SecretArn });
  return (JSON.parse(SecretString!) as { aws_access_key_id: string }).aws_access_key_id;
}

async function sample({ clients, controls }: Emulator, { outputs }: Deployment): Promise<Sample> {
  const [versions, { AccessKeyMetadata = [] }, processes] = await Promise.all([
    allVersions(clients, outputs.SecretArn),
    clients.iam.listAccessKeys({ UserName: outputs.UserName }),
    controls.processes(),
  ]);
  const labelled = versions.filter(({ VersionStages = [] }) => VersionStages.length > 0);
  const own = processes.filter((running) => running.function === outputs.FunctionName);
  return {
    keys: AccessKeyMetadata.length,
    labels: labelled.flatMap(({ VersionStages }) => VersionStages!).length,
    labelledVersions: labelled.length,
    unlabelledVersions: versions.length - labelled.length,
    processes: own, // none, after a step that failed: the emulator starts another
  };
}

/** Those without a label, too. */
async function allVersions({ secretsManager }: Clients, SecretId: string): Promise<SecretVersionsListEntry[]> {
  const versions: SecretVersionsListEntry[] = [];
  let NextToken: string | undefined;
  do {
    const page = await secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true, NextToken });
    versions.push(...page.Versions ?? []);
    NextToken = page.NextToken;
  } while (NextToken);
  return versions;
}
