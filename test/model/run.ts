/**
 * `npm run test:model -- --runs N [--seed S]`: plays random histories; ends with one line of JSON. A history that fails is made smaller,
 * unless `--as-it-is`; `--config` sets what all histories have in common, as JSON.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { History, history } from './history';
import { play } from './play';

const { values } = parseArgs({
  options: {
    'runs': { type: 'string', default: '1000' },
    'seed': { type: 'string' },
    'path': { type: 'string' },
    'as-it-is': { type: 'boolean', default: false },
    'config': { type: 'string', default: '{}' },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number from 1 on, got: ${values.runs}`);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const common = JSON.parse(values.config) as Partial<History['config']>;
const given = history.map((one): History => ({ ...one, config: { ...one.config, ...common } }));

async function main(): Promise<void> {
  let histories = 0;
  let rotations = 0;
  const authorities: Record<string, number> = {};
  const policies: Record<string, number> = {};
  const excused: Record<string, number> = {};
  const details = await fc.check(fc.asyncProperty(given, async (one) => {
    const result = await play(one);
    histories++;
    rotations += result.rotations;
    add(authorities, one.config.authority);
    add(policies, one.config.policy);
    for (const [what, count] of Object.entries(result.excused)) add(excused, what, count);
    if (result.violation) throw new Error(result.violation);
  }), { numRuns: runs, seed, path: values.path, endOnFailure: values['as-it-is'] });
  if (details.failed) {
    const { violation, story } = await play(details.counterexample![0]);
    process.stdout.write(`${JSON.stringify(details.counterexample![0])}\n${story.join('\n')}\n${violation}\n`);
    process.stdout.write(`again: npm run test:model -- --runs ${runs} --seed ${seed} --path ${details.counterexamplePath}\n`);
  }
  process.stdout.write(`${JSON.stringify({ histories, violations: details.failed ? 1 : 0, rotations, authorities, policies, excused, seed })}\n`);
  process.exitCode = details.failed ? 1 : 0;
}

function add(counts: Record<string, number>, what: string, count = 1): void {
  counts[what] = (counts[what] ?? 0) + count;
}

void main();
