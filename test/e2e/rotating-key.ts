// A stack with one rotated key, and what the tests ask of it.
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { type Credentials, Deployment, Emulator, ENVIRONMENT, type RotationReport } from './harness';
import { IamKeyRotationSecret, IamKeyRotationSecretProps, PreviousKeyPolicy } from '../../src';

/** Props that may need the stack, such as a user or a KMS key of its own. */
export type Props = (stack: Stack) => IamKeyRotationSecretProps;

/** A replaced key may go with the next rotation, so that one can follow the other. */
export const AT_ONCE = { previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.hours(0), evenIfInUse: true }) };

/** What else is in the stack. */
export type Beside = (key: IamKeyRotationSecret, stack: Stack) => void;

/** A stack with the secret `Key`. */
function oneKey(name: string, props: Props, beside: Beside): (app: App) => Stack {
  return (app) => {
    const stack = new Stack(app, name, { env: ENVIRONMENT });
    const key = new IamKeyRotationSecret(stack, 'Key', props(stack));
    beside(key, stack);
    new CfnOutput(stack, 'SecretArn', { value: key.secretArn });
    new CfnOutput(stack, 'UserName', { value: key.user.userName });
    new CfnOutput(stack, 'FunctionName', { value: key.rotationFunction.functionName });
    return stack;
  };
}

export class RotatingKey {
  public static async deploy(emulator: Emulator, props: Props = () => ({}), name = 'OneKey', beside: Beside = () => {}): Promise<RotatingKey> {
    return new RotatingKey(emulator, await emulator.deploy(oneKey(name, props, beside)), beside);
  }

  private constructor(private readonly emulator: Emulator, public readonly stack: Deployment, private readonly beside: Beside) {}

  public get secretArn(): string {
    return this.stack.outputs.SecretArn;
  }

  /** Deploys the stack with other props. */
  public async update(props: Props = () => ({})): Promise<void> {
    await this.stack.update(oneKey(this.stack.stackName, props, this.beside));
  }

  public async rotate(): Promise<RotationReport> {
    return this.stack.rotate(this.secretArn);
  }

  /** The text of the version with this label. */
  public async text(stage = 'AWSCURRENT'): Promise<string> {
    const { SecretString } = await this.emulator.clients.secretsManager.getSecretValue({ SecretId: this.secretArn, VersionStage: stage });
    return SecretString!;
  }

  /** The value of the version with this label. */
  public async value(stage = 'AWSCURRENT'): Promise<Record<string, string>> {
    return JSON.parse(await this.text(stage)) as Record<string, string>;
  }

  /** The id of the key in the version with this label. */
  public async id(stage = 'AWSCURRENT'): Promise<string> {
    return (await this.value(stage)).aws_access_key_id;
  }

  /** A person edits the secret. */
  public async edit(change: Record<string, unknown>): Promise<void> {
    await this.put({ ...await this.value(), ...change });
  }

  public async put(value: unknown): Promise<void> {
    const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
    await this.emulator.clients.secretsManager.putSecretValue({ SecretId: this.secretArn, SecretString });
  }

  /** The user's keys: its id and whether it is active. */
  public async keys(): Promise<Record<string, string>> {
    const { AccessKeyMetadata = [] } = await this.emulator.clients.iam.listAccessKeys({ UserName: this.stack.outputs.UserName });
    return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId!, Status!]));
  }

  /** Every label of the secret. */
  public async labels(): Promise<string[]> {
    const { VersionIdsToStages } = await this.emulator.clients.secretsManager.describeSecret({ SecretId: this.secretArn });
    return Object.values(VersionIdsToStages!).flat();
  }

  /** The key of the version with this label. */
  public async credentials(stage = 'AWSCURRENT'): Promise<Credentials> {
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = await this.value(stage);
    return { accessKeyId, secretAccessKey };
  }

  /** Whether the key of the version with this label is the user's, and works. */
  public async works(stage = 'AWSCURRENT'): Promise<boolean> {
    const { Arn } = await this.emulator.clientsFor(await this.credentials(stage)).sts.getCallerIdentity({});
    return Arn!.endsWith(`/${this.stack.outputs.UserName}`);
  }
}

/** What the last step of a rotation that failed has said. */
export function reason({ steps }: RotationReport): string {
  return steps.at(-1)?.error ?? '';
}
