import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { RotatedSecret } from './private/rotated-secret';
import { SecretRotation } from './private/secret-rotation';
import { ValueRotation } from './private/value-rotation';
import { RandomValue } from './random-value';
import { RotationFunctionOptions } from './rotation-function-options';
import { SecretRotationSchedule } from './secret-rotation-schedule';

/** Which values are random, and how they are rotated. */
export interface RandomValueRotationOptions {
  /**
   * The names of the JSON fields, and what each holds. Every other field of the secret is kept through every rotation.
   *
   * A field that is added later gets its first value at the deployment that adds it; the others keep theirs until the next rotation.
   * One that is taken out stays in the secret as it is, and is rotated no more. A changed length or set counts from the next rotation on.
   * Together they must fit into 65,536 bytes.
   */
  readonly fields: { [name: string]: RandomValue };

  /**
   * When the values are rotated.
   *
   * @default SecretRotationSchedule.rate(Duration.days(30))
   */
  readonly schedule?: SecretRotationSchedule;

  /**
   * A function that is asked whether new values work, before they become current. It is invoked with `{ "SecretArn": "…", "VersionId": "…" }`,
   * never with a value; it gets the right to read that version, unless it is imported without its role. It refuses values that do not work by failing (throwing), or by answering `false`. It may be
   * asked about one version several times, and is also asked about the first values and, when a schedule is set up, about the current ones.
   *
   * A rotation whose values it has not accepted an hour after its start is given up, and the current values stay. What it says in an error is in
   * its own log alone.
   *
   * @default - values are only checked for being as asked for
   */
  readonly checkFunction?: lambda.IFunction;

  /**
   * How the rotation function runs.
   *
   * @default - 256 MB, 5 minutes, outside of your networks, its own log group
   */
  readonly functionOptions?: RotationFunctionOptions;
}

/** Which values are random, how they are rotated, and the secret that holds them. */
export interface RandomValueRotationSecretProps extends RandomValueRotationOptions {
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
   * A name for the secret. Another name makes another secret, with new values in it.
   *
   * @default - a name made by CloudFormation
   */
  readonly secretName?: string;

  /**
   * A description of the secret.
   *
   * @default - a sentence that says that the values are rotated
   */
  readonly description?: string;

  /**
   * What becomes of the secret when it is removed from its stack. `DESTROY` or `RETAIN`.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A secret with random values, such as session keys, signing keys or passwords, that are there from the deployment on and are replaced
 * on a schedule.
 *
 * The replaced values stay readable at `AWSPREVIOUS` until the next rotation, or until somebody writes the secret: an app that reads both versions
 * accepts what was signed with either.
 *
 * A consumer of the same stack that reads the secret when it starts must wait for the first values: `consumer.node.addDependency(secret)`.
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
  /** The function that rotates the values: for alarms on its errors. */
  public readonly rotationFunction: lambda.IFunction;

  /** @internal */
  public readonly _rotation: SecretRotation;

  constructor(scope: Construct, id: string, props: RandomValueRotationSecretProps) {
    super(scope, id, {
      secretName: props.secretName,
      description: props.description ?? 'Random values. A rotation replaces them, and keeps every other field.',
      encryptionKey: props.encryptionKey,
      replicaRegions: props.replicaRegions,
      removalPolicy: props.removalPolicy,
    });
    this._rotation = new ValueRotation(this, 'Rotation', {
      secret: this,
      secretIsRetained: this._isRetained,
      fields: props.fields,
      schedule: props.schedule,
      checkFunction: props.checkFunction,
      grantRead: (grantee) => this.grantRead(grantee),
      functionOptions: props.functionOptions,
    }).rotation;
    this.rotationFunction = this._rotation.rotationFunction;
  }
}
