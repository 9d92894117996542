/** The rotation of a secret that exists already: what every such construct has in common, whatever the secret holds. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { withoutNamesake } from './grants';
import { RotatedSecret } from './rotated-secret';
import { SecretRotation } from './secret-rotation';

/** @internal */
export abstract class RotationOfExisting extends Construct implements ec2.IConnectable {
  /** @internal */
  protected abstract readonly _rotation: SecretRotation;

  constructor(scope: Construct, id: string, secret: secretsmanager.ISecret) {
    super(scope, id);
    if (secret instanceof RotatedSecret) {
      throw new Error(`'secret' of ${this.node.path} must not be of class ${secret.constructor.name}, got: ${secret.node.path}: that one is rotated already, `
        + 'set its props instead');
    }
  }

  /** The network connections of the rotation function. Fails if `functionOptions` name no `vpc`. */
  public get connections(): ec2.Connections {
    return this._rotation.connections();
  }

  /**
   * Lets a principal start a rotation, and look up how it goes: `RotateSecret` and `DescribeSecret` on the secret, and the right to
   * invoke the rotation function, which Secrets Manager asks of its caller.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   * @param grantee who may rotate
   */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this._rotation.grantRotate(withoutNamesake(grantee));
  }
}
