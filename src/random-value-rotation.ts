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
   * The secret: a JSON object as text. Fields that it holds are taken over as they are, missing ones get a value, and every other field stays.
   *
   * It may be imported, by its name or ARN. One that a customer managed key encrypts is imported by `Secret.fromSecretAttributes()`, with its
   * `encryptionKey`. No other function may rotate it.
   */
  readonly secret: secretsmanager.ISecret;
}

/**
 * Rotates random values in a secret that exists already. It is not rotated when it is taken over, and stays as it is when the rotation is
 * removed.
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
  /** The function that rotates the values: for alarms on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** @internal */
  protected readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: RandomValueRotationProps) {
    super(scope, id, props.secret);
    this._rotation = new Rotation(this, 'Rotation', { ...props, secretIsRetained: 'true', kind: randomValueKind(props) });
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
