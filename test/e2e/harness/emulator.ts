/**
 * A private AWS on this machine, for one test file or one demo: `ministack` (on PyPI) with the
 * project's add-on, test/emulator, whose README lists what is simulated, what is right as it is, and what is not emulated.
 *
 * Real here: the CDK CLI, the templates, the bundled function on Node.js 24, the SDK, TLS, SigV4, and the evaluation of IAM
 * policies. Simulated: the services behind the APIs. Not shown here: how IAM propagates a key, Lambda's cold starts, when a
 * schedule fires, and how often Secrets Manager tries again.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { App, Stack } from 'aws-cdk-lib';
import { CdkCli } from './cdk-cli';
import { writeCertificate } from './certificate';
import { ACCOUNT, Clients, Credentials, REGION, ROOT } from './clients';
import { Controls } from './controls';
import { Deployment } from './deployment';
import { Inventory } from './inventory';
import { bareEnvironment, end, REPOSITORY } from './processes';
import { Shell } from './shell';

/** test/emulator/__main__.py ends with this status if its port is taken. */
const PORT_TAKEN = 98;
/** It answers after about a second; a busy machine may take ten times that. */
const START_SECONDS = 60;

export interface EmulatorOptions {
  /** A free one by default. */
  readonly port?: number;
  /** How much the functions' processes may keep on their heaps; without it Node.js takes what the machine has, and seldom collects garbage. */
  readonly functionHeapMegabytes?: number;
}

export class Emulator {
  /** Starts an emulator that is bootstrapped for the CDK. */
  static async start(options: EmulatorOptions = {}): Promise<Emulator> {
    const emulator = await Emulator.startEmpty(options);
    try {
      await emulator.bootstrap();
    } catch (error) {
      await emulator.stop();
      throw error;
    }
    return emulator;
  }

  /** Starts an emulator that holds nothing. */
  static async startEmpty(options: EmulatorOptions = {}): Promise<Emulator> {
    const python = join(REPOSITORY, '.emulator/venv/bin/python');
    if (!existsSync(python)) throw new Error('the emulator is not set up: run `node scripts/setup.mjs` first');
    const state = mkdtempSync(join(tmpdir(), 'cdk-iam-key-rotation-'));
    try {
      const certificate = await writeCertificate(state);
      const child = spawn(python, ['-m', 'emulator', '--state', state, '--port', String(options.port ?? 0)], {
        cwd: join(REPOSITORY, 'test'),
        // Functions that bring no SDK find this one, as they find Lambda's own there.
        env: { ...bareEnvironment(state), LOG_LEVEL: 'WARNING', NODE_PATH: join(REPOSITORY, 'node_modules'), ...heapLimit(options.functionHeapMegabytes) },
        // Its standard input stays open as long as this process lives: the emulator ends with it, however it ends.
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      return new Emulator(child, state, certificate, await portOf(child, options.port));
    } catch (error) {
      rmSync(state, { recursive: true, force: true });
      throw error;
    }
  }

  readonly endpoint: string;
  readonly controls: Controls;
  /** Clients with the rights of the account's root user. */
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly shell: Shell;
  private readonly cli: CdkCli;
  private readonly made: Clients[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly state: string,
    private readonly certificate: string,
    readonly port: number,
  ) {
    this.endpoint = `https://127.0.0.1:${port}`;
    this.controls = new Controls(port, readFileSync(certificate, 'utf8'));
    this.clients = this.clientsFor(ROOT);
    this.inventory = new Inventory(this.clients);
    const env = { ...bareEnvironment(state), AWS_ENDPOINT_URL: this.endpoint, AWS_CA_BUNDLE: certificate };
    this.shell = new Shell(state, env);
    this.cli = new CdkCli(state, { ...env, NODE_EXTRA_CA_CERTS: certificate, CDK_DEFAULT_ACCOUNT: ACCOUNT, CDK_DEFAULT_REGION: REGION });
  }

  /** Clients that sign with these credentials. */
  clientsFor(credentials: Credentials): Clients {
    const clients = new Clients(this.endpoint, this.certificate, credentials);
    this.made.push(clients);
    return clients;
  }

  /** `cdk bootstrap`. */
  async bootstrap(): Promise<void> {
    await this.cli.run('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  }

  /** Deploys a stack that is made right here. The account and the region are those of the emulator. */
  async deploy(build: (app: App) => Stack): Promise<Deployment> {
    const deployment = new Deployment(this, this.cli, await this.inventory.list());
    await deployment.update(build);
    return deployment;
  }

  /** Deploys the only stack of an app with a cdk.json, as its user would. */
  async deployDirectory(directory: string, context: Record<string, string> = {}): Promise<Deployment> {
    const deployment = new Deployment(this, this.cli, await this.inventory.list());
    await deployment.updateDirectory(directory, context);
    return deployment;
  }

  /** The same, synthesized by the CDK CLI, without the pauses of its rotation functions. */
  async deployDirectoryQuickly(directory: string, context: Record<string, string> = {}): Promise<Deployment> {
    const deployment = new Deployment(this, this.cli, await this.inventory.list());
    await deployment.updateAssembly(await this.cli.synth({ directory, context }));
    return deployment;
  }

  /** Waits until no rotation and no dry run is under way. */
  async settle(timeoutMillis = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMillis;
    while ((await this.controls.rotations()).some(({ done }) => !done)) {
      if (Date.now() > deadline) throw new Error(`a rotation is still under way after ${timeoutMillis} ms`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Ends the emulator, its functions, a CDK CLI or a script that is at work, and what they have written. */
  async stop(): Promise<void> {
    await Promise.all([this.cli.stop(), this.shell.stop()]);
    this.controls.destroy();
    for (const clients of this.made) clients.destroy();
    await end(this.child);
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** Functions inherit the emulator's environment. */
function heapLimit(megabytes: number | undefined): NodeJS.ProcessEnv {
  return megabytes === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${megabytes}` };
}

/** Waits for the line that tells the port. */
async function portOf(child: ChildProcess, wanted: number | undefined): Promise<number> {
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-10_000); });
  return new Promise((done, fail) => {
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`the emulator does not answer after ${START_SECONDS} s:\n${errors}`));
    }, START_SECONDS * 1000);
    createInterface(child.stdout!).on('line', (line) => {
      if (!line.startsWith('{"port"')) return;
      clearTimeout(patience);
      done((JSON.parse(line) as { port: number }).port);
    });
    child.once('exit', (code) => {
      clearTimeout(patience);
      fail(new Error(code === PORT_TAKEN
        ? `port ${wanted} of 127.0.0.1 is taken: stop what uses it, or choose another (EMULATOR_PORT=4567), or none, which takes a free one`
        : `the emulator ended with status ${code}:\n${errors}`));
    });
  });
}
