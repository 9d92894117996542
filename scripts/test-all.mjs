// `npm test`: sets up what a fresh clone lacks, then runs everything. The last line is "N passed, N failed"; a check that can't run has failed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { childEnvironment, main, ROOT, run, setUp } from './setup.mjs';

const REPORTS = join(ROOT, 'test-reports');
const results = [];

await main(async () => {
  process.stdout.write('Setting up\n');
  await setUp({ compile: true });
  mkdirSync(REPORTS, { recursive: true });
  await tests('unit tests', 'unit.json', ['--coverage=false']);
  await tests('unit tests with the newest aws-cdk-lib', 'newest.json', ['--config', 'test/newest.jest.json']);
  await tests('end-to-end tests', 'e2e.json', ['--config', 'test/e2e/jest.config.json']);
  await check('lint', () => show('npx', ['projen', 'eslint']));
  await check('types of tests, function and examples', () => show('tsc', ['-p', 'test/tsconfig.json', '--noEmit']));
  await check('examples in README and API compile', rosetta);
  await check('API.md is what the code says', apiReference);
  await check('contents of the package', () => show(process.execPath, ['scripts/check-package-contents.mjs']));
  await check('the package for those who use it', () => show(process.execPath, ['scripts/check-packed-package.mjs']));
  await check('contents of the repository', () => show(process.execPath, ['scripts/check-repository-contents.mjs']));
});
summary();

/** Runs jest, and counts its tests; a suite that could not run has failed, and so has jest without a test. */
async function tests(name, report, args) {
  const file = join(REPORTS, report);
  rmSync(file, { force: true });
  await timed(name, async () => {
    const status = await inherit('jest', ['--ci', '--json', `--outputFile=${file}`, '--testLocationInResults', ...args]);
    if (!existsSync(file)) return { passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && (status !== 0 || numPassedTests === 0) ? 1 : failed };
  });
}

async function check(name, action) {
  await timed(name, async () => {
    try {
      await action();
      return { passed: 1, failed: 0 };
    } catch (error) {
      process.stdout.write(`${error.message}\n`);
      return { passed: 0, failed: 1 };
    }
  });
}

async function timed(name, action) {
  process.stdout.write(`\n▶ ${name}\n`);
  const started = Date.now();
  const { passed, failed } = await action();
  results.push({ name, passed, failed, seconds: (Date.now() - started) / 1000 });
}

/** Every snippet is compiled, strictly; the translations, which land beside the assembly, are of no use here. */
async function rosetta() {
  try {
    await show('jsii-rosetta', ['extract', '--strict', '.jsii']);
  } finally {
    rmSync(join(ROOT, '.jsii.tabl.json'), { force: true });
  }
}

async function apiReference() {
  const directory = mkdtempSync(join(tmpdir(), 'api-'));
  try {
    const fresh = join(directory, 'API.md');
    await run('jsii-docgen', ['-o', fresh]);
    if (readFileSync(fresh, 'utf8') !== readFileSync(join(ROOT, 'API.md'), 'utf8')) throw new Error('API.md is out of date: run `npx projen docgen`');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function show(command, args) {
  process.stdout.write(await run(command, args));
}

function inherit(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...childEnvironment(), NODE_NO_WARNINGS: '1' } });
    child.on('error', fail);
    child.on('close', done);
  });
}

function summary() {
  if (process.exitCode) results.push({ name: 'set-up', passed: 0, failed: 1, seconds: 0 });
  process.stdout.write('\n');
  for (const { name, passed, failed, seconds } of results) {
    process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s\n`);
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
