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
   * The secret: a JSON object as text. A credential that it holds is taken over as it is, and so is every other field; if it holds none, it gets
   * one.
   *
   * It may be imported, by its name or ARN. One that a customer managed key encrypts is imported by `Secret.fromSecretAttributes()`, with its
   * `encryptionKey`. No other function may rotate it.
   */
  readonly secret: secretsmanager.ISecret;

  /**
   * What becomes of the credentials when the rotation is removed from its stack. `RETAIN`: the secret keeps its credential, which is rotated no more.
   * `DESTROY`: they are revoked, where the service can, also the one that it held before, and also if the creation of the rotation is rolled back.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Rotates a credential of any kind in a secret that exists already, by a function of yours: see `CustomRotationSecret`. A credential that the secret holds is
 * tried when it is taken over, and not rotated.
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
  /** The function that rotates the credential: for alarms on its errors, and to be given what it needs to reach the service. */
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
