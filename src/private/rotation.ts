/** The rotation of a secret, whatever the secret holds: the function, its permissions, the first value, the schedule. */
import { Aws, CustomResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { codeVersion } from './code-version';
import { answerTimeout, functionTimeout, MAX_EVENT_AGE } from './function-timeout';
import { GrantedPolicies } from './granted-policies';
import { LogicalIds } from './logical-ids';
import { claimSecret } from './one-rotation-per-secret';
import { scheduleRetirement } from './retirement-schedule';
import { createRotationFunction } from './rotation-function';
import { KindContext, RotationKind } from './rotation-kind';
import { secretArnPattern } from './secret-arn';
import { identityOf, stableName } from './secret-identity';
import { ALIASES, FirstValueProperties } from './settings';
import { unansweredFunction } from './unanswered';
import { refuseValueInTemplate } from './value-in-template';
import { RotationOptions } from '../rotation-options';
import { SecretRotationSchedule } from '../secret-rotation-schedule';

export interface RotationProps extends RotationOptions {
  readonly secret: secretsmanager.ISecret;
  /** 'true' or 'false' when the template is rendered. */
  readonly secretIsRetained: string;
  readonly kind: RotationKind;
}

export class Rotation extends Construct {
  public readonly rotationFunction: lambda.Function;

  private readonly owner: Construct;
  private readonly secret: secretsmanager.ISecret;
  private readonly logicalIds: LogicalIds;
  private retirementAlias?: lambda.Alias;

  constructor(owner: Construct, id: string, props: RotationProps) {
    super(owner, id);
    const { secret, functionOptions: options = {} } = props;
    this.owner = owner;
    this.secret = secret;
    const timeout = functionTimeout(options.timeout);
    const schedule = (props.schedule ?? SecretRotationSchedule._default())._render();
    const context: KindContext = { scope: this, owner, secret, interval: schedule?.interval, timeout };
    const kind = props.kind.bind(context);
    const settings = Stack.of(this).toJsonString(kind.settings);

    const isExisting = owner !== secret; // otherwise the owner is the secret itself, and both keep or change their logical ids together
    claimSecret(this, secret);
    if (isExisting) refuseValueInTemplate(this, secret);
    this.logicalIds = new LogicalIds(isExisting ? stableName(identityOf(secret, this), this) : undefined);

    const unanswered = kind.isUsersCode ? unansweredFunction(this) : undefined;
    const { rotationFunction, policy } = createRotationFunction({ context, kind, options, settings, unanswered });
    this.rotationFunction = rotationFunction;
    const permission = new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: rotationFunction.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Aws.ACCOUNT_ID, // the function rotates no secret of another account (aws-cdk #28406)
    });

    // A principal that may start a rotation may invoke the function by its own name, and must not be able to pose as CloudFormation.
    const deployment = new lambda.CfnAlias(this, 'DeploymentAlias', {
      name: ALIASES.deployment, functionName: rotationFunction.functionName, functionVersion: '$LATEST',
    });
    const invocation = new lambda.CfnEventInvokeConfig(this, 'DeploymentInvocation', {
      functionName: rotationFunction.functionName,
      qualifier: ALIASES.deployment,
      maximumRetryAttempts: 0, // a creation that hung must not run again beside the deletion that its rollback requests
      maximumEventAgeInSeconds: MAX_EVENT_AGE.toSeconds(),
      destinationConfig: unanswered && { onFailure: { destination: unanswered.functionArn } },
    });
    invocation.node.addDependency(deployment, policy); // Lambda checks that the role may invoke the destination

    const firstValue = new CustomResource(this, 'Lifecycle', {
      resourceType: kind.resourceType,
      serviceToken: deployment.ref, // CloudFormation does not allow changing it
      serviceTimeout: answerTimeout(timeout),
      properties: {
        SecretArn: secret.secretArn,
        Settings: settings,
        SecretIsRetained: props.secretIsRetained,
        Code: kind.isUsersCode ? codeVersion(rotationFunction) : undefined,
      } satisfies FirstValueProperties,
    });
    firstValue.node.addDependency(permission, policy, deployment, invocation, ...kind.dependables ?? []);
    if (kind.isUsersCode) firstValue.node.addDependency(new GrantedPolicies(rotationFunction));
    this.logicalIds.pin(rotationFunction, deployment, invocation, firstValue);

    if (schedule !== undefined) {
      const rotationSchedule = new secretsmanager.CfnRotationSchedule(this, 'Schedule', {
        secretId: secret.secretArn,
        rotationLambdaArn: rotationFunction.functionArn,
        rotateImmediatelyOnUpdate: false, // the first value is new
        rotationRules: { scheduleExpression: schedule.expression, duration: schedule.duration },
      });
      rotationSchedule.node.addDependency(firstValue, permission, policy);
      this.logicalIds.pin(rotationSchedule);
    }
    if (kind.retire !== undefined) scheduleRetirement(this, rotationFunction, kind.retire, [firstValue]);
  }

  /** The network connections of the function. */
  public get connections(): ec2.Connections {
    if (!this.rotationFunction.isBoundToVpc) {
      throw new Error(`'connections' of ${this.owner.node.path} requires that the rotation function runs in a VPC. Set 'vpc' in 'functionOptions'.`);
    }
    return this.rotationFunction.connections;
  }

  /** Secrets Manager requires that a caller of RotateSecret may invoke the function by its own name, which gives no right on an alias. */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return this.grantOnSecret(grantee, ['secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'], {
      // IfExists: a request that names none, and DescribeSecret
      ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': this.rotationFunction.functionArn },
      BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
    }).combine(this.rotationFunction.grantInvokeLatestVersion(grantee));
  }

  /** Through an alias of its own, which no other grant includes. The description of the secret names the function. */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    if (this.retirementAlias === undefined) {
      const version = this.rotationFunction.latestVersion;
      this.retirementAlias = new lambda.Alias(this, 'RetirementAlias', { aliasName: ALIASES.retirement, version });
      this.logicalIds.pin(this.retirementAlias);
    }
    return this.grantOnSecret(grantee, ['secretsmanager:DescribeSecret']).combine(this.retirementAlias.grantInvoke(grantee));
  }

  private grantOnSecret(grantee: iam.IGrantable, actions: string[], conditions: iam.Conditions = {}): iam.Grant {
    const grant = iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [secretArnPattern(this.secret)], resource: this.secret });
    // Not as an option: aws-cdk-lib leaves them out of the policy of the secret.
    for (const statement of [...grant.principalStatements, ...grant.resourceStatements]) statement.addConditions(conditions);
    return grant;
  }
}
