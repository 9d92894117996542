/** A deployed stack, and what a test does with it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import type { CdkApp, CdkCli } from './cdk-cli';
import { ACCOUNT, REGION } from './clients';
import type { RotationReport } from './controls';
import type { Emulator } from './emulator';
import { ALIASES } from '../../../src/private/settings';

/** What an invocation came to: what the function answered, or the message of the error that it threw. */
export interface Invocation {
  readonly payload?: unknown;
  readonly error?: string;
}

export class Deployment {
  /** The stack's outputs by key. */
  outputs: Readonly<Record<string, string>> = {};
  stackName = '';
  private app: CdkApp = {};

  constructor(private readonly emulator: Emulator, private readonly cli: CdkCli, private readonly before: ReadonlySet<string>) {}

  /** Deploys the stack again, changed. Fails as `cdk deploy` fails; the message holds what it has written. */
  async update(build: (app: App) => Stack): Promise<void> {
    const app = new App({ outdir: this.cli.directory(), analyticsReporting: false, treeMetadata: false });
    const stack = build(app);
    this.stackName = stack.stackName;
    await this.updateAssembly(app.synth().directory);
  }

  /** Deploys a cloud assembly, without the pauses of its rotation functions. */
  async updateAssembly(assembly: string): Promise<void> {
    shortenPauses(assembly);
    await this.deploy({ assembly });
  }

  /** Deploys the app of a directory again, with this context. */
  async updateDirectory(directory: string, context: Record<string, string>): Promise<void> {
    await this.deploy({ directory, context });
  }

  /** `cdk destroy`. */
  async destroy(): Promise<void> {
    await this.cli.destroy(this.app);
  }

  /** What is there now and was not before the first deployment. Deployments that overlap in time are not told apart. */
  async leftBehind(): Promise<string[]> {
    return [...await this.emulator.inventory.list()].filter((item) => !this.before.has(item));
  }

  /** The physical id of a resource by its logical id, which may be shortened to how it begins. */
  async physicalId(logicalId: string): Promise<string> {
    const { StackResources = [] } = await this.emulator.clients.cloudFormation.describeStackResources({ StackName: this.stackName });
    const found = StackResources.filter((resource) => resource.LogicalResourceId!.startsWith(logicalId));
    if (found.length !== 1) throw new Error(`"${logicalId}" begins ${found.length} of ${StackResources.map((resource) => resource.LogicalResourceId).join(', ')}`);
    return found[0].PhysicalResourceId!;
  }

  /** The physical ids of all resources of a type. */
  async physicalIds(type: string): Promise<string[]> {
    const { StackResources = [] } = await this.emulator.clients.cloudFormation.describeStackResources({ StackName: this.stackName });
    return StackResources.filter((resource) => resource.ResourceType === type).map((resource) => resource.PhysicalResourceId!);
  }

  /** Calls RotateSecret, and waits until Secrets Manager has finished or given up. Throws if RotateSecret itself is refused. */
  async rotate(secretId: string, clientRequestToken?: string): Promise<RotationReport> {
    await this.emulator.settle(); // the schedule's dry run, after a deployment
    const { VersionId } = await this.emulator.clients.secretsManager.rotateSecret({ SecretId: secretId, ClientRequestToken: clientRequestToken });
    await this.emulator.settle();
    const report = (await this.emulator.controls.rotations()).reverse().find(({ token }) => token === VersionId);
    if (!report) throw new Error(`the emulator knows no rotation ${VersionId}`);
    return report;
  }

  /** Retires a key. Where the app has granted that to nobody there is no alias for it: it is made, as `docs/operations.md` says. */
  async retire(functionName: string, keyId: string): Promise<Invocation> {
    await this.emulator.clients.lambda.createAlias({ FunctionName: functionName, Name: ALIASES.retirement, FunctionVersion: '$LATEST' })
      .catch((error: Error) => { if (error.name !== 'ResourceConflictException') throw error; });
    return this.invoke(functionName, { Action: 'retire', KeyId: keyId }, ALIASES.retirement);
  }

  /** Retires each key that the secret records and that is neither current nor pending. */
  async retireReplaced(functionName: string, secretId: string): Promise<Invocation[]> {
    const { VersionIdsToStages = {} } = await this.emulator.clients.secretsManager.describeSecret({ SecretId: secretId });
    const ids = Object.values(VersionIdsToStages).filter((labels) => !labels.includes('AWSCURRENT') && !labels.includes('AWSPENDING')).flat()
      .filter((label) => label.startsWith('AKIA'));
    const invocations: Invocation[] = [];
    for (const id of ids) invocations.push(await this.retire(functionName, id));
    return invocations;
  }

  /** Invokes a function with any event, by its own name or by an alias, and waits for it. */
  async invoke(functionName: string, event: unknown, alias?: string): Promise<Invocation> {
    const request = { FunctionName: functionName, Qualifier: alias, Payload: JSON.stringify(event) };
    const { FunctionError, Payload } = await this.emulator.clients.lambda.invoke(request);
    const payload: unknown = Payload?.length ? JSON.parse(Payload.transformToString()) : undefined;
    return FunctionError ? { error: (payload as { errorMessage: string }).errorMessage } : { payload };
  }

  /** The lines of JSON that a function has written to its log, oldest first. */
  async logLines(functionName: string): Promise<Array<Record<string, unknown>>> {
    const lines = await this.logText(functionName);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Everything that a function has written to its log since a time in milliseconds, oldest first. */
  async logText(functionName: string, startTime?: number): Promise<string[]> {
    const { clients } = this.emulator;
    const { Configuration } = await clients.lambda.getFunction({ FunctionName: functionName });
    const logGroupName = Configuration?.LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`;
    const lines: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await clients.logs.filterLogEvents({ logGroupName, nextToken, startTime });
      lines.push(...(page.events ?? []).map(({ message }) => message!));
      nextToken = page.nextToken;
    } while (nextToken);
    return lines;
  }

  private async deploy(app: CdkApp): Promise<void> {
    this.app = app; // also if it fails: `destroy` must find what is there
    const stacks = Object.entries(await this.cli.deploy(app));
    if (stacks.length > 1) throw new Error(`one stack is expected, not ${stacks.map(([name]) => name).join(' and ')}`);
    if (stacks.length === 1) [[this.stackName, this.outputs]] = stacks;
    await this.emulator.settle();
  }
}

/**
 * The rotation function pauses for seconds between two looks at a key, because IAM takes its time. The emulator takes none: in
 * the templates that are deployed here the pauses are gone. The demo, whose app is a directory, has them.
 */
function shortenPauses(assembly: string): void {
  for (const file of readdirSync(assembly).filter((name) => name.endsWith('.template.json'))) {
    const path = join(assembly, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(\\"pauseMillis\\":)\d+/g, '$10'));
  }
}

/** The environment of a stack in the emulator. */
export const ENVIRONMENT = { account: ACCOUNT, region: REGION };
