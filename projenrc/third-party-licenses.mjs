// Writes the licences of what esbuild has put into a bundle to a file beside it: for the package, not for the function's zip.
// Part of `projen bundle`, from the folder of the repository: node projenrc/third-party-licenses.mjs rotation.lambda
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const [, , NAME] = process.argv;
const METAFILE = `assets/${NAME}.meta.json`;
const NOTICES = `assets/${NAME}.licenses.txt`;
const RULE = `${'-'.repeat(80)}\n`;

const packages = bundledFolders().map(describe);
/** By licence, for packages that name theirs and forgot the text: that of another package of the same licence and family. */
const texts = new Map(packages.filter(({ text }) => text).map(({ family, license, text }) => [`${family} ${license}`, text]));
const byText = new Map();
for (const { title, family, license, text = texts.get(`${family} ${license}`) } of packages) {
  if (!text) throw new Error(`${title} is in ${NAME}, and has no licence text (${license}): find out what it asks for`);
  byText.set(text, [...byText.get(text) ?? [], `${title} (${license})`]);
}
const notices = [...byText].map(([text, titles]) => `${RULE}${titles.join('\n')}\n${RULE}\n${text}\n`).join('\n');
writeFileSync(NOTICES, `${NAME}/index.js contains code of ${packages.length === 0 ? 'no other package.\n' : `these packages.\n\n${notices}`}`);
process.stdout.write(`${NOTICES}: ${packages.length} packages, ${byText.size} texts\n`);

/** The folders of the packages of which something has reached the bundle. */
function bundledFolders() {
  const [{ inputs }] = Object.values(JSON.parse(readFileSync(METAFILE, 'utf8')).outputs);
  const folders = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort();
}

function describe(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)([.-]|$)/i.test(file)).sort();
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').replace(/^\n+/, '').trimEnd()).join('\n\n') || undefined;
  return { title: `${name} ${version}`, family: name.split('/')[0], license, text };
}
