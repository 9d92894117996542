import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';

/** Options of the rotation function. */
export interface RotationFunctionOptions {
  /**
   * The function's memory, in MB.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * The maximum time for one step of a rotation, from 1 minute to 15 minutes (Lambda's limit).
   *
   * A step waits until a new key works everywhere in AWS. That usually takes seconds and has no published limit. The first key of a new stack also
   * waits for the function's own policy.
   *
   * A replaced key stays valid for one timeout longer than its overlap, because a stalled step may still be running.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * The log group of the function. The function logs its decisions, their reasons and key ids, and never a secret value.
   *
   * @default - a new log group, which keeps events for three months and is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The VPC to run in.
   *
   * From there the function must reach Secrets Manager; for access keys also IAM and STS, and for a check function Lambda. IAM is a global service,
   * so most regions need a NAT gateway. The function of a custom rotation must reach the service whose credential it rotates.
   *
   * It must also reach Amazon S3, through a gateway endpoint or the NAT gateway: it sends its response to CloudFormation to a pre-signed URL there.
   * Without that, a deployment or deletion waits until it times out.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   * @default - the function runs outside a VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets to run in. Requires `vpc`.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the function. Requires `vpc`.
   *
   * @default - a new security group
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
