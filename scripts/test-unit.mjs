// `npm run test:unit`: what the quick tests need, then jest. Arguments go to jest: `npm run test:unit -- room`.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { childEnvironment, main, ROOT, setUp } from './setup.mjs';

await main(async () => {
  await setUp({ emulator: false });
  const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', '--coverage=false', ...process.argv.slice(2)], {
    cwd: ROOT, env: childEnvironment(), stdio: 'inherit',
  });
  process.on('SIGINT', () => {}); // Ctrl-C reaches both of us, and its status is ours
  process.on('SIGTERM', () => jest.kill('SIGTERM'));
  process.exitCode = await new Promise((done, fail) => {
    jest.on('error', fail);
    jest.on('close', (code) => done(code ?? 1));
  });
});
