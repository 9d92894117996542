// What `npm pack` would publish: everything that a user of the package needs, and nothing else.
import process from 'node:process';
import { BUNDLES, main, run, SetUpError } from './setup.mjs';

/** Without these the package does not work, or nobody knows how. */
const NEEDED = [...BUNDLES.makes, 'lib/index.js', 'lib/index.d.ts', '.jsii', 'API.md', 'README.md', 'LICENSE', 'package.json', 'rosetta/default.ts-fixture'];
/** All that may be there. */
const ALLOWED = [/^assets\/[\w.-]+?\.lambda(\/index\.js|\.licenses\.txt)$/, /^assets\/protocol\.licenses\.txt$/, /^protocol\/(index\.js|\w+\.d\.ts)$/, /^lib\/.+\.(js|d\.ts)$/, /^rosetta\/.+\.ts-fixture$/, /^(\.jsii|API\.md|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/];
/** So many of the files that should not be there are named. */
const SHOWN = 10;

await main(async () => {
  const [{ files, size }] = JSON.parse(await run('npm', ['pack', '--dry-run', '--json', '--loglevel=error']));
  const paths = files.map(({ path }) => path);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  const tooMuch = paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
  process.stdout.write(`${paths.length} files, ${Math.ceil(size / 1024)} KB packed\n`);
  const wrong = [
    ...(missing.length > 0 ? [`missing in the package: ${missing.join(', ')}`] : []),
    ...(tooMuch.length > 0 ? [`${tooMuch.length} files are not for the package (addPackageIgnore in .projenrc.ts): ${tooMuch.slice(0, SHOWN).join(', ')} …`] : []),
  ];
  if (wrong.length > 0) throw new SetUpError(wrong.join('\n'));
});
