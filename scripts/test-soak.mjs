// `npm run test:soak [-- --rotations N]`: rotations one after the other, while consumers use the key all the while.
import { parseArgs } from 'node:util';
import { commandLine, runOnEmulator } from './on-emulator.mjs';
import { main, SetUpError } from './setup.mjs';

await main(async () => {
  const { rotations } = commandLine('npm run test:soak -- [--rotations N]', () => parseArgs({ options: { rotations: { type: 'string', default: '300' } } }).values);
  if (!/^[1-9]\d{0,5}$/.test(rotations)) {
    throw new SetUpError(`--rotations ${rotations} is no number of rotations: give a whole number from 1 on, such as --rotations 300`);
  }
  await runOnEmulator('soak/main.ts', ['--rotations', rotations]);
});
