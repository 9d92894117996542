// A short form of `npm run test:crash`: deaths around the calls that change something, for the authorities and policies that deaths.test.ts
// leaves out; and functions with a rule broken on purpose, which must be caught.
import { Case, Picks, playSubject } from './matrix';
import { deploySubjects, Subject } from './subject';
import { tell } from './table';
import { Breakage, brokenFunction } from '../broken-function';
import { Emulator } from '../harness';

const CHANGES = ['UpdateAccessKey', 'DeleteAccessKey', 'CreateAccessKey', 'PutSecretValue'];
/** Those, and the move of AWSCURRENT with what comes before it. */
const changesSomething: Picks = ({ action, step }) => CHANGES.includes(action) || (action === 'UpdateSecretVersionStage' && step === 'finishSecret');

jest.setTimeout(300_000); // dozens of new processes a test: a busy machine takes its time

let emulator: Emulator;
let subjects: Subject[];
beforeAll(async () => {
  emulator = await Emulator.start();
  subjects = [
    ...await deploySubjects(emulator, 'ownKey', ['retireAfter', 'retireImmediately']),
    ...await deploySubjects(emulator, 'assumedRole', ['keepForAdministrator']),
  ];
});
afterAll(async () => emulator.stop());

async function play(subject: Subject, picks: Picks): Promise<Case[]> {
  const cases: Case[] = [];
  await playSubject(subject, picks, (played) => cases.push(played));
  return cases;
}

const named = (policy: string) => subjects.find((subject) => subject.policy === policy)!;

test.each(['retireAfter', 'retireImmediately', 'keepForAdministrator'])(
  'with %s, nobody is locked out and nothing is orphaned, wherever the function dies', async (policy) => {
    const cases = await play(named(policy), changesSomething);
    expect(cases.length).toBeGreaterThanOrEqual(12);
    expect(cases.filter(({ broken }) => broken.length > 0).map(tell)).toEqual([]);
  });

test.each<[string, string, string, Breakage]>([
  ['does not remove a key that an attempt has left', 'retireAfter', 'CreateAccessKey', {
    file: 'lambda/iam-key/room.ts', rule: 'return !isOlder(key, from) &&', broken: 'return false &&',
  }],
  ['forgets the replaced key when finishSecret is repeated', 'retireImmediately', 'DeleteAccessKey', {
    file: 'lambda/protocol/finish-secret.ts', rule: 'await tidyUp(rotation, look);\n    return', broken: 'return',
  }],
])('a function that %s is caught', async (_what, policy, action, breakage) => {
  const subject = named(policy);
  await subject.replaceCode(await brokenFunction(breakage));
  const cases = await play(subject, (call) => call.action === action && call.step !== undefined);
  expect(cases.filter(({ broken }) => broken.length > 0)).not.toEqual([]);
});
