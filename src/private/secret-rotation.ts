/** The rotation of a secret by a function, whatever the secret holds: the function and its role, who may call it, the first value, the schedule. */
import { Aws, CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { codeVersion } from './code-version';
import { arnPattern, keyUse } from './customer-key';
import { answerTimeout, LONGEST_WAIT } from './function-timeout';
import { LogicalIds } from './logical-ids';
import { claimSecret } from './one-rotation-per-secret';
import { RenderedSchedule } from './rotation-interval';
import { identityOf, lastingName } from './secret-identity';
import { ALIASES, FirstValueProperties } from './settings';
import { unansweredFunction } from './unanswered';
import { refuseValueInTemplate } from './value-in-template';
import { RotationFunctionOptions } from '../rotation-function-options';

/** The environment variable in which a function reads what it is told. */
export const SETTINGS = 'SETTINGS';

export interface SecretRotationProps {
  readonly secret: secretsmanager.ISecret;
  /** 'true' or 'false' when the template is rendered. */
  readonly secretIsRetained: string;
  /** What the function is told, as JSON. */
  readonly settings: string;
  readonly description: string;
  readonly code: lambda.Code;
  /** It may not load: CloudFormation is told so by another function, and a deployment with other code calls it. */
  readonly isUsersCode?: boolean;
  readonly handler?: string;
  readonly environment?: Record<string, string>;
  readonly timeout: Duration;
  readonly options: RotationFunctionOptions;
  /** Absent if nothing rotates by itself. */
  readonly schedule?: RenderedSchedule;
  /** What the function may do besides reading and writing the secret. */
  readonly statements?: iam.PolicyStatement[];
  /** What must be there before the first value. */
  readonly dependables?: IDependable[];
  /** The type of the custom resource that stands for the first value. */
  readonly resourceType: string;
}

/** It is no construct of its own: its resources are children of the scope that it is given. */
export class SecretRotation {
  public readonly rotationFunction: lambda.Function;
  /** What stands for the first value: whoever needs it waits for this. */
  public readonly firstValue: CustomResource;

  private readonly logicalIds: LogicalIds;
  private retirementAlias?: lambda.Alias;

  constructor(private readonly scope: Construct, private readonly props: SecretRotationProps) {
    const isExisting = scope.node.scope !== props.secret; // else the construct is the secret itself, and both move together
    claimSecret(scope, props.secret);
    if (isExisting) refuseValueInTemplate(scope, props.secret);
    this.logicalIds = new LogicalIds(isExisting ? lastingName(identityOf(props.secret, scope), scope) : undefined);
    const { options, schedule, isUsersCode = false } = props;
    const unanswered = isUsersCode ? unansweredFunction(scope) : undefined;

    const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = options.logGroup ?? new logs.LogGroup(scope, 'LogGroup', {
      retention: logs.RetentionDays.THREE_MONTHS, // three rotations of the default schedule can be looked back at
      removalPolicy: RemovalPolicy.DESTROY, // nothing of the stack is left behind
    });
    // Not the role's default policy, and without the function's ARN: that would be a cycle as soon as the function waits for it.
    const policy = new iam.Policy(scope, 'RolePolicy', {
      roles: [role],
      statements: [
        ...props.statements ?? [],
        ...statements(props.secret, logGroup, options.vpc !== undefined),
        ...(unanswered === undefined ? [] : [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [unanswered.functionArn] })]),
      ],
    });
    this.rotationFunction = new lambda.Function(scope, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: props.handler ?? 'index.handler',
      code: props.code,
      memorySize: options.memorySize ?? 256, // measured: less makes it slower, more no faster
      timeout: props.timeout,
      role,
      logGroup,
      vpc: options.vpc,
      vpcSubnets: options.vpcSubnets,
      securityGroups: options.securityGroups,
      environment: { ...props.environment, [SETTINGS]: props.settings },
    });
    if (options.vpc !== undefined) {
      // Lambda checks the role when it makes a function in a network, and needs it to take its interfaces away at the end.
      this.rotationFunction.node.addDependency(policy);
    }
    const permission = new lambda.CfnPermission(scope, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: this.rotationFunction.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Aws.ACCOUNT_ID, // nobody else's secret is rotated by this function (aws-cdk #28406)
    });

    // Whoever may start a rotation may invoke the function by its own name, and must not pass for CloudFormation.
    const deployment = new lambda.CfnAlias(scope, 'DeploymentAlias', {
      name: ALIASES.deployment, functionName: this.rotationFunction.functionName, functionVersion: '$LATEST',
    });
    const invocation = new lambda.CfnEventInvokeConfig(scope, 'DeploymentInvocation', {
      functionName: this.rotationFunction.functionName,
      qualifier: ALIASES.deployment,
      maximumRetryAttempts: 0, // a creation that hung must not be repeated beside the deletion that its rollback asks for
      maximumEventAgeInSeconds: LONGEST_WAIT.toSeconds(),
      destinationConfig: unanswered && { onFailure: { destination: unanswered.functionArn } },
    });
    invocation.node.addDependency(deployment, policy); // Lambda looks whether the role may call the destination

    this.firstValue = new CustomResource(scope, 'Lifecycle', {
      resourceType: props.resourceType,
      serviceToken: deployment.ref, // for ever: CloudFormation refuses to change it
      serviceTimeout: answerTimeout(props.timeout),
      properties: {
        SecretArn: props.secret.secretArn,
        Settings: props.settings,
        SecretIsRetained: props.secretIsRetained,
        Code: isUsersCode ? codeVersion(this.rotationFunction) : undefined,
      } satisfies FirstValueProperties,
    });
    this.firstValue.node.addDependency(permission, policy, deployment, invocation, ...props.dependables ?? []);
    this.logicalIds.pin(this.rotationFunction, deployment, invocation, this.firstValue);

    if (schedule !== undefined) {
      const rotationSchedule = new secretsmanager.CfnRotationSchedule(scope, 'Schedule', {
        secretId: props.secret.secretArn,
        rotationLambdaArn: this.rotationFunction.functionArn,
        rotateImmediatelyOnUpdate: false, // the first value is new
        rotationRules: { scheduleExpression: schedule.expression, duration: schedule.duration },
      });
      rotationSchedule.node.addDependency(this.firstValue, permission, policy);
      this.logicalIds.pin(rotationSchedule);
    }
  }

  /**
   * Secrets Manager asks whoever calls RotateSecret for the right to invoke the function, too: by its own name, which is no right on an alias.
   * RotateSecret can name another function, and another schedule, which is not what is granted.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html#awssecretsmanager-policy-keys
   */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this.grantOnSecret(grantee, ['secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'], {
      // IfExists: a request that names none, and DescribeSecret
      ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': this.rotationFunction.functionArn },
      BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
    }).combine(this.rotationFunction.grantInvokeLatestVersion(grantee));
  }

  /** By an alias of its own, which no other right reaches. The description of the secret names the function. */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    if (this.retirementAlias === undefined) {
      const version = this.rotationFunction.latestVersion;
      this.retirementAlias = new lambda.Alias(this.scope, 'RetirementAlias', { aliasName: ALIASES.retirement, version });
      this.logicalIds.pin(this.retirementAlias);
    }
    return this.grantOnSecret(grantee, ['secretsmanager:DescribeSecret']).combine(this.retirementAlias.grantInvoke(grantee));
  }

  /** The network connections of the function. */
  public connections(): ec2.Connections {
    if (!this.rotationFunction.isBoundToVpc) {
      throw new Error(`'connections' of ${this.scope.node.scope!.node.path} needs the rotation function in a network: give 'functionOptions' a 'vpc'`);
    }
    return this.rotationFunction.connections;
  }

  private grantOnSecret(grantee: iam.IGrantable, actions: string[], conditions: iam.Conditions = {}): iam.Grant {
    const { secret } = this.props;
    const grant = iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [arnPattern(secret)], resource: secret });
    // Not as an option: aws-cdk-lib leaves them out of the policy of the secret.
    for (const statement of [...grant.principalStatements, ...grant.resourceStatements]) statement.addConditions(conditions);
    return grant;
  }
}

/** What every rotation does, and nothing else. */
function statements(secret: secretsmanager.ISecret, logGroup: logs.ILogGroup, inVpc: boolean): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage', 'secretsmanager:ListSecretVersionIds',
      ],
      resources: [arnPattern(secret)],
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
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions: no resource can be named
      actions: [
        'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    })]),
  ];
}
