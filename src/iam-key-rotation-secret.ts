import { Aspects } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { AccessKeyFields } from './access-key-fields';
import { IamKeyRotationOptions } from './iam-key-rotation-options';
import { crossAccountGrantee } from './private/grants';
import { iamKeyKind } from './private/iam-key-kind';
import { FollowRetention, AFTER_POLICY_CHANGES } from './private/retention';
import { RotatedSecret } from './private/rotated-secret';
import { Rotation } from './private/rotation';
import { granteeIn } from './private/user-of-another-stack';
import { RotatedSecretProps } from './rotated-secret-props';

/** Properties of `IamKeyRotationSecret`. */
export interface IamKeyRotationSecretProps extends IamKeyRotationOptions, RotatedSecretProps {
  /**
   * The user whose access key is rotated. It must have no other rotation and no `AccessKey`.
   *
   * A second rotation in the app fails the synthesis. Users of the same name in two stacks without an explicit account are not compared, because
   * the stacks may be deployed to different accounts.
   *
   * Import a user that has a path with `User.fromUserArn()`. `User.fromUserName()` does not know the path, and the rotation function would get
   * rights on a different user.
   *
   * @default - a new user without permissions
   */
  readonly user?: iam.IUser;
}

/**
 * A secret that holds a valid access key of an IAM user from the deployment on, and replaces it on a schedule. The replaced key stays valid until
 * every consumer has had time to read the new one.
 *
 * A consumer in the same stack that reads the secret when it starts must wait for the first key: `consumer.node.addDependency(secret)`.
 *
 * Prefer a role wherever you can use one: then there is nothing to rotate.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
 *
 * @example
 * const key = new IamKeyRotationSecret(this, 'UploaderKey');
 * bucket.grantReadWrite(key.user); // what the key allows
 * key.grantRead(taskDefinition.taskRole); // who can read the key
 *
 * const service = new ecs.FargateService(this, 'Uploader', { cluster, taskDefinition });
 * service.node.addDependency(key); // waits for the first key
 */
export class IamKeyRotationSecret extends RotatedSecret {
  /** The user whose access key is rotated. */
  public readonly user: iam.IUser;

  /** The function that rotates the key, for instance to set an alarm on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** The JSON field of the access key's id, for instance for `ecs.Secret.fromSecretsManager()`. */
  public readonly accessKeyIdField: string;

  /** The JSON field of the secret access key, for instance for `ecs.Secret.fromSecretsManager()`. */
  public readonly secretAccessKeyField: string;

  /** @internal */
  public readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: IamKeyRotationSecretProps = {}) {
    super(scope, id, props, 'The access key of an IAM user. A rotation replaces the key, and keeps every other field.');
    this.user = props.user ?? new iam.User(this, 'User');
    if (props.user === undefined) {
      Aspects.of(this.user).add(new FollowRetention(this._resource), { priority: AFTER_POLICY_CHANGES });
    }
    const fields = props.fields ?? AccessKeyFields.AWS_CONFIG;
    this.accessKeyIdField = fields.accessKeyId;
    this.secretAccessKeyField = fields.secretAccessKey;
    this._rotation = new Rotation(this, 'Rotation', {
      ...props,
      secret: this,
      secretIsRetained: this._isRetained,
      kind: iamKeyKind({ ...props, fields, user: this.user, ownsUser: props.user === undefined }),
    });
    this.rotationFunction = this._rotation.rotationFunction;
  }

  /**
   * Allows the user whose key it is to read the secret, so that a host outside AWS can fetch the next key with the key it has.
   *
   * Anyone who holds a key of the user can then read every value of the secret and its description, and change nothing. Risk: a thief can use a
   * stolen key to read every later key. Restrict where the user may call from, for instance with a condition on `aws:SourceIp`.
   *
   * @param versionStages the staging labels of the versions that the user may read; all versions by default
   */
  public grantSelfRead(versionStages?: string[]): iam.Grant {
    return this.grantRead(granteeIn(this, this.user), versionStages);
  }

  /**
   * Allows a principal to retire a replaced key at once, when every consumer has switched to the new one.
   *
   * Grants `DescribeSecret` on the secret, which names the rotation function, and the right to invoke that function by its alias `retirement` with
   * `{"Action":"retire","KeyId":"AKIA…"}` (`aws lambda invoke --qualifier retirement`).
   *
   * The principal can read the secret's description, and delete replaced keys of this secret by their ids, regardless of overlap and use. It cannot
   * delete the current key, the pending key, or a key that the secret does not record.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
   * @param grantee the principal that may retire keys
   */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    return this._rotation.grantRetire(crossAccountGrantee(grantee));
  }
}
