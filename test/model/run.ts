/** `npm run test:model -- --runs N [--seed S]`: plays random histories; ends with one line of JSON. */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { history } from './history';
import { play } from './play';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string' }, path: { type: 'string' } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number from 1 on, got: ${values.runs}`);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);

async function main(): Promise<void> {
  let histories = 0;
  let rotations = 0;
  const excused: Record<string, number> = {};
  const details = await fc.check(fc.asyncProperty(history, async (one) => {
    const result = await play(one);
    histories++;
    rotations += result.rotations;
    for (const [what, count] of Object.entries(result.excused)) excused[what] = (excused[what] ?? 0) + count;
    if (result.violation) throw new Error(result.violation);
  }), { numRuns: runs, seed, path: values.path });
  if (details.failed) {
    const { violation, story } = await play(details.counterexample![0]);
    process.stdout.write(`${JSON.stringify(details.counterexample![0])}\n${story.join('\n')}\n${violation}\n`);
    process.stdout.write(`again: npm run test:model -- --runs ${runs} --seed ${seed} --path ${details.counterexamplePath}\n`);
  }
  process.stdout.write(`${JSON.stringify({ histories, violations: details.failed ? 1 : 0, rotations, excused, seed })}\n`);
  process.exitCode = details.failed ? 1 : 0;
}

void main();
