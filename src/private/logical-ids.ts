/** Logical ids of the rotation of a secret that exists already. */
import { createHash } from 'crypto';
import { CfnResource } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * They follow the secret, not the path of the construct. Under another logical id CloudFormation would make the schedule anew and then delete the old
 * one: both are the one rotation of the same secret, which would be switched off.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1813
 */
export class LogicalIds {
  private readonly suffix?: string;

  /** @param secret what the secret is called for ever; without it the ids are CDK's own. */
  constructor(secret?: string) {
    if (secret !== undefined) this.suffix = createHash('sha256').update(secret).digest('hex').slice(0, 8).toUpperCase();
  }

  /** Gives the resources of constructs their ids. */
  public pin(...constructs: IConstruct[]): void {
    if (this.suffix === undefined) return;
    for (const construct of constructs) {
      ((construct.node.defaultChild ?? construct) as CfnResource).overrideLogicalId(`Rotation${construct.node.id}${this.suffix}`);
    }
  }
}
