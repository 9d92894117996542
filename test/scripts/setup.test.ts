// What the set-up says of a machine that it cannot work on, and that it leaves nothing running.
import { spawn, spawnSync } from 'child_process';
import { existsSync, readdirSync } from 'fs';
import { join } from 'path';
import { pathToFileURL } from 'url';

const ROOT = join(__dirname, '..', '..');
const SETUP = pathToFileURL(join(ROOT, 'scripts', 'setup.mjs')).href;

/** A script that uses the set-up; its errors are shown as those of every script. */
function script(body: string): string[] {
  return ['--input-type=module', '--eval', `const { BUNDLES, findPython, main, run } = await import('${SETUP}'); await main(async () => { ${body} });`];
}

test('a Python that was chosen and cannot be run is named', () => {
  const { status, stderr } = spawnSync(process.execPath, script('findPython();'), { encoding: 'utf8', env: { ...process.env, PYTHON: '/nonexistent/python' } });

  expect(stderr).toMatch(/^\nPYTHON=\/nonexistent\/python can't be run \(.*ENOENT\): say where Python 3\.10 or newer is, or leave PYTHON out\n$/);
  expect(status).toBe(1);
});

test('the kit for users\' own functions is made again if a file of it is missing, or anything changes that it is made of', () => {
  const { stdout } = spawnSync(process.execPath, script('process.stdout.write(JSON.stringify(BUNDLES));'), { encoding: 'utf8' });
  const { inputs, makes } = JSON.parse(stdout) as { inputs: string[]; makes: string[] };

  expect(makes).toEqual(expect.arrayContaining(readdirSync(join(ROOT, 'protocol')).map((file) => `protocol/${file}`)));
  expect(inputs).toEqual(expect.arrayContaining(['lambda', 'src/private/settings.ts', ...readdirSync(join(ROOT, 'projenrc')).filter((file) => file.endsWith('.mjs')).map((file) => `projenrc/${file}`)]));
  expect([...inputs, ...makes].filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test.each(['abc', '0', '70000', '4567.5', '-1'])('EMULATOR_PORT=%s is refused before the set-up', (port) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'demo.mjs')], { encoding: 'utf8', env: { ...process.env, EMULATOR_PORT: port } });

  expect(stderr).toBe(`\nEMULATOR_PORT=${port} is no port: choose one from 1 to 65535, such as EMULATOR_PORT=4567, or none, which takes a free one\n`);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

(process.platform === 'win32' ? test.skip : test)('who ends the set-up ends what it has started, and what that has started', async () => {
  // Stands for npm: a process that starts another one. Both hold our pipe (3) open as long as they run.
  const inner = "require('fs').writeSync(3, 'started'); setTimeout(() => {}, 20000)";
  const npm = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: ['ignore', 'ignore', 'ignore', 3] }); setTimeout(() => {}, 20000)`;
  const setUp = spawn(process.execPath, script(`await run(process.execPath, ['-e', ${JSON.stringify(npm)}], { stdio: ['ignore', 'pipe', 'pipe', 1] });`), { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => setUp.stdout!.once('data', done));
  const closed = new Promise((done) => setUp.stdout!.once('close', done));
  const status = new Promise((done) => setUp.once('exit', (code, signal) => done(code ?? signal)));

  setUp.kill('SIGTERM');

  expect(await status).toBe(143);
  await closed;
});
