/** Logical ids of the rotation of an existing secret. */
import { createHash } from 'crypto';
import { CfnResource } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * They depend on the secret, not on the path of the construct. If the schedule's logical id changed, CloudFormation would create a new schedule and
 * then delete the old one. Both configure the rotation of the same secret, so the deletion would switch rotation off.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1813
 */
export class LogicalIds {
  private readonly suffix?: string;

  /** @param secret the stable name of the secret; without it the ids are those that CDK generates */
  constructor(secret?: string) {
    if (secret !== undefined) this.suffix = createHash('sha256').update(secret).digest('hex').slice(0, 8).toUpperCase();
  }

  /** Sets the ids of the constructs' resources. */
  public pin(...constructs: IConstruct[]): void {
    if (this.suffix === undefined) return;
    for (const construct of constructs) {
      ((construct.node.defaultChild ?? construct) as CfnResource).overrideLogicalId(`Rotation${construct.node.id}${this.suffix}`);
    }
  }
}
