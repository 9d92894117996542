// Everything a fresh clone needs before a demo or a test can run: dependencies, the emulator's private virtual environment, the
// function's bundle, and on request the compiled library. Needs nothing but Node.js and Python, and does only what has changed.
//
//   node scripts/setup.mjs [--compile]    everything
//   node scripts/setup.mjs --function     the function's bundle alone, for the examples
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Node.js 20 is the oldest that the dependencies run on. */
const NODE_MAJOR = 20;
/** ministack asks for it. */
const PYTHON_MINOR = 10;
/** What may end us, and its number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const VENV = '.emulator/venv';
const STAMPS = '.emulator/set-up';

/** Something about the machine that only its owner can change: shown without a stack. */
export class SetUpError extends Error {}

const FUNCTIONS = ['rotation.lambda', 'random-value.lambda', 'unanswered.lambda'];

/** What `projen bundle` reads and makes: the functions, and the kit for users' own functions. */
export const BUNDLES = {
  inputs: ['lambda', 'src/private/settings.ts', 'projenrc/third-party-licenses.mjs', 'projenrc/protocol-types.mjs', '.projen/tasks.json', 'package-lock.json'],
  makes: [
    ...FUNCTIONS.map((name) => `assets/${name}/index.js`),
    ...[...FUNCTIONS, 'protocol'].map((name) => `assets/${name}.licenses.txt`),
    ...['index.js', 'index.d.ts', 'definition.d.ts'].map((file) => `protocol/${file}`),
  ],
};

/** Does the set-up. `compile` also type-checks the function and compiles the library with jsii; the quick tests need no `emulator`. */
export async function setUp({ compile = false, emulator = true } = {}) {
  checkNode();
  await step('dependencies', 'npm install', {
    inputs: ['package.json', '.npmrc'],
    makes: ['node_modules/.package-lock.json'],
    run: () => run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']),
  });
  if (emulator) {
    await step('emulator', `pip install, in ${VENV}`, {
      inputs: ['test/emulator/requirements.txt'],
      makes: [`${VENV}/pyvenv.cfg`],
      run: createEmulatorEnvironment,
    });
  }
  if (compile) {
    await step('library', 'projen pre-compile, compile', {
      inputs: [...BUNDLES.inputs, 'src', 'tsconfig.json', 'package.json', 'README.md'],
      makes: ['.jsii'],
      run: async () => {
        await run('npx', ['projen', 'pre-compile']); // checks the function's types, and bundles it
        await run('npx', ['projen', 'compile']);
      },
    });
  }
  await bundleFunction();
}

/** The bundles alone: all that an app needs once the dependencies are there. */
async function bundleFunction() {
  await step('rotation functions', 'projen bundle', {
    ...BUNDLES,
    run: () => run('npx', ['projen', 'bundle']),
  });
}

/** jest's global set-up, for the end-to-end tests alone. */
export default async function globalSetUp() {
  await setUp();
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    throw new SetUpError(`Node.js ${NODE_MAJOR} or newer is needed, this is ${process.version}: install one from https://nodejs.org and start again`);
  }
}

async function createEmulatorEnvironment() {
  const python = findPython();
  rmSync(join(ROOT, VENV), { recursive: true, force: true });
  await run(python, ['-m', 'venv', VENV]);
  const own = join(VENV, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  await run(own, ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '-r', 'test/emulator/requirements.txt']);
}

/** A Python that is new enough and can make virtual environments: $PYTHON, else the first on the PATH. */
export function findPython() {
  const chosen = process.env.PYTHON;
  const names = chosen ? [chosen] : ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const seen = [];
  for (const name of names) {
    const asked = spawnSync(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
    if (chosen && asked.status !== 0) {
      throw new SetUpError(`PYTHON=${chosen} can't be run (${asked.error?.message ?? `status ${asked.status}`}): say where Python 3.${PYTHON_MINOR} or newer is, or leave PYTHON out`);
    }
    if (asked.status !== 0) continue;
    const version = asked.stdout.trim();
    const [major, minor] = version.split('.').map(Number);
    if (major !== 3 || minor < PYTHON_MINOR) {
      seen.push(`${name} is ${version}`);
    } else if (spawnSync(name, ['-c', 'import venv, ensurepip']).status !== 0) {
      throw new SetUpError(`${name} (${version}) can't make a virtual environment: install its venv module (Debian, Ubuntu: apt install python3-venv) and start again`);
    } else {
      return name;
    }
  }
  const found = seen.length ? `found only: ${seen.join(', ')}` : 'found none';
  throw new SetUpError(`Python 3.${PYTHON_MINOR} or newer is needed for the emulator (${found}): install it from https://www.python.org, or say where it is: PYTHON=/path/to/python3`);
}

/** Runs a step unless its stamp tells that nothing it reads has changed. The stamp goes first and comes last: what was interrupted is done again. */
async function step(name, how, { inputs, makes, run: action }) {
  const stamp = join(ROOT, STAMPS, name.replaceAll(' ', '-'));
  if (makes.every((file) => existsSync(join(ROOT, file))) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(inputs)) return;
  const started = Date.now();
  process.stdout.write(`  … ${name} (${how})\n`);
  rmSync(stamp, { force: true });
  await action();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest(inputs));
  process.stdout.write(`  ✓ ${name} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

/** One hash over files and folders, names included, and over the version of Node.js that installed native packages. */
function digest(inputs) {
  const hash = createHash('sha256').update(process.version);
  for (const file of inputs.flatMap((input) => filesIn(join(ROOT, input)))) {
    hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesIn(join(path, name)));
}

/** Runs a command in the repository, quietly; what it has written is shown when it fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    // A process group of its own: npm and pip start others, and all of them have to go if this one is ended.
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment(), detached: process.platform !== 'win32', ...options });
    const letGo = endWithUs(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
    child.on('error', (error) => {
      letGo();
      reject(new SetUpError(`${command} can't be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      letGo();
      if (code === 0) resolve(output);
      else reject(new SetUpError(`${[command, ...args].join(' ')} failed (${signal ?? code}):\n${output}`));
    });
  });
}

/** Whoever ends this process ends what it has started. Until the function that it answers is called. */
function endWithUs(child) {
  const handlers = Object.entries(SIGNALS).map(([signal, number]) => [signal, () => {
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // it has just ended
    }
    process.exit(128 + number);
  }]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => handlers.forEach(([signal, handler]) => process.off(signal, handler));
}

/** The environment of the tools. jsii warns at length about a Node.js near its end of life; which versions build this library, package.json says. */
export function childEnvironment() {
  const [major] = process.versions.node.split('.');
  return {
    ...process.env,
    PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: major,
    JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION: major,
  };
}

/** Runs a script's main function: an error that names its own remedy is shown as it is, and the exit code tells. */
export async function main(script) {
  try {
    await script();
  } catch (error) {
    process.stderr.write(`\n${error instanceof SetUpError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => process.argv.includes('--function') ? bundleFunction() : setUp({ compile: process.argv.includes('--compile') }));
}
