/** A secret that a function rotates: what every such construct has in common, whatever the secret holds. */
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

  /** The network connections of the rotation function. Fails if `functionOptions` name no `vpc`. */
  public get connections(): ec2.Connections {
    return this._rotation.connections;
  }

  /**
   * Lets a principal read the secret, and so use what it holds.
   *
   * Works for every kind of principal and of encryption key. A principal of another account needs a customer managed key; what the owner of
   * an imported key has to allow is said in a warning. Whether an imported user is of another account can only be told in a stack
   * whose account is set.
   *
   * At most, whoever has it can read every value of the secret, of all versions or of those with the labels that are given, and its
   * description: change nothing, and start no rotation.
   *
   * @param grantee who may read
   * @param versionStages the staging labels of the versions that may be read; all of them if not given
   */
  public override grantRead(grantee: iam.IGrantable, versionStages?: string[]): iam.Grant {
    const reader = crossAccountGrantee(grantee);
    return this.encryptionKey === undefined
      ? super.grantRead(reader, versionStages)
      : grantReadWithKey(this, this.encryptionKey, reader, versionStages);
  }

  /**
   * Lets a principal write the secret: for its other fields. What is written by hand in place of what is rotated is not managed.
   *
   * Works for every kind of principal and of encryption key, as `grantRead()` does.
   *
   * At most, whoever has it can decide what consumers get: write any value, make another version current, change the description and the
   * encryption key; and so what the rotations take for the secret's own. It reads no value, and starts no rotation.
   *
   * @param grantee who may write
   */
  public override grantWrite(grantee: iam.IGrantable): iam.Grant {
    const writer = crossAccountGrantee(grantee);
    return this.encryptionKey === undefined ? super.grantWrite(writer) : grantWriteWithKey(this, this.encryptionKey, writer);
  }

  /**
   * Lets a principal start a rotation, and look up how it goes: `RotateSecret` and `DescribeSecret` on the secret, and the right to
   * invoke the rotation function by its own name, which Secrets Manager asks of its caller.
   *
   * At most, whoever has it can start a rotation, or hold one up, by this function and without another schedule; look at the secret's description; and send this
   * function any of the four steps, and the retirement check that the policy schedules, for this secret, as Secrets Manager itself would. It reads no
   * value, and chooses no user, no key and no address. `grantInvoke()` of the function gives more: the requests of CloudFormation, and what
   * `grantRetire()` gives.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   * @param grantee who may rotate
   */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this._rotation.grantRotate(crossAccountGrantee(grantee));
  }

  /**
   * Not for a value that is rotated: warns. CloudFormation puts it where the template asks for it, maybe before there is a first value, and leaves it
   * there at every rotation; `secretValue`, the whole text, is the same.
   *
   * Read the secret when it is used, after `grantRead()`; `ecs.Secret.fromSecretsManager()` and `secretArn` are good.
   *
   * @param jsonField the JSON field
   */
  public override secretValueFromJson(jsonField: string): SecretValue {
    // On the resource: aws-cdk-lib looks for what is acknowledged above a construct, and not at itself.
    Annotations.of(this._resource).addWarningV2('cdk-iam-key-rotation:RotatedSecret.dynamicReference',
      'a value of the secret is written into a template: CloudFormation reads it when it deploys, maybe before there is a first one, and a rotation '
      + 'makes it stale, so let whoever needs it read the secret at run time, by its ARN and grantRead(), or by ecs.Secret.fromSecretsManager()');
    return super.secretValueFromJson(jsonField);
  }

  /**
   * Not for this secret, it is rotated already: fails. Use the `schedule` prop.
   *
   * @param id not used
   * @param options not used
   */
  public override addRotationSchedule(id: string, options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    void options;
    throw new Error(`'addRotationSchedule' must not be called on ${this.node.path}, got: '${id}': a secret has one rotation, and this one has it already, `
      + "use the 'schedule' prop");
  }

  /**
   * Not for this secret: fails. CloudFormation would write what it knows of the target into the live value.
   *
   * @param target not used
   */
  public override attach(target: secretsmanager.ISecretAttachmentTarget): secretsmanager.ISecret {
    void target;
    throw new Error(`'attach' must not be called on ${this.node.path}: CloudFormation would write into the live value, `
      + 'use another secret for the target');
  }
}
