// A short form of `npm run test:model`: the function holds the invariants, and one with a rule broken on purpose does not.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '..', '..');
/** Each time the same histories: the test says the same today and tomorrow. */
const SEED = '20260101';

interface Mutant {
  readonly file: string;
  readonly rule: string;
  readonly broken: string;
  /** Only histories like these can tell. */
  readonly config?: object;
}

let directory: string;
beforeAll(() => {
  const cache = join(ROOT, 'node_modules', '.cache'); // what is not bundled is found from here
  mkdirSync(cache, { recursive: true });
  directory = mkdtempSync(join(cache, 'model-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the model on the function, with a rule broken. */
async function play(runs: number, mutant?: Mutant): Promise<{ violations: number; rotations: number }> {
  const outfile = join(directory, 'model.js');
  await build({
    entryPoints: [join(__dirname, 'run.ts')],
    outfile,
    bundle: true,
    mainFields: ['module', 'main'],
    platform: 'node',
    logLevel: 'error',
    plugins: [{
      name: 'mutant',
      setup: ({ onLoad }) => onLoad({ filter: /lambda.*\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!mutant || path !== join(ROOT, mutant.file)) return { contents: source, loader: 'ts' };
        if (!source.includes(mutant.rule)) throw new Error(`${mutant.file} does not hold "${mutant.rule}" any more: adapt the mutant`);
        return { contents: source.replace(mutant.rule, mutant.broken), loader: 'ts' };
      }),
    }],
  });
  const { stdout } = spawnSync(process.execPath, [outfile, '--runs', String(runs), '--seed', SEED, '--as-it-is', '--config', JSON.stringify(mutant?.config ?? {})], { encoding: 'utf8', maxBuffer: 1e9 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

test('the function holds the invariants', async () => {
  const { violations, rotations } = await play(2000);
  expect(violations).toBe(0);
  expect(rotations).toBeGreaterThan(2000); // a function that does nothing holds them, too
}, 60_000);

test.each<[string, Mutant]>([
  ['leaves a key that could not be stored', {
    file: 'lambda/protocol/create-secret.ts',
    rule: 'await revoke(rotation, issued);\n        const why',
    broken: 'const why',
  }],
  ['deletes the oldest key', {
    file: 'lambda/iam-key/room.ts',
    rule: "const removable = kept.filter(({ key, until }) => until !== undefined && until <= rules.now && key.role === 'other');",
    broken: 'const removable = kept.filter(({ key }) => key.createdAt.getTime() === Math.min(...keys.map((k) => k.createdAt.getTime())));',
  }],
  ['does not ask whether a key is in use', {
    file: 'lambda/iam-key/room.ts',
    rule: 'unusedFrom: !evenIfInUse && key.lastUsedAt ?',
    broken: 'unusedFrom: false && key.lastUsedAt ?',
  }],
  ['trusts one answer of STS', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: '++inARow >= answers',
    broken: '++inARow >= 1',
  }],
  ['forgets former keys', {
    file: 'lambda/protocol/ledger.ts',
    rule: 'for (const [id, version] of await this.recorded(existing)) {',
    broken: "for (const [id, version] of await this.recorded(existing)) {\n      if (version !== this.look.versionWith('AWSPREVIOUS')) continue;",
  }],
  ['makes a version current that lacks an edit', {
    file: 'lambda/protocol/finish-secret.ts',
    rule: 'if (rotator.carry(pending, current, look.arn) !== pending)',
    broken: 'if (false)',
  }],
  ['does not ask whether a replica is in sync', {
    file: 'lambda/iam-key/room.ts',
    rule: 'replicasFrom: laggingReplicas.length === 0 ?',
    broken: 'replicasFrom: true ?',
    config: { replica: true, evenIfInUse: true },
  }],
  ['makes a key beside one that a person has to decide about', {
    file: 'lambda/iam-key/room.ts',
    rule: "if (rules.unrecordedKey === 'refuse' && rest.some",
    broken: 'if (false && rest.some',
    config: { unrecorded: 'refuse', stranger: 'unused', ownsUser: false },
  }],
  ['retires a key that the secret does not record', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: 'if (key.replacedAt === undefined) {',
    broken: 'if (false) {',
  }],
  ['retires while the current key does not work', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: 'held: current.active || !mustBeActive ? undefined : `the current key ${currentId} is inactive`',
    config: { policy: 'retireAfter' },
    broken: 'held: undefined',
  }],
  ['retires while the current key is missing', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: "if (!current) return { facts, held: `the current key ${currentId} is missing in IAM's list` };",
    config: { policy: 'retireAfter' },
    broken: 'if (!current) return { facts };',
  }],
  ['deletes a key when it is to be deactivated', {
    file: 'lambda/iam-key/retirement.ts',
    rule: 'new Date(deactivateAt + (deleteSeconds - deactivateSeconds) * 1000)',
    config: { policy: 'retireAfter' },
    broken: 'new Date(deactivateAt)',
  }],
  ['removes the key that calls IAM before the other one when the stack is deleted', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: 'const others = ours.filter((id) => id !== caller);',
    config: { authority: 'ownKey' },
    broken: 'const others = [...ours].reverse();',
  }],
  ['serves CloudFormation under every name', {
    file: 'lambda/protocol/handle.ts',
    rule: "alias === ALIASES.deployment && 'RequestType' in fields",
    broken: "'RequestType' in fields",
  }],
  ['takes any text for an id', {
    file: 'lambda/iam-key/access-key-value.ts',
    rule: 'return /^AKIA[A-Z0-9]{12,28}$/.test(text);',
    broken: 'return text.length > 0;',
  }],
  ['takes what a person has made for left behind', {
    file: 'lambda/iam-key/room.ts',
    rule: " || rules.unrecordedKey === 'keep') && !madeByRotation",
    broken: ') && !madeByRotation',
    config: { unrecorded: 'keep', ownsUser: false, stranger: 'unused' },
  }],
  ['does not wait for a stalled copy of a rotation that was given up', {
    file: 'lambda/iam-key/iam-key-rotator.ts',
    rule: 'new Date(replacedAt.getTime() + this.settings.timeoutSeconds * 1000)',
    broken: 'undefined',
  }],
  ['deletes without reading the labels again', {
    file: 'lambda/protocol/ledger.ts',
    rule: 'await this.service.deactivate?.(id);\n      await this.lookAgain();',
    broken: 'await this.service.deactivate?.(id);',
  }],
])('one that %s is caught', async (_what, mutant) => {
  expect((await play(20_000, mutant)).violations).toBe(1);
}, 120_000);
