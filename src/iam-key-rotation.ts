import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AccessKeyFields } from './access-key-fields';
import { IamKeyRotationOptions } from './iam-key-rotation-options';
import { grantRead, crossAccountGrantee } from './private/grants';
import { iamKeyKind } from './private/iam-key-kind';
import { isRetained } from './private/retention';
import { Rotation } from './private/rotation';
import { RotationOfExisting } from './private/rotation-of-existing';
import { granteeIn } from './private/user-of-another-stack';

/** Properties of `IamKeyRotation`. */
export interface IamKeyRotationProps extends IamKeyRotationOptions {
  /**
   * The secret, whose value must be a JSON object as text. The rotation keeps a key of the user that it holds, and every other field. If it holds
   * no key, the deployment adds one.
   *
   * You can import the secret by its name or ARN. If a customer managed key encrypts it, import it with `Secret.fromSecretAttributes()` and set
   * `encryptionKey`. No other function may rotate the secret.
   */
  readonly secret: secretsmanager.ISecret;

  /**
   * The user whose access key is rotated. It must have no other rotation and no `AccessKey`.
   *
   * Import a user that has a path with `User.fromUserArn()`. `User.fromUserName()` does not know the path, and the rotation function would get
   * rights on a different user.
   */
  readonly user: iam.IUser;

  /**
   * What happens to the keys when the rotation is removed from its stack. `RETAIN` keeps them; they are no longer rotated. `DESTROY` deletes them,
   * which is required if the stack also deletes the user.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Rotates the access key of a user in an existing secret: one created in the console, or owned by another stack or by a construct other than
 * `IamKeyRotationSecret`.
 *
 * The deployment does not rotate a secret that holds a working key of its user, and no rotation removes a field. The deployment fails and changes
 * nothing if the secret holds half a key, a key of another user, or the fields of another preset, or if another function rotates it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 *
 * @example
 * const rotation = new IamKeyRotation(this, 'Rotation', {
 *   secret: secretsmanager.Secret.fromSecretNameV2(this, 'Secret', 'uploader/key'),
 *   user: iam.User.fromUserArn(this, 'User', 'arn:aws:iam::111122223333:user/robots/uploader'),
 *   fields: AccessKeyFields.COMPACT,
 * });
 * rotation.grantRotate(administrators);
 */
export class IamKeyRotation extends RotationOfExisting {
  /** The user whose access key is rotated. */
  public readonly user: iam.IUser;

  /** The function that rotates the key, for instance to set an alarm on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** The JSON field of the access key's id, for instance for `ecs.Secret.fromSecretsManager()`. */
  public readonly accessKeyIdField: string;

  /** The JSON field of the secret access key, for instance for `ecs.Secret.fromSecretsManager()`. */
  public readonly secretAccessKeyField: string;

  /** @internal */
  protected readonly _rotation: Rotation;

  private readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, props: IamKeyRotationProps) {
    super(scope, id, props.secret);
    this.secret = props.secret;
    this.user = props.user;
    const fields = props.fields ?? AccessKeyFields.AWS_CONFIG;
    this.accessKeyIdField = fields.accessKeyId;
    this.secretAccessKeyField = fields.secretAccessKey;
    this._rotation = new Rotation(this, 'Rotation', {
      ...props,
      secretIsRetained: String(isRetained(this, props.removalPolicy)),
      kind: iamKeyKind({ ...props, fields, ownsUser: false }),
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
    return grantRead(this.secret, granteeIn(this, this.user), versionStages);
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
