/** What a command does on Ctrl-C: the emulators that it has started end with it. */
import type { Emulator } from './emulator';

/** What a shell expects of a process that a signal has ended: 128 and the signal's number. */
const STATUS_OF = { SIGINT: 130, SIGTERM: 143 } as const;

class Interrupted extends Error {
  constructor(readonly signal: keyof typeof STATUS_OF) {
    super(`interrupted by ${signal}`);
  }
}

/** Keeps an emulator in mind, and answers it. */
export type Own = (starting: Promise<Emulator>) => Promise<Emulator>;

/**
 * Does some work until a signal comes, then stops the emulators that it owns, however it has ended.
 *
 * @returns the exit status: 0, that of the signal, or 1 if the work has thrown; what it has thrown is shown.
 */
export async function untilInterrupted(work: (own: Own) => Promise<void>): Promise<number> {
  const owned = new Set<Emulator>();
  const own: Own = async (starting) => {
    const emulator = await starting;
    owned.add(emulator);
    return emulator;
  };
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => reject(new Interrupted(signal)));
  });
  let status = 0;
  try {
    await Promise.race([work(own), interrupted]);
  } catch (error) {
    status = error instanceof Interrupted ? STATUS_OF[error.signal] : 1;
    process.stderr.write(`\n${(error as Error).message}\n`);
  }
  // One that is just starting is not owned yet: it ends with this process, which holds its standard input.
  await Promise.all([...owned].map(async (emulator) => emulator.stop()));
  return status;
}
