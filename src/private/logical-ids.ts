/** Logical ids of the rotation of a secret that exists already. */
import { createHash } from 'crypto';
import { CfnResource } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { identityOf, lastingName } from './secret-identity';

/**
 * They follow the secret, not the path of the construct. Under another logical id CloudFormation would make the schedule anew and then delete the old
 * one: both are the one rotation of the same secret, which would be switched off.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1813
 */
export class LogicalIds {
  private readonly suffix?: string;

  constructor(scope: IConstruct, secret: secretsmanager.ISecret) {
    // A construct that is the secret itself moves with it.
    if (scope.node.scope !== secret) {
      this.suffix = createHash('sha256').update(lastingName(identityOf(secret, scope), scope)).digest('hex').slice(0, 8).toUpperCase();
    }
  }

  /** Gives the resources of constructs their ids. */
  public pin(...constructs: IConstruct[]): void {
    if (this.suffix === undefined) return;
    for (const construct of constructs) {
      ((construct.node.defaultChild ?? construct) as CfnResource).overrideLogicalId(`Rotation${construct.node.id}${this.suffix}`);
    }
  }
}
