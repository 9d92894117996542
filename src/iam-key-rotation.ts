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
   * The secret: a JSON object as text. A key of the user that it holds is taken over as it is, and so is every other field; if it holds no
   * key, it gets one.
   *
   * It may be imported, by its name or ARN. One that a customer managed key encrypts is imported by `Secret.fromSecretAttributes()`, with its
   * `encryptionKey`. No other function may rotate it.
   */
  readonly secret: secretsmanager.ISecret;

  /**
   * The user whose access key it is. No other rotation and no `AccessKey` may be made for it.
   *
   * Import a user that has a path by `User.fromUserArn()`: `User.fromUserName()` knows no path, and the rotation function would be
   * allowed to work on another user.
   */
  readonly user: iam.IUser;

  /**
   * What becomes of the keys when the rotation is removed from its stack. `RETAIN`: the secret keeps its key, which is rotated no more.
   * `DESTROY`: they are deleted, which a user that is deleted with the stack needs.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Rotates the access key of a user in a secret that exists already: one made in the console, or owned by another stack or by a construct
 * that is not `IamKeyRotationSecret`.
 *
 * A secret that holds a working key of its user is not rotated when it is taken over, and loses no field, then or later. The deployment fails,
 * and changes nothing, if the secret holds half a key, a key of somebody else or the fields of another preset, or if another function
 * rotates it.
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
  /** The user whose access key it is. */
  public readonly user: iam.IUser;

  /** The function that rotates the key: for alarms on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** The JSON field of the access key's id, as for `ecs.Secret.fromSecretsManager()`. */
  public readonly accessKeyIdField: string;

  /** The JSON field of the secret access key, as for `ecs.Secret.fromSecretsManager()`. */
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
   * Lets the key's own user read the secret, so that a host outside of AWS can fetch the next key with the one it has.
   *
   * At most, whoever holds a key of the user can read every value of the secret, and its description, and change nothing. So whoever steals such a
   * key can follow it through every rotation: restrict where the user may call from, for instance by a condition on `aws:SourceIp`.
   *
   * @param versionStages the staging labels of the versions that may be read; all of them if not given
   */
  public grantSelfRead(versionStages?: string[]): iam.Grant {
    return grantRead(this.secret, granteeIn(this, this.user), versionStages);
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
