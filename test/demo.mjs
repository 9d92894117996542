// `npm run demo`: the set-up, then the life of an access key on an emulator of AWS. Needs nothing but Node.js and Python.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { childEnvironment, main, ROOT, setUp, SetUpError } from './setup.mjs';

await main(async () => {
  checkPort(process.env.EMULATOR_PORT);
  process.stdout.write('Setting up\n');
  await setUp();
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/e2e/demo/main.ts'], {
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
});

/** Before minutes of set-up, and not after. */
function checkPort(port) {
  if (port && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    throw new SetUpError(`EMULATOR_PORT=${port} is no port: choose one from 1 to 65535, such as EMULATOR_PORT=4567, or none, which takes a free one`);
  }
}
