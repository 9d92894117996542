// A short form of `npm run test:soak`; a consumer that does not obey the overlap, and a function with a broken rule, are noticed.
import { HEAP_MEGABYTES, soak } from './soak';
import { brokenFunction } from '../broken-function';
import { Emulator } from '../harness';

jest.setTimeout(300_000); // the calls never pause: a busy machine takes its time

let emulator: Emulator;
beforeEach(async () => { emulator = await Emulator.start({ functionHeapMegabytes: HEAP_MEGABYTES }); });
afterEach(async () => emulator.stop());

test('consumers that read the secret four times per overlap are never refused', async () => {
  const { result, off } = await soak(emulator, { rotations: 6 });
  expect(off).toEqual([]);
  expect(result).toMatchObject({ rotations: 6, refused: 0, keys: 2, labels: 7, labelledVersions: 3 });
  expect(result.callsWithReplacedKey).toBeGreaterThan(0);
});

test('a consumer that never reads it again holds the next rotation up, and is refused two intervals after its key was replaced', async () => {
  const { result, off } = await soak(emulator, { rotations: 4, careless: 1 });
  expect(result.rotations).toBeLessThan(4);
  expect(result.refused).toBeGreaterThan(0);
  expect(off).toEqual(expect.arrayContaining([expect.stringContaining('InvalidAccessKeyId')]));
});

test('a function that does not wait until a new key works gets consumers refused', async () => {
  const code = await brokenFunction({
    file: 'lambda/iam-key/iam-key-rotator.ts', rule: 'refusals.push(identity.refusal);', broken: 'return { kind: "works" };',
  });
  const { result } = await soak(emulator, { rotations: 1, propagationMillis: 5000, code });
  expect(result).toMatchObject({ rotations: 1 });
  expect(result.refused).toBeGreaterThan(0);
});
