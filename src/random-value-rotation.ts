import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { randomValueKind } from './private/random-value-kind';
import { Rotation } from './private/rotation';
import { RotationOfExisting } from './private/rotation-of-existing';
import { RandomValueRotationOptions } from './random-value-rotation-options';

/** Properties of `RandomValueRotation`. */
export interface RandomValueRotationProps extends RandomValueRotationOptions {
  /**
   * The secret, whose value must be a JSON object as text. The rotation keeps the fields that it holds, and adds missing ones.
   *
   * You can import the secret by its name or ARN. If a customer managed key encrypts it, import it with `Secret.fromSecretAttributes()` and set
   * `encryptionKey`. No other function may rotate the secret.
   */
  readonly secret: secretsmanager.ISecret;
}

/**
 * Rotates random values in an existing secret. The deployment does not rotate the values that the secret already holds, and removing the rotation
 * leaves the secret unchanged.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 *
 * @example
 * new RandomValueRotation(this, 'Rotation', {
 *   secret: secretsmanager.Secret.fromSecretNameV2(this, 'Secret', 'web/session'),
 *   fields: { session_secret_key: RandomValue.hex(32) },
 * });
 */
export class RandomValueRotation extends RotationOfExisting {
  /** The function that rotates the values, for instance to set an alarm on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** @internal */
  protected readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: RandomValueRotationProps) {
    super(scope, id, props.secret);
    this._rotation = new Rotation(this, 'Rotation', { ...props, secretIsRetained: 'true', kind: randomValueKind(props) });
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
