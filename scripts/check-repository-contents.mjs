// The repository tells nothing of the machine it was written on: no path of it, no registry that its package managers use. What
// these are is asked of the machine itself, so that this file doesn't tell either.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { dirname, join, sep } from 'node:path';
import process from 'node:process';
import { main, ROOT, run, SetUpError } from './setup.mjs';

/** How a path of somebody's machine begins, whoever's it is; a lock file that names where a package came from. */
const TELLTALE = [/(?<![\w.~/])\/(home|Users|root)\/[\w.-]+/, /[A-Z]:\\Users\\/, /"resolved": "https?:/];

await main(async () => {
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const found = [];
  const patterns = [...TELLTALE, ...ofThisMachine()];
  const isBeside = besides(dirname(ROOT));
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const lines = textOf(file).split('\n');
    lines.forEach((line, index) => {
      if (isBeside(line) || patterns.some((pattern) => pattern.test(line))) found.push(`${file}:${index + 1}`);
    });
  }
  if (found.length > 0) throw new SetUpError(`these lines tell of a machine: ${found.join(', ')}`);
});

/** This checkout and what is around it, the home, the name of the machine, and the hosts that packages come from. */
function ofThisMachine() {
  const paths = [ROOT, homedir(), dirname(ROOT)].filter(isTelling).map((path) => new RegExp(`(?<![\\w.-])${escape(path)}(?![\\w-])`));
  const hosts = [hostname(), ...registries()].filter((host) => host.length > 3 && host !== 'localhost');
  return [...paths, ...hosts.map((host) => new RegExp(`(?<![\\w-])${escape(host)}(?![\\w-])`))];
}

/** A folder of one segment (`/src`, `/lib`) could be anybody's, and is written in many files: what lies in it, beside the checkout, tells. */
function besides(folder) {
  if (isTelling(folder) || dirname(folder) === folder) return () => false;
  const names = new Set(readdirSync(folder));
  const within = new RegExp(`(?<![\\w.-])${escape(folder)}/([\\w.-]+)`, 'g');
  return (line) => line.includes(`${folder}/`) && [...line.matchAll(within)].some(([, name]) => names.has(name));
}

function isTelling(path) {
  return path.split(sep).filter((segment) => segment !== '').length > 1;
}

function registries() {
  const npm = spawnSync('npm', ['config', 'get', 'registry'], { cwd: ROOT, encoding: 'utf8' }).stdout ?? '';
  const pip = spawnSync(join(ROOT, '.emulator/venv/bin/python'), ['-m', 'pip', 'config', 'list'], { encoding: 'utf8' }).stdout ?? '';
  const urls = `${npm} ${pip} ${process.env.PIP_INDEX_URL ?? ''}`.match(/https?:\/\/[^\s'"]+/g) ?? [];
  return urls.map((url) => new URL(url).hostname);
}

/** The text of a file; none for one that is not text, or that was deleted and is still in the index. */
function textOf(file) {
  try {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return text.includes('\0') ? '' : text;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return '';
    throw error;
  }
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
