// What users do with the published package: CDK apps load it, jsii finds its files, and functions import the kit, from TypeScript and from JavaScript.
// Needs the compiled library.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { main, ROOT, run, SetUpError } from './setup.mjs';

const NAME = 'cdk-iam-key-rotation';

/** A rotation function as users write it: every type of the kit, strictly. */
const FUNCTION = `
import { rotationHandler, RejectedForGood } from '${NAME}/protocol';
import type { Credential, CredentialDefinition, LambdaContext, RotationHandler } from '${NAME}/protocol';

const ask = async (path: string, signal: AbortSignal): Promise<Credential> => {
  const answer = await fetch('https://service.example' + path, { signal });
  if (answer.status === 403) throw new RejectedForGood('the service forbids it');
  return await answer.json() as Credential;
};

const definition: CredentialDefinition = {
  fields: ['id', 'token'],
  id: 'id',
  issue: async ({ rotationId, signal, current, value }) => ask('/tokens?' + rotationId + String(current?.id) + String(value.service), signal),
  apply: async ({ pending, signal }) => { await ask('/apply/' + String(pending.id), signal); },
  verify: async ({ credential, signal }) => { await ask('/me?' + String(credential.token), signal); },
  rollback: async ({ pending, signal }) => { await ask('/rollback/' + String(pending.id), signal); },
  revoke: async ({ id, signal }) => { await ask('/revoke/' + id, signal); },
  list: async ({ secretArn, signal }) => Object.keys(await ask('/tokens/' + secretArn, signal)),
};

export const handler: RotationHandler = rotationHandler(definition);
export const call = async (context: LambdaContext): Promise<unknown> => handler({}, context);
// @ts-expect-error -- the types are really there: a definition without verify is refused
export const wrong: CredentialDefinition = { fields: ['token'], issue: async () => ({ token: '' }) };
`;

/** Each way in which TypeScript finds a module, and the kinds of file that it is tried in. Types of the SDK, or of the DOM, are not there. */
const RESOLUTIONS = [
  { name: 'node16', files: ['function.mts', 'function.cts'], options: { module: 'node16', moduleResolution: 'node16' } },
  { name: 'bundler', files: ['function.ts'], options: { module: 'esnext', moduleResolution: 'bundler' } },
  { name: 'node10', files: ['function.ts'], options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' } },
];
const STRICT = { target: 'es2022', lib: ['es2022'], types: ['node'], strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true };

/** An app as TypeScript users write it; that the kit has its own types must not hide those of the constructs. */
const APP = `
import { CustomRotationSecret } from '${NAME}';
export type Code = ConstructorParameters<typeof CustomRotationSecret>[2]['code'];
`;

const LOADED = `
const { strict: assert } = require('node:assert');
const { existsSync } = require('node:fs');
const { App, Stack } = require('aws-cdk-lib');
const library = require('${NAME}');
new library.IamKeyRotationSecret(new Stack(new App(), 'Stack'), 'Key'); // it finds its bundle
for (const file of ['package.json', '.jsii', 'lib/index.js', 'protocol']) assert(existsSync(require.resolve('${NAME}/' + file)), file);
assert.throws(() => require('${NAME}/lambda/custom/index.ts'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
`;

const CHECK = `
assert.equal(typeof rotationHandler({ fields: ['token'], issue() {}, verify() {} }), 'function');
assert.throws(() => rotationHandler({ fields: [] }), { name: 'TypeError', message: /"fields" must name/ });
assert.equal(new RejectedForGood('no').name, 'RejectedForGood');
`;
const REQUIRED = `const { strict: assert } = require('node:assert'); const { rotationHandler, RejectedForGood } = require('${NAME}/protocol');${CHECK}`;
const IMPORTED = `import { strict as assert } from 'node:assert'; import { rotationHandler, RejectedForGood } from '${NAME}/protocol';${CHECK}`;

await main(async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'package-')));
  try {
    await unpackInto(join(directory, 'node_modules', NAME));
    for (const needed of ['@types/node', 'aws-cdk-lib', 'constructs']) link(directory, needed);
    for (const resolution of RESOLUTIONS) await typeCheck(directory, resolution);
    await typeCheck(directory, { name: 'app', source: APP, files: ['app.ts'], options: { ...RESOLUTIONS[2].options, skipLibCheck: true } });

    link(directory, '@aws-sdk'); // Lambda's runtime has it
    for (const [file, source] of Object.entries({ 'loaded.cjs': LOADED, 'required.cjs': REQUIRED, 'imported.mjs': IMPORTED })) {
      writeFileSync(join(directory, file), source);
      await run(process.execPath, [join(directory, file)], { cwd: directory, env: { ...process.env, CDK_VALIDATION: 'false' } });
    }
    process.stdout.write(`${NAME} is loaded by require and import, and its kit by TypeScript with ${RESOLUTIONS.map(({ name }) => name).join(', ')}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** The files that `npm pack` would publish, where npm would install them. */
async function unpackInto(folder) {
  const [{ files }] = JSON.parse(await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']));
  if (files.length === 0) throw new SetUpError('the package has no files');
  for (const { path } of files) cpSync(join(ROOT, path), join(folder, path));
}

function link(directory, name) {
  const target = join(directory, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), target, 'junction');
}

async function typeCheck(directory, { name, files, options, source = FUNCTION }) {
  const folder = join(directory, name);
  mkdirSync(folder);
  for (const file of files) writeFileSync(join(folder, file), source);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
  await run('tsc', ['-p', folder], { cwd: folder });
}
