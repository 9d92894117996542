// `npm run demo`: the set-up, then the life of an access key on an emulator of AWS. Needs nothing but Node.js and Python.
import process from 'node:process';
import { runOnEmulator } from './on-emulator.mjs';
import { main, SetUpError } from './setup.mjs';

await main(async () => {
  checkPort(process.env.EMULATOR_PORT);
  await runOnEmulator('demo/main.ts');
});

/** Before minutes of set-up, and not after. */
function checkPort(port) {
  if (port && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    throw new SetUpError(`EMULATOR_PORT=${port} is no port: choose one from 1 to 65535, such as EMULATOR_PORT=4567, or none, which takes a free one`);
  }
}
