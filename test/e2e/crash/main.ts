/** `npm run test:crash`, after the set-up: plays the matrix on two emulators at most, and always stops them. Its last line is JSON. */
import { parseArgs } from 'node:util';
import { AUTHORITY_NAMES, AuthorityName, POLICY_NAMES } from './combinations';
import { Case, playSubject } from './matrix';
import { deploySubjects } from './subject';
import { table, tell } from './table';
import { Emulator, untilInterrupted } from '../harness';

/** An emulator with its functions keeps a core busy. */
const EMULATORS = 2;

/** scripts/test-crash.mjs knows the names, and has checked them. */
const { values } = parseArgs({ options: { authority: { type: 'string', multiple: true }, policy: { type: 'string', multiple: true } } });
const authorities = AUTHORITY_NAMES.filter((name) => values.authority?.includes(name) ?? true);
const policies = POLICY_NAMES.filter((name) => values.policy?.includes(name) ?? true);

const started = Date.now();
const cases: Case[] = [];
const begun = new Set<string>();
const seconds = () => Math.round((Date.now() - started) / 1000);
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Shows a violation at once, and how far it has come. */
function note(played: Case): void {
  if (played.broken.length > 0) say(tell(played));
  const what = `${played.authority}, ${played.policy}, ${played.column}`;
  if (!begun.has(what)) say(`${String(seconds()).padStart(5)} s  ${String(cases.length).padStart(4)} cases played, now ${what}`);
  begun.add(what);
  cases.push(played);
}

async function crash(): Promise<number> {
  const waiting: AuthorityName[] = [...authorities];
  const status = await untilInterrupted(async (own) => {
    const work = async () => {
      if (waiting.length === 0) return;
      const emulator = await own(Emulator.startEmpty());
      await emulator.bootstrap();
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        for (const subject of await deploySubjects(emulator, next, policies)) await playSubject(subject, () => true, note);
      }
    };
    await Promise.all(Array.from({ length: Math.min(EMULATORS, authorities.length) }, work));
  });
  cases.sort((a, b) => AUTHORITY_NAMES.indexOf(a.authority) - AUTHORITY_NAMES.indexOf(b.authority));
  const broken = cases.filter((played) => played.broken.length > 0);
  say(`\nCases, each killed before or after one call; ✗ and a number: so many broke something.\n${table(cases)}\n`);
  for (const played of broken) say(tell(played));
  const waited = cases.filter((played) => played.waited).length;
  const axes = { complete: status === 0, authorities: authorities.length, policies: policies.length };
  say(JSON.stringify({ cases: cases.length, violations: broken.length, waited, ...axes, seconds: seconds() }));
  return status || (broken.length > 0 || cases.length === 0 ? 1 : 0);
}

void crash().then((status) => process.exit(status));
