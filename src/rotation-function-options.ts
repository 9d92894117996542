import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';

/** How the rotation function runs. */
export interface RotationFunctionOptions {
  /**
   * The function's memory, in megabytes.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * How long one step may take. A step waits until a new key works everywhere in AWS, which takes seconds as a rule and has no
   * published limit; the first key of a new stack also waits for the function's own new policy.
   *
   * From 1 minute to 15 minutes, Lambda's maximum. A replaced key lives for one timeout longer than its overlap, as a stalled copy of
   * a step may still be at work.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Where the function logs. It logs what it decided and why, and ids of keys; never a secret.
   *
   * @default - a new log group, kept for three months, that goes with the stack
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The network to run in. The function must reach Secrets Manager, IAM and STS from there: IAM is a global service, so a NAT gateway
   * is needed in most regions. It must reach Amazon S3, too, by a gateway endpoint or the NAT gateway: its answer to CloudFormation
   * goes to a pre-signed URL there, and without it a deployment or deletion waits until its time is out.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   * @default - the function runs outside of your networks
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets to run in. Needs `vpc`.
   *
   * @default - the private subnets of the network
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The function's security groups. Needs `vpc`.
   *
   * @default - a new one
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
