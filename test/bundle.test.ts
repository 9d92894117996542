import { execFileSync } from 'child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { zipSync } from 'fflate';

const ASSETS = join(__dirname, '..', 'assets');

/** What the README promises: a small zip starts quickly (measured: 103 KB with the SDK start in 135 ms, 171 KB in 172 ms). */
const LARGEST_ZIP = 105_000;

interface Metafile {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}

interface KitMetafile {
  readonly outputs: Record<string, {
    readonly bytes: number;
    readonly inputs: Record<string, unknown>;
    readonly imports: ReadonlyArray<{ readonly path: string; readonly external?: boolean }>;
  }>;
}

/** It is not minified, for stack traces that can be read; most of it is the editor of JSON texts. */
const LARGEST_KIT = 140_000;

describe.each([
  ['rotation.lambda', '@aws-sdk/client-iam'],
  ['random-value.lambda', '@aws-sdk/client-lambda'],
])('the bundled function %s', (name, client) => {
  test('is one file of at most 105 KB, zipped', () => {
    const zip = zipSync({ 'index.js': readFileSync(join(ASSETS, name, 'index.js')) }, { level: 6 });
    const { outputs } = JSON.parse(readFileSync(join(ASSETS, `${name}.meta.json`), 'utf8')) as Metafile;
    const [{ inputs }] = Object.values(outputs);
    const bytes = (ours: boolean) => Object.entries(inputs).filter(([path]) => path.startsWith('lambda/') === ours)
      .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    const share = Math.round(bytes(true) / (bytes(true) + bytes(false)) * 1000) / 10;
    process.stdout.write(`${name}: ${(zip.length / 1000).toFixed(1)} KB zipped; our own code is ${(bytes(true) / 1000).toFixed(1)} KB of it unzipped, ${share} %\n`);
    expect(zip.length).toBeLessThanOrEqual(LARGEST_ZIP);
    expect(bytes(true)).toBeGreaterThan(0);
  });

  test('has the licences of everything in it beside it, not in its zip', () => {
    const licenses = readFileSync(join(ASSETS, `${name}.licenses.txt`), 'utf8');
    const { outputs } = JSON.parse(readFileSync(join(ASSETS, `${name}.meta.json`), 'utf8')) as Metafile;
    const folders = new Set(Object.keys(Object.values(outputs)[0].inputs).flatMap((path) => /^node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
    const packages = [...folders].map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string; license: string });

    expect(packages.map((one) => one.name)).toEqual(expect.arrayContaining(['jsonc-parser', client, '@aws-sdk/client-secrets-manager', '@smithy/core']));
    for (const { name: title, version, license } of packages) {
      expect(licenses).toContain(`${title} ${version} (${license})`);
    }
    expect(licenses).toContain('The MIT License (MIT)');
    expect(licenses).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
    expect(readdirSync(join(ASSETS, name))).toEqual(['index.js']);
  });

  test('needs nothing but Node.js to load: the SDK is in it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
    try {
      copyFileSync(join(ASSETS, name, 'index.js'), join(directory, 'index.js'));
      const load = 'process.stdout.write(typeof require("./index.js").handler)';
      expect(execFileSync(process.execPath, ['-e', load], { cwd: directory, encoding: 'utf8', env: { AWS_REGION: 'eu-central-1' } })).toBe('function');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the bundled function unanswered.lambda', () => {
  test('is our own code alone: it loads without the SDK, in little time', () => {
    const { outputs } = JSON.parse(readFileSync(join(ASSETS, 'unanswered.lambda.meta.json'), 'utf8')) as KitMetafile;
    const [{ inputs, imports, bytes }] = Object.values(outputs);

    expect(Object.keys(inputs).filter((path) => !path.startsWith('lambda/'))).toEqual([]);
    expect(imports.filter(({ external }) => external)).toEqual([]);
    expect(bytes).toBeLessThan(10_000);
    expect(readdirSync(join(ASSETS, 'unanswered.lambda'))).toEqual(['index.js']);
    expect(readFileSync(join(ASSETS, 'unanswered.lambda.licenses.txt'), 'utf8'))
      .toBe('unanswered.lambda/index.js contains code of no other package.\n');
    expect(typeof (jest.requireActual(join(ASSETS, 'unanswered.lambda', 'index.js')) as { handler: unknown }).handler).toBe('function');
  });
});

describe('the kit for users\' own functions', () => {
  const KIT = join(ASSETS, '..', 'protocol');

  test('is one file of at most 140 KB that needs the SDK of Lambda\'s runtime, and nothing else', () => {
    const { outputs } = JSON.parse(readFileSync(join(ASSETS, 'protocol.meta.json'), 'utf8')) as KitMetafile;
    const [{ inputs, imports, bytes }] = Object.values(outputs);

    expect(Object.keys(inputs).filter((path) => !/^(lambda\/(custom|protocol)\/|src\/private\/settings.ts|node_modules\/jsonc-parser\/)/.test(path))).toEqual([]);
    const external = imports.filter((one) => one.external && !one.path.startsWith('node:')).map(({ path }) => path);
    expect([...new Set(external)]).toEqual(['@aws-sdk/client-secrets-manager']);
    expect(bytes).toBeLessThan(LARGEST_KIT);
    expect(readFileSync(join(ASSETS, 'protocol.licenses.txt'), 'utf8')).toMatch(/jsonc-parser \d+\.\d+\.\d+ \(MIT\)/);
  });

  test('shows no type of the SDK, nor of its own inside', () => {
    const types = readdirSync(KIT).filter((file) => file.endsWith('.d.ts'));

    expect(types).toEqual(['definition.d.ts', 'index.d.ts']);
    for (const file of types) {
      const imported = [...readFileSync(join(KIT, file), 'utf8').matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map(([, one, other]) => one ?? other);
      expect(imported.filter((path) => path !== './definition')).toEqual([]);
    }
  });
});
