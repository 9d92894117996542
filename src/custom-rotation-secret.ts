import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CustomRotationOptions } from './custom-rotation-options';
import { customKind } from './private/custom-kind';
import { RotatedSecret } from './private/rotated-secret';
import { Rotation } from './private/rotation';
import { RotatedSecretProps } from './rotated-secret-props';

/** Properties of `CustomRotationSecret`. */
export interface CustomRotationSecretProps extends CustomRotationOptions, RotatedSecretProps {}

/**
 * A secret with a credential of any kind that a function of yours rotates: a token of a service, a password, a key of another cloud.
 *
 * You write how to issue, verify and revoke a credential, in about twenty lines with `rotationHandler()` of `cdk-iam-key-rotation/protocol`. The
 * construct does the rest: the grants, the permissions to invoke the function, the first credential at deployment, the schedule, the log group.
 *
 * A consumer in the same stack that reads the secret when it starts must wait for the first credential: `consumer.node.addDependency(secret)`.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 *
 * @example
 * const token = new CustomRotationSecret(this, 'Token', {
 *   code: lambda.Code.fromAsset('rotator'), // rotator/index.js exports `handler`
 *   environment: { SERVICE: 'https://service.example' },
 *   schedule: SecretRotationSchedule.rate(Duration.days(7)),
 * });
 * token.grantRead(taskDefinition.taskRole);
 */
export class CustomRotationSecret extends RotatedSecret {
  /** The function that rotates the credential, for instance to set an alarm on its errors, or to grant it what it needs to reach the service. */
  public readonly rotationFunction: lambda.Function;

  /** @internal */
  public readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, props: CustomRotationSecretProps) {
    super(scope, id, props, 'A credential. A rotation replaces it, and keeps every other field.');
    this._rotation = new Rotation(this, 'Rotation', { ...props, secret: this, secretIsRetained: this._isRetained, kind: customKind(props) });
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
