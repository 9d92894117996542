import { Aspects, CfnDeletionPolicy, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AccessKeyFields } from './access-key-fields';
import { PreviousKeyPolicy } from './previous-key-policy';
import { grantReadWithKey, grantWriteWithKey, withoutNamesake } from './private/grants';
import { KeyRotation } from './private/key-rotation';
import { assertPlaceholder, PLACEHOLDER } from './private/placeholder';
import { deletionPolicy, FollowRetention, LATE_PRIORITY, refuseRetainExceptOnCreate } from './private/retention';
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
   * @default UnrecordedKeyPolicy.RECLAIM_UNUSED
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
export class IamKeyRotationSecret extends secretsmanager.Secret implements ec2.IConnectable {
  /** The user whose access key it is. */
  public readonly user: iam.IUser;

  /** The function that rotates the key: for alarms on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** The JSON field of the access key's id, as for `ecs.Secret.fromSecretsManager()`. */
  public readonly accessKeyIdField: string;

  /** The JSON field of the secret access key, as for `ecs.Secret.fromSecretsManager()`. */
  public readonly secretAccessKeyField: string;

  private readonly rotation: KeyRotation;

  constructor(scope: Construct, id: string, props: IamKeyRotationSecretProps = {}) {
    super(scope, id, {
      secretName: props.secretName,
      description: props.description ?? 'The access key of an IAM user. A rotation replaces the key, and keeps every other field.',
      encryptionKey: props.encryptionKey,
      replicaRegions: props.replicaRegions,
      removalPolicy: props.removalPolicy,
      generateSecretString: PLACEHOLDER,
    });
    assertPlaceholder(this);

    const secret = this.node.defaultChild as secretsmanager.CfnSecret;
    this.node.addValidation({ validate: () => refuseRetainExceptOnCreate(secret) });

    this.user = props.user ?? new iam.User(this, 'User');
    if (props.user === undefined) {
      Aspects.of(this.user).add(new FollowRetention(secret), { priority: LATE_PRIORITY });
    }
    this.rotation = new KeyRotation(this, 'Rotation', {
      secret: this,
      secretIsRetained: Lazy.string({ produce: () => String(deletionPolicy(secret) === CfnDeletionPolicy.RETAIN) }),
      user: this.user,
      ownsUser: props.user === undefined,
      fields: props.fields,
      schedule: props.schedule,
      authority: props.authority,
      previousKeyPolicy: props.previousKeyPolicy,
      unrecordedKeyPolicy: props.unrecordedKeyPolicy,
      functionOptions: props.functionOptions,
    });
    this.rotationFunction = this.rotation.rotationFunction;
    this.accessKeyIdField = this.rotation.fields.accessKeyId;
    this.secretAccessKeyField = this.rotation.fields.secretAccessKey;
  }

  /** The network connections of the rotation function. Fails if `functionOptions` name no `vpc`. */
  public get connections(): ec2.Connections {
    return this.rotation.connections();
  }

  /**
   * Lets a principal read the secret, and so use the key.
   *
   * Works for every kind of principal and of encryption key. A principal of another account needs a customer key; what the owner of
   * an imported key has to allow is said in a warning. Whether an imported user is of another account can only be told in a stack
   * whose account is set.
   *
   * @param grantee who may read
   * @param versionStages the staging labels of the versions that may be read; all of them if not given
   */
  public override grantRead(grantee: iam.IGrantable, versionStages?: string[]): iam.Grant {
    const reader = withoutNamesake(grantee);
    return this.encryptionKey === undefined
      ? super.grantRead(reader, versionStages)
      : grantReadWithKey(this, this.encryptionKey, reader, versionStages);
  }

  /**
   * Lets a principal write the secret: for its other fields. A key that is written by hand is not managed.
   *
   * Works for every kind of principal and of encryption key, as `grantRead()` does.
   *
   * @param grantee who may write
   */
  public override grantWrite(grantee: iam.IGrantable): iam.Grant {
    const writer = withoutNamesake(grantee);
    return this.encryptionKey === undefined ? super.grantWrite(writer) : grantWriteWithKey(this, this.encryptionKey, writer);
  }

  /**
   * Lets the key's own user read the secret, so that a host outside of AWS can fetch the next key with the one it has.
   *
   * Whoever steals such a key can follow it through every rotation: restrict where the user may call from, for instance by a condition
   * on `aws:SourceIp`.
   *
   * @param versionStages the staging labels of the versions that may be read; all of them if not given
   */
  public grantSelfRead(versionStages?: string[]): iam.Grant {
    return this.grantRead(granteeIn(this, this.user), versionStages);
  }

  /**
   * Lets a principal start a rotation, and look up how it goes: `RotateSecret` and `DescribeSecret` on the secret, and the right to
   * invoke the rotation function, which Secrets Manager asks of its caller.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   * @param grantee who may rotate
   */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this.rotation.grantRotate(withoutNamesake(grantee));
  }

  /**
   * Lets a principal retire the replaced key at once, when every consumer has switched: `DescribeSecret` on the secret, which names the
   * rotation function, and the right to invoke that function, with `{"Action":"retire","SecretId":"…"}`.
   *
   * Whoever may invoke the function may have it do all that it does.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
   * @param grantee who may retire
   */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    return this.rotation.grantRetire(withoutNamesake(grantee));
  }

  /**
   * Not for this secret, it is rotated already: fails. Use the `schedule` prop.
   *
   * @param id not used
   * @param options not used
   */
  public override addRotationSchedule(id: string, options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    void options;
    throw new Error(`'addRotationSchedule' must not be called on ${this.node.path}, got: '${id}': a secret has one rotation, and this one has it already, `
      + "use the 'schedule' prop");
  }

  /**
   * Not for this secret: fails. CloudFormation would write what it knows of the target into the live value.
   *
   * @param target not used
   */
  public override attach(target: secretsmanager.ISecretAttachmentTarget): secretsmanager.ISecret {
    void target;
    throw new Error(`'attach' must not be called on ${this.node.path}: CloudFormation would write into the live value, `
      + 'use another secret for the target');
  }
}
