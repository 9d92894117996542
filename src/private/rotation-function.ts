/** The function that rotates a secret, with its role and its log group. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { keyUse } from './customer-managed-key';
import { BoundKind, KindContext } from './rotation-kind';
import { secretArnPattern } from './secret-arn';
import { SETTINGS_VARIABLE } from './settings';
import { RotationFunctionOptions } from '../rotation-function-options';

export interface RotationFunctionProps {
  readonly context: KindContext;
  readonly kind: BoundKind;
  readonly options: RotationFunctionOptions;
  /** As JSON. */
  readonly settings: string;
  /** The function to invoke when this one fails to answer CloudFormation. */
  readonly unanswered?: lambda.IFunction;
}

export interface RotationFunction {
  readonly rotationFunction: lambda.Function;
  /** What the role is allowed. */
  readonly policy: iam.Policy;
}

/** The resources are children of the rotation itself, which fixes their logical ids. */
export function createRotationFunction({ context, kind, options, settings, unanswered }: RotationFunctionProps): RotationFunction {
  const { scope, secret, timeout } = context;
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const logGroup = options.logGroup ?? new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.THREE_MONTHS, // covers three rotations of the default schedule
    removalPolicy: RemovalPolicy.DESTROY, // the stack leaves nothing behind
  });
  // Not the role's default policy, and without the function's ARN: either would close a cycle as soon as the function waits for the policy.
  const policy = new iam.Policy(scope, 'RolePolicy', {
    roles: [role],
    statements: [
      ...kind.statements ?? [],
      ...statements(secret, logGroup, options.vpc !== undefined),
      ...(unanswered === undefined ? [] : [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [unanswered.functionArn] })]),
    ],
  });
  const rotationFunction = new lambda.Function(scope, 'Function', {
    description: kind.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: kind.handler ?? 'index.handler',
    code: kind.code,
    memorySize: options.memorySize ?? 256, // measured: less is slower, more is no faster
    timeout,
    role,
    logGroup,
    vpc: options.vpc,
    vpcSubnets: options.vpcSubnets,
    securityGroups: options.securityGroups,
    environment: { ...kind.environment, [SETTINGS_VARIABLE]: settings },
  });
  if (options.vpc !== undefined) {
    // Lambda checks the role when it creates a function in a VPC, and needs it to delete the network interfaces at the end.
    rotationFunction.node.addDependency(policy);
  }
  return { rotationFunction, policy };
}

/** What every rotation needs, and nothing else. */
function statements(secret: secretsmanager.ISecret, logGroup: logs.ILogGroup, inVpc: boolean): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage', 'secretsmanager:ListSecretVersionIds',
      ],
      resources: [secretArnPattern(secret)],
    }),
    new iam.PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
    ...(secret.encryptionKey === undefined ? [] : [new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      ...keyUse(secret, secret.encryptionKey),
    })]),
    ...(!inVpc ? [] : [new iam.PolicyStatement({
      // These actions support no resources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
      actions: [
        'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    })]),
  ];
}
