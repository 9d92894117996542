/** A secret that is created with its rotation: what all such constructs share, whatever the secret holds. */
import { Annotations, CfnDeletionPolicy, Lazy, SecretValue } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { grantReadWithKey, grantWriteWithKey, crossAccountGrantee } from './grants';
import { assertPlaceholder, PLACEHOLDER } from './placeholder';
import { deletionPolicy, refuseRetainExceptOnCreate } from './retention';
import { Rotation } from './rotation';
import { RotatedSecretProps } from '../rotated-secret-props';

/** @internal */
export abstract class RotatedSecret extends secretsmanager.Secret implements ec2.IConnectable {
  /** @internal */
  public abstract readonly _rotation: Rotation;

  /** @internal */
  protected readonly _resource: secretsmanager.CfnSecret;

  constructor(scope: Construct, id: string, props: RotatedSecretProps, defaultDescription: string) {
    const { secretName, description = defaultDescription, encryptionKey, replicaRegions, removalPolicy } = props;
    super(scope, id, { secretName, description, encryptionKey, replicaRegions, removalPolicy, generateSecretString: PLACEHOLDER });
    assertPlaceholder(this);
    this._resource = this.node.defaultChild as secretsmanager.CfnSecret;
    this.node.addValidation({ validate: () => refuseRetainExceptOnCreate(this._resource) });
  }

  /**
   * 'true' or 'false' when the template is rendered.
   *
   * @internal
   */
  protected get _isRetained(): string {
    return Lazy.string({ produce: () => String(deletionPolicy(this._resource) === CfnDeletionPolicy.RETAIN) });
  }

  /** The network connections of the rotation function. Throws unless `functionOptions` has a `vpc`. */
  public get connections(): ec2.Connections {
    return this._rotation.connections;
  }

  /**
   * Allows a principal to read the secret.
   *
   * This works for every kind of principal and of encryption key. A principal of another account requires a customer managed key. If that key is
   * imported, a warning says what its owner must allow. Set the stack's account if you grant to an imported user of another account; otherwise the
   * construct cannot recognize it.
   *
   * The principal can read the secret's description and every value, of all versions or of those with the given labels. It cannot change anything or
   * start a rotation.
   *
   * @param grantee the principal that may read the secret
   * @param versionStages the staging labels of the versions that the principal may read; all versions by default
   */
  public override grantRead(grantee: iam.IGrantable, versionStages?: string[]): iam.Grant {
    const reader = crossAccountGrantee(grantee);
    return this.encryptionKey === undefined
      ? super.grantRead(reader, versionStages)
      : grantReadWithKey(this, this.encryptionKey, reader, versionStages);
  }

  /**
   * Allows a principal to write the secret, in order to change fields that are not rotated. Credentials written by hand are not managed.
   *
   * This works for every kind of principal and of encryption key, as `grantRead()` does.
   *
   * The principal controls what consumers and rotations read: it can write any value, make another version current, and change the description and
   * the encryption key. It cannot read a value or start a rotation.
   *
   * @param grantee the principal that may write the secret
   */
  public override grantWrite(grantee: iam.IGrantable): iam.Grant {
    const writer = crossAccountGrantee(grantee);
    return this.encryptionKey === undefined ? super.grantWrite(writer) : grantWriteWithKey(this, this.encryptionKey, writer);
  }

  /**
   * Allows a principal to start a rotation and to follow its progress.
   *
   * Grants `RotateSecret` and `DescribeSecret` on the secret. It also grants the right to invoke the rotation function by its own name, which
   * Secrets Manager requires of its caller.
   *
   * At most, the principal can start a rotation or hold one up, read the secret's description, and send the function the four steps and the
   * scheduled retirement check for this secret, as Secrets Manager does. It cannot read a value, set another schedule or function, or choose a
   * user, a key or an address.
   *
   * `grantInvoke()` of the function grants more: requests of CloudFormation, and what `grantRetire()` grants.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   * @param grantee the principal that may rotate the secret
   */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this._rotation.grantRotate(crossAccountGrantee(grantee));
  }

  /**
   * Adds a warning: do not use it for a value that is rotated. CloudFormation resolves the value at deployment, possibly before the first value
   * exists, and does not update it when the secret rotates. The same applies to `secretValue`.
   *
   * Instead, let consumers read the secret at run time: use `grantRead()` and `secretArn`, or `ecs.Secret.fromSecretsManager()`.
   *
   * @param jsonField the JSON field
   */
  public override secretValueFromJson(jsonField: string): SecretValue {
    // On the resource, because aws-cdk-lib looks for acknowledgements above a construct, and not at the construct itself.
    Annotations.of(this._resource).addWarningV2('cdk-iam-key-rotation:RotatedSecret.dynamicReference',
      'the template refers to a value of the secret, which CloudFormation resolves at deployment, possibly before the first value exists, and which '
      + 'a rotation makes stale. Let consumers read the secret at run time, with grantRead() and its ARN, or with ecs.Secret.fromSecretsManager().');
    return super.secretValueFromJson(jsonField);
  }

  /**
   * Throws, because this secret already has a rotation. Use the `schedule` prop.
   *
   * @param id not used
   * @param options not used
   */
  public override addRotationSchedule(id: string, options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    void options;
    throw new Error(`'addRotationSchedule' must not be called on ${this.node.path}, which already has a rotation, got: '${id}'. `
      + "Use the 'schedule' prop.");
  }

  /**
   * Throws, because CloudFormation would write the target's connection details into the live value.
   *
   * @param target not used
   */
  public override attach(target: secretsmanager.ISecretAttachmentTarget): secretsmanager.ISecret {
    void target;
    throw new Error(`'attach' must not be called on ${this.node.path}: CloudFormation would write into the live value. `
      + 'Use another secret for the target.');
  }
}
