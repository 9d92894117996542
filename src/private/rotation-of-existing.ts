/** The rotation of an existing secret: what all such constructs share, whatever the secret holds. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { crossAccountGrantee } from './grants';
import { RotatedSecret } from './rotated-secret';
import { Rotation } from './rotation';

/** @internal */
export abstract class RotationOfExisting extends Construct implements ec2.IConnectable {
  /** @internal */
  protected abstract readonly _rotation: Rotation;

  constructor(scope: Construct, id: string, secret: secretsmanager.ISecret) {
    super(scope, id);
    if (secret instanceof RotatedSecret) {
      throw new Error(`'secret' of ${this.node.path} must not be of class ${secret.constructor.name}, which has its own rotation, `
        + `got: ${secret.node.path}. Set the props of that construct instead.`);
    }
  }

  /** The network connections of the rotation function. Throws unless `functionOptions` has a `vpc`. */
  public get connections(): ec2.Connections {
    return this._rotation.connections;
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
}
