import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { randomValueKind } from './private/random-value-kind';
import { RotatedSecret } from './private/rotated-secret';
import { Rotation } from './private/rotation';
import { RandomValueRotationOptions } from './random-value-rotation-options';
import { RotatedSecretProps } from './rotated-secret-props';

/** Properties of `RandomValueRotationSecret`. */
export interface RandomValueRotationSecretProps extends RandomValueRotationOptions, RotatedSecretProps {}

/**
 * A secret with random values, such as session keys, signing keys or passwords. It holds values from the deployment on, and replaces them on a
 * schedule.
 *
 * The replaced values can be read at `AWSPREVIOUS` until the next rotation, or until someone writes the secret. An app that reads both versions
 * accepts what was signed with either.
 *
 * A consumer in the same stack that reads the secret when it starts must wait for the first values: `consumer.node.addDependency(secret)`.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
 *
 * @example
 * const session = new RandomValueRotationSecret(this, 'Session', {
 *   fields: { session_secret_key: RandomValue.characters(32) },
 *   schedule: SecretRotationSchedule.rate(Duration.hours(4)),
 * });
 * session.grantRead(taskDefinition.taskRole);
 */
export class RandomValueRotationSecret extends RotatedSecret {
  /** The function that rotates the values, for instance to set an alarm on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** @internal */
  public readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: RandomValueRotationSecretProps) {
    super(scope, id, props, 'Random values. A rotation replaces them, and keeps every other field.');
    this._rotation = new Rotation(this, 'Rotation', { ...props, secret: this, secretIsRetained: this._isRetained, kind: randomValueKind(props) });
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
