// What a person has made by hand: a user with a path and a key, and a secret that holds the key beside something else.
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Clients, Deployment, Emulator, ENVIRONMENT } from './harness';
import { IamKeyRotation, IamKeyRotationProps } from '../../src';

let count = 0;

export class ByHand {
  /** Makes them. The user is in the account of these clients, the secret always in the emulator's own. */
  public static async make(emulator: Emulator, { iam: ofUser } = emulator.clients): Promise<ByHand> {
    const name = `by-hand-${++count}`;
    const { User } = await ofUser.createUser({ UserName: name, Path: '/robots/' });
    const { AccessKey } = await ofUser.createAccessKey({ UserName: name });
    const value = { aws_access_key_id: AccessKey!.AccessKeyId!, aws_secret_access_key: AccessKey!.SecretAccessKey!, bot: 'token' };
    const { ARN } = await emulator.clients.secretsManager.createSecret({ Name: `${name}/key`, SecretString: JSON.stringify(value) });
    return new ByHand(emulator, ofUser, name, User!.Arn!, ARN!, value);
  }

  private constructor(
    private readonly emulator: Emulator,
    private readonly ofUser: Clients['iam'],
    public readonly name: string,
    public readonly userArn: string,
    public readonly secretArn: string,
    public readonly value: Readonly<Record<string, string>>,
  ) {}

  public get secretName(): string {
    return `${this.name}/key`;
  }

  /** The id of the key that it began with. */
  public get keyId(): string {
    return this.value.aws_access_key_id;
  }

  /** Deploys a rotation for them; `stack.outputs.FunctionName` is its function. */
  public async takeOver(props: (stack: Stack) => Partial<IamKeyRotationProps> = () => ({})): Promise<Deployment> {
    return this.emulator.deploy(this.app(props));
  }

  /** The app of `takeOver`, to update its stack. */
  public app(props: (stack: Stack) => Partial<IamKeyRotationProps>): (app: App) => Stack {
    return (app) => {
      const stack = new Stack(app, `Adopt-${this.name}`, { env: ENVIRONMENT });
      const rotation = new IamKeyRotation(stack, 'Rotation', {
        secret: Secret.fromSecretCompleteArn(stack, 'Secret', this.secretArn), user: iam.User.fromUserArn(stack, 'User', this.userArn), ...props(stack),
      });
      new CfnOutput(stack, 'FunctionName', { value: rotation.rotationFunction.functionName });
      new CfnOutput(stack, 'RoleArn', { value: rotation.rotationFunction.role!.roleArn });
      return stack;
    };
  }

  /** What the secret holds now. */
  public async current(): Promise<Record<string, string>> {
    const { SecretString } = await this.emulator.clients.secretsManager.getSecretValue({ SecretId: this.secretArn, VersionStage: 'AWSCURRENT' });
    return JSON.parse(SecretString!) as Record<string, string>;
  }

  /** Whether the secret holds just what it began with. Compared here: a difference would be printed. */
  public async isUnchanged(): Promise<boolean> {
    return JSON.stringify(await this.current()) === JSON.stringify(this.value);
  }

  /** The user's keys: the id of each, and whether it is active. */
  public async keys(): Promise<Record<string, string>> {
    const { AccessKeyMetadata = [] } = await this.ofUser.listAccessKeys({ UserName: this.name });
    return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId!, Status!]));
  }

  /** Whose key the secret holds now, by STS. */
  public async identity(): Promise<string> {
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = await this.current();
    return (await this.emulator.clientsFor({ accessKeyId, secretAccessKey }).sts.getCallerIdentity({})).Arn!;
  }
}
