// `npm run demo`: the set-up, then the life of an access key on an emulator of AWS. Needs nothing but Node.js and Python.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { childEnvironment, main, ROOT, setUp } from './setup.mjs';

await main(async () => {
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
