// Whatever is off in a soak is noticed.
import { memory, offences, Result, Sample } from './verdict';

const ROTATIONS = 100;
const runningIn = (pid: number, megabytes: number): Sample['processes'] => [{ pid, residentBytes: megabytes * 1024 * 1024 }];

function samples(change: (rotation: number) => Partial<Sample> = () => ({})): Sample[] {
  const usual = { keys: 2, labels: 7, labelledVersions: 3, unlabelledVersions: 90, processes: runningIn(7, 80) };
  return Array.from({ length: ROTATIONS }, (_, rotation) => ({ ...usual, ...change(rotation) }));
}

function off(change: Partial<Result>, taken: Sample[] = samples(), refusals: string[] = []): string[] {
  const good: Result = {
    rotations: ROTATIONS,
    refused: 0,
    calls: 5000,
    callsWithReplacedKey: 900,
    reads: 2000,
    keys: 2,
    labels: 7,
    labelledVersions: 3,
    unlabelledVersions: 90,
    ...memory(taken),
  };
  return offences(ROTATIONS, { ...good, ...change }, taken, refusals);
}

test('nothing is off when all is well', () => {
  expect(off({})).toEqual([]);
});

test.each<[Partial<Result>, string]>([
  [{ rotations: 99 }, '99 of 100 rotations succeeded'],
  [{ refused: 1 }, '1 calls were refused, the first: InvalidAccessKeyId'],
  [{ callsWithReplacedKey: 0 }, 'no call was made with a replaced key: nothing was shown of the overlap'],
  [{ keys: 1 }, 'the user has 1 keys, not 2'],
  [{ labelledVersions: 4 }, '4 versions are labelled, not 3'],
  [{ unlabelledVersions: 101 }, '101 versions have no label, more than the 100 that are kept'],
])('%j is off', (change, message) => {
  expect(off(change, samples(), ['InvalidAccessKeyId'])).toEqual([message]);
});

test('labels that pile up are noticed', () => {
  expect(off({}, samples((rotation) => ({ labels: rotation > 50 ? 8 : 7 })))).toEqual(['the secret had up to 8 labels, not 7']);
});

test('a function that was started again is noticed: its memory would look as new', () => {
  expect(off({}, samples((rotation) => ({ processes: runningIn(rotation > 50 ? 8 : 7, 80) })))).toEqual(['the function ran in 2 processes: its memory can\'t be compared']);
});

test('memory that grows is noticed, and garbage that comes and goes is not', () => {
  expect(off({}, samples((rotation) => ({ processes: runningIn(7, 80 + rotation) })))).toEqual([expect.stringContaining('memory has grown from')]);
  expect(off({}, samples((rotation) => ({ processes: runningIn(7, 80 + rotation % 10 * 4) })))).toEqual([]);
});
