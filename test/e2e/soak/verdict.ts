// What a soak has come to, and whether anything is off: pure functions of what was seen.

/** What is seen after a rotation. */
export interface Sample {
  readonly keys: number;
  readonly labels: number;
  readonly labelledVersions: number;
  readonly unlabelledVersions: number;
  /** In which the function runs. */
  readonly processes: ReadonlyArray<{ readonly pid: number; readonly residentBytes: number }>;
}

export interface Result {
  /** That succeeded. */
  rotations: number;
  refused: number;
  calls: number;
  callsWithReplacedKey: number;
  reads: number;
  keys: number;
  labels: number;
  labelledVersions: number;
  unlabelledVersions: number;
  /** Medians of the function's resident memory, early and late in the run. */
  earlyMegabytes: number;
  lateMegabytes: number;
}

/** Secrets Manager keeps about so many versions without a label. */
const UNLABELLED_VERSIONS_KEPT = 100;
/** Current, previous, and the first one, which says whose the rotation is. */
const LABELLED_VERSIONS = 3;
/** Current, previous, each with its key's id, since when the previous one is replaced, which one has passed its test, and whose the rotation is. */
const LABELS = 7;
/** Fewer rotations tell nothing of the memory: Node.js itself is still settling. */
export const ROTATIONS_THAT_TELL = 50;
const MEGABYTE = 1024 * 1024;

/** The second fifth of the run, after Node.js has warmed up, and the last one. */
export function memory(samples: readonly Sample[]): Pick<Result, 'earlyMegabytes' | 'lateMegabytes'> {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const of = (window: readonly Sample[]) => Math.round(median(window.flatMap(megabytes)) * 10) / 10;
  return { earlyMegabytes: of(samples.slice(fifth, 2 * fifth)), lateMegabytes: of(samples.slice(-fifth)) };
}

/** Everything that is not as it should be, in words. */
export function offences(wanted: number, result: Result, samples: readonly Sample[], refusals: readonly string[]): string[] {
  const off: string[] = [];
  if (result.rotations !== wanted) off.push(`${result.rotations} of ${wanted} rotations succeeded`);
  if (result.refused > 0) off.push(`${result.refused} calls were refused, the first: ${refusals[0]}`);
  if (result.callsWithReplacedKey === 0) off.push('no call was made with a replaced key: nothing was shown of the overlap');
  if (result.keys !== 2) off.push(`the user has ${result.keys} keys, not 2`);
  if (result.labelledVersions !== LABELLED_VERSIONS) off.push(`${result.labelledVersions} versions are labelled, not ${LABELLED_VERSIONS}`);
  const labels = Math.max(...samples.map((sample) => sample.labels));
  if (labels > LABELS) off.push(`the secret had up to ${labels} labels, not ${LABELS}`);
  if (result.unlabelledVersions > UNLABELLED_VERSIONS_KEPT) off.push(`${result.unlabelledVersions} versions have no label, more than the ${UNLABELLED_VERSIONS_KEPT} that are kept`);
  const processes = new Set(samples.flatMap((sample) => sample.processes.map(({ pid }) => pid))).size;
  if (processes !== 1) off.push(`the function ran in ${processes} processes: its memory can't be compared`);
  if (samples.length >= ROTATIONS_THAT_TELL && result.lateMegabytes > result.earlyMegabytes * 1.2) {
    off.push(`the function's memory has grown from ${result.earlyMegabytes} to ${result.lateMegabytes} MB`);
  }
  return off;
}

/** Of the function's processes. */
export function megabytes({ processes }: Sample): number[] {
  return processes.map(({ residentBytes }) => residentBytes / MEGABYTE);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
