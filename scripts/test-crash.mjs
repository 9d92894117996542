// `npm run test:crash [-- --authority NAME] [--policy NAME]`: the function dies before and after each of its calls, and is tried again.
import { parseArgs } from 'node:util';
import { commandLine, runOnEmulator } from './on-emulator.mjs';
import { main, SetUpError } from './setup.mjs';

const USAGE = 'npm run test:crash -- [--authority NAME]... [--policy NAME]...';
/** By the names of the factories: `RotationAuthority.ownKey()`, `PreviousKeyPolicy.retireAfter()`. */
const NAMES = {
  authority: ['executionRole', 'ownKey', 'adminSecret', 'assumedRole'],
  policy: ['keepUntilNextRotation', 'retireAfter', 'retireImmediately', 'keepForAdministrator'],
};

await main(async () => {
  const options = { authority: { type: 'string', multiple: true }, policy: { type: 'string', multiple: true } };
  const chosen = commandLine(USAGE, () => parseArgs({ options }).values);
  for (const [option, names] of Object.entries(NAMES)) {
    for (const name of chosen[option] ?? []) {
      if (!names.includes(name)) throw new SetUpError(`--${option} ${name} is not known: choose from ${names.join(', ')}, or leave it out for all of them`);
    }
  }
  await runOnEmulator('crash/main.ts', Object.keys(NAMES).flatMap((option) => (chosen[option] ?? []).flatMap((name) => [`--${option}`, name])));
});
