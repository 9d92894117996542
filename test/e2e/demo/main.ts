/** `npm run demo`, after the set-up: tells the story on an emulator, and always stops the emulator. Its last line is what was seen, as JSON. */
import { isDeepStrictEqual } from 'node:util';
import { Progress } from './progress';
import { EXPECTED, Findings, NOTHING_SEEN, tellStory } from './story';
import { Emulator, untilInterrupted } from '../harness';

async function demo(): Promise<number> {
  const progress = new Progress();
  const findings: Findings = { ...NOTHING_SEEN };
  progress.headline('An AWS of our own, on this machine');
  let status = await untilInterrupted(async (own) => {
    const port = process.env.EMULATOR_PORT ? Number(process.env.EMULATOR_PORT) : undefined;
    const emulator = await progress.step('start the emulator: TLS, SigV4, IAM policies enforced', async () => own(Emulator.startEmpty({ port })));
    await tellStory(emulator, progress, findings);
  });
  if (status === 0 && !isDeepStrictEqual(findings, EXPECTED)) status = 1;
  process.stdout.write(`\n${JSON.stringify({ ...findings, seconds: Math.round(progress.seconds) })}\n`);
  return status;
}

// An interrupted story may still wait for an answer that never comes.
void demo().then((status) => process.exit(status));
