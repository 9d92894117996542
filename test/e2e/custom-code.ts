// The code of a function that a user has written with the kit, as a test writes it.
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { REPOSITORY } from './harness/processes';

/** A password out of thin air, which always works. `./protocol` is the kit. */
export const PASSWORD = `const { rotationHandler } = require('./protocol');
exports.handler = rotationHandler({
  fields: ['password'],
  issue: async () => ({ password: require('node:crypto').randomBytes(24).toString('hex') }),
  verify: async () => {},
});`;

/** A folder with this `index.js` and the kit, in the app's own output, which goes with the emulator. */
export function customCode(stack: Stack, source: string): lambda.Code {
  const directory = mkdtempSync(join((stack.node.root as App).outdir, 'custom-'));
  copyFileSync(join(REPOSITORY, 'protocol/index.js'), join(directory, 'protocol.js'));
  writeFileSync(join(directory, 'index.js'), source);
  return lambda.Code.fromAsset(directory);
}
