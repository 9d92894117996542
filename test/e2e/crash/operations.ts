// What is killed: a rotation, the scheduled check, and the command that retires; for each policy those that it has.
import type { PolicyName } from './combinations';
import type { Expectation } from './invariants';
import type { Subject } from './subject';

const DAY = 86_400;
/** Longer than the overlap of 7 days, and than the time until a key is deactivated, which is as long. */
const REPLACED_LONG_AGO = 10 * DAY;

/** How far it has come. */
export interface Attempt {
  readonly ended: boolean;
  /** What a rotation is tried again with. */
  readonly token?: string;
  readonly error?: string;
}

export interface Operation {
  /** In the table. */
  readonly name: string;
  readonly expected: Expectation;
  /** Brings about the state in which it is done, each time the same. Operations are prepared in their order. */
  readonly prepare: (subject: Subject) => Promise<void>;
  /** Does it, or tries it again. */
  readonly run: (subject: Subject, token?: string) => Promise<Attempt>;
}

const ROTATION = 'rotation';

async function rotate(subject: Subject, token?: string): Promise<Attempt> {
  const report = await subject.rotate(token);
  return { ended: report.ok, token: report.token, error: report.steps.at(-1)?.error };
}

/** A rotation that has no room ends with being refused and given up. */
async function rotateInVain(subject: Subject, token?: string): Promise<Attempt> {
  const { error, ...attempt } = await rotate(subject, token);
  return { ...attempt, ended: error?.includes('is abandoned: ') ?? false, error };
}

async function retire(subject: Subject, action: 'retireDue' | 'retire'): Promise<Attempt> {
  const { error } = await subject.retire(action);
  return { ended: error === undefined, error };
}

/** Throws if something does not succeed while nothing is killed. */
async function cleanly(attempt: Promise<Attempt>): Promise<void> {
  const { ended, error } = await attempt;
  if (!ended) throw new Error(`what is prepared for the matrix fails: ${error}`);
}

const asItIs = async () => undefined;
const timePasses = async ({ emulator }: Subject, days: number) => emulator.controls.timePasses(days * DAY);

/** A first rotation, and days in which nobody uses the key that it replaced. */
async function replaceLongAgo(subject: Subject): Promise<void> {
  await cleanly(rotate(subject));
  await timePasses(subject, REPLACED_LONG_AGO / DAY);
}

/** A rotation that died before it could remove what it had replaced, and was not tried again. */
async function dieBeforeRetiring(subject: Subject): Promise<void> {
  await subject.emulator.controls.setFaults({ action: 'UpdateAccessKey', do: 'kill' });
  await rotate(subject);
  await subject.emulator.controls.setFaults();
}

const rotation = (prepare: Operation['prepare'], previous: Expectation['previous'], replacedGoes = false): Operation => (
  { name: ROTATION, expected: { rotates: true, replacedGoes, previous }, prepare, run: rotate });
const retirement = (name: string, prepare: Operation['prepare'], previous: Expectation['previous'], action: 'retireDue' | 'retire'): Operation => (
  { name, expected: { rotates: false, replacedGoes: false, previous }, prepare, run: async (subject) => retire(subject, action) });

export const OPERATIONS: Record<PolicyName, readonly Operation[]> = {
  keepUntilNextRotation: [
    rotation(replaceLongAgo, 'gone'),
    retirement('retire', asItIs, 'gone', 'retire'),
  ],
  retireAfter: [
    rotation(replaceLongAgo, 'gone'),
    retirement('check: deactivate', asItIs, 'Inactive', 'retireDue'),
    retirement('retire', asItIs, 'gone', 'retire'),
    retirement('check: delete', async (subject) => {
      await cleanly(retire(subject, 'retireDue'));
      await timePasses(subject, 8);
    }, 'gone', 'retireDue'),
  ],
  retireImmediately: [
    rotation(async (subject) => cleanly(rotate(subject)), 'gone', true),
    retirement('check: delete', dieBeforeRetiring, 'gone', 'retireDue'),
    retirement('retire', asItIs, 'gone', 'retire'),
  ],
  keepForAdministrator: [
    { name: 'no room', expected: { rotates: false, replacedGoes: false, previous: 'Active' }, prepare: replaceLongAgo, run: rotateInVain },
    retirement('retire', asItIs, 'gone', 'retire'),
    rotation(async (subject) => cleanly(retire(subject, 'retire')), 'gone'),
  ],
};

/** The columns that a rotation has in the table: one a step. */
export const isRotation = ({ name }: Operation): boolean => name === ROTATION;
