/** `npm run test:soak`, after the set-up: soaks on an emulator, and always stops it. Its last line is JSON. */
import { parseArgs } from 'node:util';
import { HEAP_MEGABYTES, soak } from './soak';
import { megabytes } from './verdict';
import { Emulator, untilInterrupted } from '../harness';

/** scripts/test-soak.mjs has checked it. */
const { values } = parseArgs({ options: { rotations: { type: 'string', default: '300' } } });
const rotations = Number(values.rotations);
const PROGRESS_LINES = 30;

async function main(): Promise<number> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const every = Math.max(1, Math.floor(rotations / PROGRESS_LINES));
  let result: Awaited<ReturnType<typeof soak>> | undefined;
  const status = await untilInterrupted(async (own) => {
    const emulator = await own(Emulator.startEmpty({ functionHeapMegabytes: HEAP_MEGABYTES }));
    await emulator.bootstrap();
    result = await soak(emulator, {
      rotations,
      tell: (rotation, refused, sample) => {
        if (rotation % every !== 0 && rotation !== rotations) return;
        const { keys, labels, labelledVersions, unlabelledVersions } = sample;
        process.stdout.write(`${String(seconds()).padStart(5)} s  rotation ${rotation} of ${rotations}: ${refused} calls refused, ${keys} keys, ${labels} labels, `
          + `${labelledVersions} versions labelled and ${unlabelledVersions} not, ${megabytes(sample).map(Math.round).join(', ')} MB\n`);
      },
    });
  });
  for (const offence of result?.off ?? []) process.stdout.write(`✗ ${offence}\n`);
  process.stdout.write(`${JSON.stringify({ ...result?.result, off: result?.off.length ?? null, seconds: seconds() })}\n`);
  return status || (result?.off.length === 0 ? 0 : 1);
}

void main().then((status) => process.exit(status));
