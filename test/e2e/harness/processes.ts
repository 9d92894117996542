/** The processes of a test: the emulator and the CDK CLI, with an environment that holds nothing of the machine's own AWS set-up. */
import { ChildProcess, spawn } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import { ROOT as ROOT_CREDENTIALS, REGION } from './clients';

export const REPOSITORY = resolve(__dirname, '../../..');

/** How long the emulator may take to end before it is killed. */
const END_MILLIS = 5_000;

export interface ProcessResult {
  readonly code: number | null;
  /** What it wrote to stdout and stderr, as it came. */
  readonly output: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly result: Promise<ProcessResult>;
}

/**
 * The environment of every process: the path, and a home of its own. What the machine says of AWS (profiles, keys, regions,
 * endpoints, proxies) is left out, so that a test never reaches a real account.
 */
export function bareEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: [join(REPOSITORY, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Starts a command; what it writes is kept, for the case that it fails. */
export function start(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Running {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  const result = new Promise<ProcessResult>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, output }));
  });
  return { child, result };
}

/** Asks this very process to end, and kills it if it does not. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), END_MILLIS);
  await ended;
  clearTimeout(killer);
}
