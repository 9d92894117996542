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
    return this._rotation.grantRetire(crossAccountGrantee(grantee));
  }
}
