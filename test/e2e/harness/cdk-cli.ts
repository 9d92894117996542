/** The CDK CLI of this repository, pointed at an emulator. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, REPOSITORY, Running, start } from './processes';

/** What an app is: the cloud assembly that was synthesized here, or a directory with a cdk.json. */
export interface CdkApp {
  readonly assembly?: string;
  readonly directory?: string;
  readonly context?: Record<string, string>;
}

export class CdkCli {
  private readonly running = new Set<Running>();

  constructor(private readonly state: string, private readonly env: NodeJS.ProcessEnv) {}

  /** A new directory that goes when the emulator does. */
  directory(): string {
    return mkdtempSync(join(this.state, 'cdk-'));
  }

  /** `cdk deploy`; answers the outputs by stack. Direct: a change set would cost seconds and show nothing to anybody. */
  async deploy(app: CdkApp): Promise<Record<string, Record<string, string>>> {
    const outputs = join(this.directory(), 'outputs.json');
    await this.runFor(app, 'deploy', '--all', '--require-approval=never', '--method=direct', '--progress=events', '--outputs-file', outputs);
    return JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>;
  }

  /** `cdk synth`; answers the directory of the cloud assembly. */
  async synth(app: CdkApp): Promise<string> {
    const assembly = this.directory();
    await this.runIn(app.directory ?? this.state, ['synth', '--quiet', '--output', assembly, ...contextOf(app)]);
    return assembly;
  }

  /** `cdk destroy`. */
  async destroy(app: CdkApp): Promise<void> {
    await this.runFor(app, 'destroy', '--all', '--force');
  }

  /** Runs a command to its end, and throws what it has written if it fails. */
  async run(...args: string[]): Promise<void> {
    await this.runIn(this.state, args);
  }

  /** Ends every command that is still at work. */
  async stop(): Promise<void> {
    await Promise.all([...this.running].map(async ({ child }) => end(child)));
  }

  private async runFor(app: CdkApp, ...args: string[]): Promise<void> {
    const source = app.assembly ? ['--app', app.assembly] : ['--output', this.directory()];
    await this.runIn(app.directory ?? this.state, [...args, ...source, ...contextOf(app)]);
  }

  private async runIn(cwd: string, args: string[]): Promise<void> {
    const quiet = ['--no-notices', '--no-version-reporting', '--no-color', '--ci'];
    const command = [join(REPOSITORY, 'node_modules/aws-cdk/bin/cdk'), ...args, ...quiet];
    const env = { ...this.env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', NODE_NO_WARNINGS: '1' };
    const running = start(process.execPath, command, { cwd, env });
    this.running.add(running);
    const { code, output } = await running.result.finally(() => this.running.delete(running));
    if (code !== 0) throw new Error(`cdk ${args[0]} failed:\n${output}`);
  }
}

function contextOf({ context = {} }: CdkApp): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
}
