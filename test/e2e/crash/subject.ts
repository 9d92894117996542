// What the crash matrix kills: a function that rotates the key of a secret that was made by hand, and what is seen of it.
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AUTHORITIES, type AuthorityName, POLICIES, type PolicyName } from './combinations';
import type { Seen, SeenAtTheEnd } from './invariants';
import { IamKeyRotation } from '../../../src';
import { Deployment, Emulator, ENVIRONMENT, type Invocation, type RotationReport } from '../harness';

const OTHER_FIELDS = { bot: 'token', customerNumber: 4711 };
const MANAGE_KEYS = ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'].map((action) => `iam:${action}`);

interface ByHand {
  readonly user: string;
  readonly userArn: string;
  readonly secretArn: string;
}

/** A user with a path and a key, and a secret that holds it beside something else. */
async function byHand({ clients }: Emulator, user: string): Promise<ByHand> {
  const { User } = await clients.iam.createUser({ UserName: user, Path: '/robots/' });
  const { AccessKey } = await clients.iam.createAccessKey({ UserName: user });
  const value = { ...OTHER_FIELDS, aws_access_key_id: AccessKey!.AccessKeyId, aws_secret_access_key: AccessKey!.SecretAccessKey };
  const { ARN } = await clients.secretsManager.createSecret({ Name: `${user}/key`, SecretString: JSON.stringify(value) });
  return { user, userArn: User!.Arn!, secretArn: ARN! };
}

/** One function for each policy, in one stack: all with the same authority. */
export async function deploySubjects(emulator: Emulator, authority: AuthorityName, policies: readonly PolicyName[]): Promise<Subject[]> {
  const admin = await byHand(emulator, `${authority}-administrator`);
  const made = new Map<PolicyName, ByHand>();
  for (const policy of policies) made.set(policy, await byHand(emulator, `${authority}-${policy}`));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: MANAGE_KEYS, Resource: [...made.values()].map(({ userArn }) => userArn) }],
  });
  await emulator.clients.iam.putUserPolicy({ UserName: admin.user, PolicyName: 'keys', PolicyDocument });
  const stack = await emulator.deploy((app: App) => {
    const built = new Stack(app, `Crash-${authority}`, { env: ENVIRONMENT });
    for (const [policy, { secretArn, userArn }] of made) {
      const scope = new Construct(built, policy);
      const rotation = new IamKeyRotation(scope, 'Rotation', {
        secret: Secret.fromSecretCompleteArn(scope, 'Secret', secretArn),
        user: iam.User.fromUserArn(scope, 'User', userArn),
        authority: AUTHORITIES[authority]({ scope, adminSecret: () => Secret.fromSecretCompleteArn(scope, 'Admin', admin.secretArn) }),
        previousKeyPolicy: POLICIES[policy](),
      });
      new CfnOutput(built, `${policy}Function`, { value: rotation.rotationFunction.functionName });
    }
    return built;
  });
  return [...made].map(([policy, hand]) => new Subject(emulator, stack, authority, policy, hand, stack.outputs[`${policy}Function`]));
}

export class Subject {
  constructor(
    readonly emulator: Emulator,
    private readonly stack: Deployment,
    readonly authority: AuthorityName,
    readonly policy: PolicyName,
    private readonly made: ByHand,
    private readonly functionName: string,
  ) {}

  async rotate(token?: string): Promise<RotationReport> {
    return this.stack.rotate(this.made.secretArn, token);
  }

  /** Asks for the scheduled check, or says that nobody needs the replaced key: the first of the user's that is not the current one. */
  async retire(action: 'retireDue' | 'retire'): Promise<Invocation> {
    if (action === 'retireDue') return this.stack.invoke(this.functionName, { Action: action });
    const [{ aws_access_key_id: current }, keys] = [await this.value({ VersionStage: 'AWSCURRENT' }), await this.keys()];
    const replaced = Object.keys(keys).find((id) => id !== current);
    return replaced === undefined ? {} : this.stack.retire(this.functionName, replaced);
  }

  /** Gives the function other code than the project's. */
  async replaceCode(zip: Uint8Array): Promise<void> {
    await this.emulator.clients.lambda.updateFunctionCode({ FunctionName: this.functionName, ZipFile: zip });
  }

  /** Without asking more of the replaced keys than whether they are active: a use would protect them from the next try. */
  async look(): Promise<Seen> {
    const [value, keys] = await Promise.all([this.value({ VersionStage: 'AWSCURRENT' }), this.keys()]);
    return this.seen(value, keys, await this.works(value) ? [value.aws_access_key_id] : []);
  }

  async lookAtTheEnd(ended: boolean, since: number): Promise<SeenAtTheEnd> {
    const { secretsManager } = this.emulator.clients;
    const [current, keys, described] = await Promise.all([
      this.value({ VersionStage: 'AWSCURRENT' }), this.keys(), secretsManager.describeSecret({ SecretId: this.made.secretArn }),
    ]);
    const versions = Object.entries(described.VersionIdsToStages!).filter(([, stages]) => stages.length > 0);
    const values = (await Promise.all(versions.map(async ([VersionId]) => this.valueIfAny(VersionId)))).filter((value) => value !== undefined);
    const works: string[] = [];
    for (const value of values) if (await this.works(value)) works.push(value.aws_access_key_id);
    const labels = versions.flatMap(([, stages]) => stages);
    return {
      ...this.seen(current, keys, works),
      ended,
      recorded: [...labels, ...values.map(({ aws_access_key_id: id }) => id)],
      isPending: versions.some(([, stages]) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT')),
      leaks: await this.leaks(since),
    };
  }

  private seen(value: Record<string, unknown>, keys: Seen['keys'], works: string[]): Seen {
    const otherFieldsKept = Object.entries(OTHER_FIELDS).every(([field, content]) => value[field] === content);
    return { current: value.aws_access_key_id as string, keys, works, otherFieldsKept };
  }

  private async value(which: { VersionStage: string } | { VersionId: string }): Promise<Record<string, string>> {
    const { SecretString } = await this.emulator.clients.secretsManager.getSecretValue({ SecretId: this.made.secretArn, ...which });
    return JSON.parse(SecretString!) as Record<string, string>;
  }

  /** A version that was only registered has none. */
  private async valueIfAny(VersionId: string): Promise<Record<string, string> | undefined> {
    try {
      return await this.value({ VersionId });
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  private async keys(): Promise<Seen['keys']> {
    const { AccessKeyMetadata = [] } = await this.emulator.clients.iam.listAccessKeys({ UserName: this.made.user });
    return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId!, Status as 'Active' | 'Inactive']));
  }

  /** Signs a call with a key. */
  private async works({ aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey }: Record<string, string>): Promise<boolean> {
    const clients = this.emulator.clientsFor({ accessKeyId, secretAccessKey });
    try {
      return (await clients.sts.getCallerIdentity({})).Arn === this.made.userArn;
    } catch (error) {
      if ((error as Error).name === 'InvalidClientTokenId') return false; // gone, or inactive
      throw error;
    } finally {
      clients.destroy();
    }
  }

  private async leaks(since: number): Promise<number> {
    const issued = await this.emulator.controls.issuedSecrets();
    const lines = await this.stack.logText(this.functionName, since);
    return lines.filter((line) => issued.some((secret) => line.includes(secret))).length;
  }
}
