/** The rotation of a secret that exists already: what every such construct has in common, whatever the secret holds. */
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
      throw new Error(`'secret' of ${this.node.path} must not be of class ${secret.constructor.name}, got: ${secret.node.path}: that one is rotated already, `
        + 'set its props instead');
    }
  }

  /** The network connections of the rotation function. Fails if `functionOptions` name no `vpc`. */
  public get connections(): ec2.Connections {
    return this._rotation.connections;
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
}
