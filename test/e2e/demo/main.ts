/** `npm run demo`, after the set-up: tells the story on an emulator, and always stops the emulator. Its last line is what was seen, as JSON. */
import { isDeepStrictEqual } from 'node:util';
import { Emulator } from '../harness';
import { Progress } from './progress';
import { EXPECTED, Findings, NOTHING_SEEN, tellStory } from './story';

/** What a shell expects of a process that a signal has ended: 128 and the signal's number. */
const STATUS_OF = { SIGINT: 130, SIGTERM: 143 } as const;

class Interrupted extends Error {
  constructor(readonly signal: keyof typeof STATUS_OF) {
    super(`interrupted by ${signal}`);
  }
}

async function demo(): Promise<number> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => reject(new Interrupted(signal)));
  });
  const progress = new Progress();
  const findings: Findings = { ...NOTHING_SEEN };
  let emulator: Emulator | undefined;
  let status = 0;
  progress.headline('An AWS of our own, on this machine');
  try {
    const port = process.env.EMULATOR_PORT ? Number(process.env.EMULATOR_PORT) : undefined;
    const starting = progress.step('start the emulator: TLS, SigV4, IAM policies enforced', async () => {
      emulator = await Emulator.startEmpty({ port });
      return emulator;
    });
    await Promise.race([starting.then(async (started) => tellStory(started, progress, findings)), interrupted]);
  } catch (error) {
    status = error instanceof Interrupted ? STATUS_OF[error.signal] : 1;
    process.stderr.write(`\n${(error as Error).message}\n`);
  }
  await emulator?.stop();
  if (status === 0 && !isDeepStrictEqual(findings, EXPECTED)) status = 1;
  process.stdout.write(`\n${JSON.stringify({ ...findings, seconds: Math.round(progress.seconds) })}\n`);
  return status;
}

// An interrupted story may still wait for an answer that never comes.
void demo().then((status) => process.exit(status));
