import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CredentialRotation } from './private/credential-rotation';
import { RotatedSecret } from './private/rotated-secret';
import { SecretRotation } from './private/secret-rotation';
import { RotationFunctionOptions } from './rotation-function-options';
import { SecretRotationSchedule } from './secret-rotation-schedule';

/** What rotates a credential, and when. */
export interface CustomRotationOptions {
  /**
   * The code of the rotation function, for Node.js: its handler is made by `rotationHandler()` of `cdk-iam-key-rotation/protocol`.
   *
   * It is one bundle, or a folder with its `node_modules`: the kit is in it, the AWS SDK need not be, as Lambda has it. For instance
   * `lambda.Code.fromCustomCommand('dist/rotator', ['npx', 'esbuild', 'rotator.ts', '--bundle', '--platform=node', '--external:@aws-sdk/*', '--outfile=dist/rotator/index.js'])`.
   */
  readonly code: lambda.Code;

  /**
   * The file and the name under which the handler is exported.
   *
   * @default 'index.handler'
   */
  readonly handler?: string;

  /**
   * Environment variables of the function, such as the address of the service. `SETTINGS` is the construct's own. They can be read by whoever may look at the
   * function: no secret belongs here.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * When the credential is rotated.
   *
   * @default SecretRotationSchedule.rate(Duration.days(30))
   */
  readonly schedule?: SecretRotationSchedule;

  /**
   * How long a replaced credential is sure to live, where the service can revoke one: it is revoked when the next one is made after that. Every consumer must
   * have read the new one by then. Together with the function's timeout at most the time between two scheduled rotations.
   *
   * @default - 7 days, or half the time between two scheduled rotations if that is shorter
   */
  readonly overlap?: Duration;

  /**
   * How the rotation function runs. It must reach Secrets Manager and the service.
   *
   * @default - 256 MB, 5 minutes, outside of your networks, its own log group
   */
  readonly functionOptions?: RotationFunctionOptions;
}

/** What rotates a credential, and the secret that holds it. */
export interface CustomRotationSecretProps extends CustomRotationOptions {
  /**
   * The customer key that encrypts the secret.
   *
   * @default - the AWS managed key `aws/secretsmanager`, which cannot be used from other accounts
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Regions to replicate the secret to. It is rotated in the stack's region.
   *
   * @default - the secret is not replicated
   */
  readonly replicaRegions?: secretsmanager.ReplicaRegion[];

  /**
   * A name for the secret. Another name makes another secret, with a new credential in it.
   *
   * @default - a name made by CloudFormation
   */
  readonly secretName?: string;

  /**
   * A description of the secret.
   *
   * @default - a sentence that says that the credential is rotated
   */
  readonly description?: string;

  /**
   * What becomes of the secret when it is removed from its stack. `DESTROY`: it is deleted, and its credentials are revoked where the service can.
   * `RETAIN`: it stays with its credential, which is rotated no more.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A secret with a credential of any kind that a function of yours rotates: a token of a service, a password, a key of another cloud. You write how one is
 * made, tried and revoked, in some twenty lines with `rotationHandler()` of `cdk-iam-key-rotation/protocol`; the rest is here: the grants, who may invoke the
 * function, the first credential at deployment, the schedule, the log group.
 *
 * A consumer of the same stack that reads the secret when it starts must wait for the first credential: `consumer.node.addDependency(secret)`.
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
  /** The function that rotates the credential: for alarms on its errors, and to be given what it needs to reach the service. */
  public readonly rotationFunction: lambda.Function;

  /** @internal */
  public readonly _rotation: SecretRotation;

  constructor(scope: Construct, id: string, props: CustomRotationSecretProps) {
    const { secretName, description, encryptionKey, replicaRegions, removalPolicy, ...options } = props;
    super(scope, id, {
      secretName, description: description ?? 'A credential. A rotation replaces it, and keeps every other field.', encryptionKey, replicaRegions, removalPolicy,
    });
    this._rotation = new CredentialRotation(this, 'Rotation', { ...options, secret: this, secretIsRetained: this._isRetained }).rotation;
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
