import { Aspects, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AccessKeyFields } from './access-key-fields';
import { PreviousKeyPolicy } from './previous-key-policy';
import { withoutNamesake } from './private/grants';
import { KeyRotation } from './private/key-rotation';
import { FollowRetention, LATE_PRIORITY } from './private/retention';
import { RotatedSecret } from './private/rotated-secret';
import { SecretRotation } from './private/secret-rotation';
import { granteeIn } from './private/user-of-another-stack';
import { RotationAuthority } from './rotation-authority';
import { RotationFunctionOptions } from './rotation-function-options';
import { SecretRotationSchedule } from './secret-rotation-schedule';
import { UnrecordedKeyPolicy } from './unrecorded-key-policy';

/** Whose key is kept in a secret, and how it is rotated. */
export interface IamKeyRotationSecretProps {
  /**
   * The user whose access key it is. No other rotation and no `AccessKey` may be made for it.
   *
   * A second one in the app is refused at synthesis; users of the same name in two stacks whose account is not set are not compared,
   * as the stacks may go to two accounts.
   *
   * Import a user that has a path by `User.fromUserArn()`: `User.fromUserName()` knows no path, and the rotation function would be
   * allowed to work on another user.
   *
   * @default - a new user without any permissions
   */
  readonly user?: iam.IUser;

  /**
   * The names of the JSON fields that hold the key. They cannot be changed once there is a key.
   *
   * @default AccessKeyFields.AWS_CONFIG
   */
  readonly fields?: AccessKeyFields;

  /**
   * When the key is rotated.
   *
   * @default SecretRotationSchedule.rate(Duration.days(30))
   */
  readonly schedule?: SecretRotationSchedule;

  /**
   * Whose credentials call IAM to make and delete keys.
   *
   * @default RotationAuthority.executionRole()
   */
  readonly authority?: RotationAuthority;

  /**
   * What becomes of the key that a rotation replaces.
   *
   * @default PreviousKeyPolicy.keepUntilNextRotation()
   */
  readonly previousKeyPolicy?: PreviousKeyPolicy;

  /**
   * What becomes of keys of the user that the secret does not record.
   *
   * @default - `UnrecordedKeyPolicy.KEEP` for a user that is given, `UnrecordedKeyPolicy.RECLAIM_UNUSED` for one that is made here
   */
  readonly unrecordedKeyPolicy?: UnrecordedKeyPolicy;

  /**
   * The customer key that encrypts the secret.
   *
   * @default - the AWS managed key `aws/secretsmanager`, which cannot be used from other accounts
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Regions to replicate the secret to. It is rotated in the stack's region.
   *
   * @default - the secret is not replicated
   */
  readonly replicaRegions?: secretsmanager.ReplicaRegion[];

  /**
   * A name for the secret. Another name makes another secret, and a new key in it.
   *
   * @default - a name made by CloudFormation
   */
  readonly secretName?: string;

  /**
   * A description of the secret.
   *
   * @default - a sentence that says that the key is rotated
   */
  readonly description?: string;

  /**
   * What becomes of the secret and its keys, and of a user that was made for it, when it is removed from its stack. `DESTROY` or
   * `RETAIN`.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How the rotation function runs.
   *
   * @default - 256 MB, 5 minutes, outside of your networks, its own log group
   */
  readonly functionOptions?: RotationFunctionOptions;
}

/**
 * A secret that holds a valid access key of an IAM user from the moment it is deployed, and replaces it on a schedule. The replaced
 * key, the one that was current before, goes on working until every consumer has had the time to read the new one.
 *
 * A consumer of the same stack that reads the secret when it starts must wait for the first key:
 * `consumer.node.addDependency(secret)`.
 *
 * Prefer a role wherever one can be used, and nothing has to be rotated.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
 *
 * @example
 * const key = new IamKeyRotationSecret(this, 'UploaderKey');
 * bucket.grantReadWrite(key.user); // what the key may do
 * key.grantRead(taskDefinition.taskRole); // who may use the key
 *
 * const service = new ecs.FargateService(this, 'Uploader', { cluster, taskDefinition });
 * service.node.addDependency(key); // waits for the first key
 */
export class IamKeyRotationSecret extends RotatedSecret {
  /** The user whose access key it is. */
  public readonly user: iam.IUser;

  /** The function that rotates the key: for alarms on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** The JSON field of the access key's id, as for `ecs.Secret.fromSecretsManager()`. */
  public readonly accessKeyIdField: string;

  /** The JSON field of the secret access key, as for `ecs.Secret.fromSecretsManager()`. */
  public readonly secretAccessKeyField: string;

  /** @internal */
  public readonly _rotation: SecretRotation;

  private readonly keyRotation: KeyRotation;

  constructor(scope: Construct, id: string, props: IamKeyRotationSecretProps = {}) {
    super(scope, id, {
      secretName: props.secretName,
      description: props.description ?? 'The access key of an IAM user. A rotation replaces the key, and keeps every other field.',
      encryptionKey: props.encryptionKey,
      replicaRegions: props.replicaRegions,
      removalPolicy: props.removalPolicy,
    });

    this.user = props.user ?? new iam.User(this, 'User');
    if (props.user === undefined) {
      Aspects.of(this.user).add(new FollowRetention(this._resource), { priority: LATE_PRIORITY });
    }
    this.keyRotation = new KeyRotation(this, 'Rotation', {
      secret: this,
      secretIsRetained: this._isRetained,
      user: this.user,
      ownsUser: props.user === undefined,
      fields: props.fields,
      schedule: props.schedule,
      authority: props.authority,
      previousKeyPolicy: props.previousKeyPolicy,
      unrecordedKeyPolicy: props.unrecordedKeyPolicy,
      functionOptions: props.functionOptions,
    });
    this._rotation = this.keyRotation.rotation;
    this.rotationFunction = this._rotation.rotationFunction;
    this.accessKeyIdField = this.keyRotation.fields.accessKeyId;
    this.secretAccessKeyField = this.keyRotation.fields.secretAccessKey;
  }

  /**
   * Lets the key's own user read the secret, so that a host outside of AWS can fetch the next key with the one it has.
   *
   * At most, whoever holds a key of the user can read every value of the secret, and its description, and change nothing. So whoever steals such a
   * key can follow it through every rotation: restrict where the user may call from, for instance by a condition on `aws:SourceIp`.
   *
   * @param versionStages the staging labels of the versions that may be read; all of them if not given
   */
  public grantSelfRead(versionStages?: string[]): iam.Grant {
    return this.grantRead(granteeIn(this, this.user), versionStages);
  }

  /**
   * Lets a principal retire a replaced key at once, when every consumer has switched: `DescribeSecret` on the secret, which names the
   * rotation function, and the right to invoke that function by its alias `retirement`, with `{"Action":"retire","KeyId":"AKIA…"}`
   * (`aws lambda invoke --qualifier retirement`).
   *
   * At most, whoever has it can look at the secret's description and delete replaced keys of this secret, each by its id, whatever their overlap and
   * use: never the current or the pending key, and no key that the secret does not record.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
   * @param grantee who may retire
   */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    return this._rotation.grantRetire(withoutNamesake(grantee));
  }
}
