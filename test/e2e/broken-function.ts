// The rotation function with a rule broken on purpose, to see that it is noticed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const ROOT = join(__dirname, '../..');

/** What is replaced in the source of the function. */
export interface Breakage {
  readonly file: string;
  readonly rule: string;
  readonly broken: string;
}

/** Its bundle, zipped as a deployment does. */
export async function brokenFunction({ file, rule, broken }: Breakage): Promise<Uint8Array> {
  const { outputFiles: [bundle] } = await build({
    entryPoints: [join(ROOT, 'lambda/rotation.lambda.ts')],
    alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'lambda/environment-credentials.ts') }, // as `npx projen bundle` does
    bundle: true,
    write: false,
    mainFields: ['module', 'main'],
    platform: 'node',
    target: 'node24',
    logLevel: 'error',
    plugins: [{
      name: 'breakage',
      setup: ({ onLoad }) => onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes(rule)) throw new Error(`${file} does not hold "${rule}" any more: adapt the test`);
        return { contents: source.replace(rule, broken), loader: 'ts' };
      }),
    }],
  });
  return zipSync({ 'index.js': bundle.contents });
}
