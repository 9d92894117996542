// The cases of the crash matrix: the process is killed before and after each call that an operation makes, and then it is tried again.
import { AuthorityName, PolicyName } from './combinations';
import { Before, brokenAtDeath, brokenAtTheEnd } from './invariants';
import { Attempt, isRotation, Operation, OPERATIONS } from './operations';
import { Subject } from './subject';
import type { Call } from '../harness';

/** Where the process dies. */
export interface Death {
  readonly authority: AuthorityName;
  readonly policy: PolicyName;
  /** The operation, or of a rotation the step. */
  readonly column: string;
  /** Which call of the operation, from 1 on. */
  readonly call: number;
  readonly action: string;
  readonly when: 'before' | 'after';
}

export interface Case extends Death {
  readonly broken: readonly string[];
  /** It had to be waited until no copy of the step could be alive. */
  readonly waited: boolean;
}

/** Which of all cases are played: those around the calls that it picks. */
export type Picks = (call: Call) => boolean;

/** A key that is stored nowhere is left alone until no copy of the step can be alive to store it: the function's timeout, and a minute. */
const GRACE_SECONDS = 6 * 60;
/** One at once, one after the grace, and one for whatever that one has left. */
const MORE_ATTEMPTS = 3;

/** Plays the cases of one authority and one policy, and tells each as soon as it is over. */
export async function playSubject(subject: Subject, picks: Picks, tell: (played: Case) => void): Promise<void> {
  for (const operation of OPERATIONS[subject.policy]) {
    await operation.prepare(subject);
    await playOperation(subject, operation, picks, tell);
  }
}

async function playOperation(subject: Subject, operation: Operation, picks: Picks, tell: (played: Case) => void): Promise<void> {
  const { authority, policy, emulator: { controls } } = subject;
  await controls.takeSnapshot();
  const before = await beforeOf(subject);
  const calls = await callsOf(subject, operation, before);
  for (const [index, { action, step }] of calls.entries()) {
    if (!picks(calls[index])) continue;
    for (const when of ['before', 'after'] as const) {
      await controls.restoreSnapshot();
      const death: Death = { authority, policy, column: isRotation(operation) ? step! : operation.name, call: index + 1, action, when };
      tell({ ...death, ...await play(subject, operation, before, death) });
    }
  }
  await controls.restoreSnapshot();
}

async function beforeOf(subject: Subject): Promise<Before> {
  const { current, keys } = await subject.look();
  return { current, previous: Object.keys(keys).find((key) => key !== current) };
}

/** What the operation calls if nothing happens to it. */
async function callsOf(subject: Subject, operation: Operation, before: Before): Promise<Call[]> {
  const { controls } = subject.emulator;
  const since = Date.now();
  await controls.restoreSnapshot();
  await controls.resetCalls();
  const { ended, error } = await operation.run(subject);
  const calls = await controls.calls();
  const broken = brokenAtTheEnd(before, operation.expected, await subject.lookAtTheEnd(ended, since));
  if (broken.length > 0) throw new Error(`"${operation.name}" with ${subject.policy} fails though nothing is killed: ${[...broken, error].join('; ')}`);
  return calls;
}

async function play(subject: Subject, operation: Operation, before: Before, { call, when, action }: Death): Promise<Pick<Case, 'broken' | 'waited'>> {
  const { controls } = subject.emulator;
  const since = Date.now();
  await controls.resetCalls();
  await controls.resetRotations();
  await controls.setFaults({ action: '*', nth: call, when, do: 'kill' });
  let attempt: Attempt = await operation.run(subject);
  await controls.setFaults();
  const struck = (await controls.calls()).find(({ status }) => status === 0)?.action;
  const broken = struck === undefined ? [`call ${call}, ${action}, was not made`] : [];
  broken.push(...brokenAtDeath(before, operation.expected, await subject.look()).map((what) => `dead: ${what}`));
  let waited = false;
  attempt = await operation.run(subject, attempt.token);
  for (let left = MORE_ATTEMPTS - 1; !attempt.ended && left > 0; left--) {
    waited = true;
    await controls.timePasses(GRACE_SECONDS);
    attempt = await operation.run(subject, attempt.token);
  }
  const end = brokenAtTheEnd(before, operation.expected, await subject.lookAtTheEnd(attempt.ended, since));
  if (end.length > 0 && attempt.error) end.push(`the last attempt said: ${attempt.error}`);
  return { broken: [...broken, ...end.map((what) => `tried again: ${what}`)], waited };
}
