// What the commands share that run a TypeScript program on an emulator: the set-up, then the program, which cleans up after itself.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { childEnvironment, ROOT, setUp, SetUpError } from './setup.mjs';

/** Sets up what a fresh clone lacks and runs a program of test/e2e; its exit status is ours. */
export async function runOnEmulator(program, args = []) {
  process.stdout.write('Setting up\n');
  await setUp();
  const child = spawn(process.execPath, ['--import', 'tsx', `test/e2e/${program}`, ...args], {
    cwd: ROOT,
    env: { ...childEnvironment(), NODE_NO_WARNINGS: '1' },
    stdio: 'inherit',
  });
  // Ctrl-C reaches both of us; the other one cleans up, and its status is ours.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? 1));
  });
}

/** What `parse` makes of the command line; an option that it does not know is shown with what there is. Before minutes of set-up. */
export function commandLine(usage, parse) {
  try {
    return parse();
  } catch (error) {
    if (error.code?.startsWith('ERR_PARSE_ARGS')) throw new SetUpError(`${error.message}\nusage: ${usage}`);
    throw error;
  }
}
