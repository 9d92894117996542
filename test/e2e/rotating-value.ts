// Stacks with a rotated random value, and what the tests ask of them.
import { join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Deployment, Emulator, ENVIRONMENT } from './harness';
import { RandomValue } from '../../src';

export const FIELD = 'session_secret_key';
export const FIELDS = { [FIELD]: RandomValue.characters(32) };

/** A stack whose outputs are what `build` answers. */
export async function deploy(emulator: Emulator, name: string, build: (stack: Stack) => Record<string, string>): Promise<Deployment> {
  return emulator.deploy(stackOf(name, build));
}

export function stackOf(name: string, build: (stack: Stack) => Record<string, string>): (app: App) => Stack {
  return (app) => {
    const stack = new Stack(app, name, { env: ENVIRONMENT });
    for (const [output, value] of Object.entries(build(stack))) new CfnOutput(stack, output, { value });
    return stack;
  };
}

/** The check function of `check-function/`. */
export function checkFunction(stack: Stack): lambda.Function {
  return new NodejsFunction(stack, 'Check', {
    runtime: lambda.Runtime.NODEJS_24_X,
    entry: join(__dirname, 'check-function/function.ts'),
    bundling: { externalModules: [] },
    timeout: Duration.seconds(30),
    logGroup: new logs.LogGroup(stack, 'CheckLogs', { removalPolicy: RemovalPolicy.DESTROY }),
  });
}

/** A secret as a test sees it. */
export class RotatingValue {
  constructor(private readonly emulator: Emulator, public readonly secretId: string) {}

  public async text(stage = 'AWSCURRENT'): Promise<string> {
    const { SecretString } = await this.emulator.clients.secretsManager.getSecretValue({ SecretId: this.secretId, VersionStage: stage });
    return SecretString!;
  }

  public async value(stage = 'AWSCURRENT', field = FIELD): Promise<unknown> {
    return (JSON.parse(await this.text(stage)) as Record<string, unknown>)[field];
  }

  /** A person edits the secret. */
  public async edit(change: Record<string, unknown>): Promise<void> {
    const SecretString = JSON.stringify({ ...JSON.parse(await this.text()), ...change });
    await this.emulator.clients.secretsManager.putSecretValue({ SecretId: this.secretId, SecretString });
  }

  public async labels(): Promise<string[]> {
    const { VersionIdsToStages } = await this.emulator.clients.secretsManager.describeSecret({ SecretId: this.secretId });
    return Object.values(VersionIdsToStages!).flat().sort();
  }
}
