import { RemovalPolicy } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CustomRotationOptions } from './custom-rotation-options';
import { customKind } from './private/custom-kind';
import { isRetained } from './private/retention';
import { Rotation } from './private/rotation';
import { RotationOfExisting } from './private/rotation-of-existing';

/** Properties of `CustomRotation`. */
export interface CustomRotationProps extends CustomRotationOptions {
  /**
   * The secret, whose value must be a JSON object as text. The rotation keeps a credential that it holds, and every other field. If it holds no
   * credential, the deployment adds one.
   *
   * You can import the secret by its name or ARN. If a customer managed key encrypts it, import it with `Secret.fromSecretAttributes()` and set
   * `encryptionKey`. No other function may rotate the secret.
   */
  readonly secret: secretsmanager.ISecret;

  /**
   * What happens to the credentials when the rotation is removed from its stack. `RETAIN` keeps them; they are no longer rotated.
   *
   * `DESTROY` revokes them if the service can revoke credentials. That includes the one that the secret held before, and a rollback of the
   * rotation's creation revokes them too.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Rotates a credential of any kind in an existing secret with a function of yours: see `CustomRotationSecret`. The deployment verifies a credential
 * that the secret already holds, and does not rotate it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 *
 * @example
 * new CustomRotation(this, 'Rotation', {
 *   secret: secretsmanager.Secret.fromSecretNameV2(this, 'Secret', 'shop/payment-token'),
 *   code: lambda.Code.fromAsset('rotator'),
 * });
 */
export class CustomRotation extends RotationOfExisting {
  /** The function that rotates the credential, for instance to set an alarm on its errors, or to grant it what it needs to reach the service. */
  public readonly rotationFunction: lambda.Function;

  /** @internal */
  protected readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: CustomRotationProps) {
    super(scope, id, props.secret);
    this._rotation = new Rotation(this, 'Rotation', {
      ...props, secretIsRetained: String(isRetained(this, props.removalPolicy)), kind: customKind(props),
    });
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
