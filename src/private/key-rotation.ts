/** The rotation of a user's access key in a secret, whoever owns the secret. */
import * as path from 'path';
import { Aws, CustomResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { arnPattern, keyUse } from './customer-key';
import { answerTimeout, functionTimeout } from './function-timeout';
import { claimSecret } from './one-rotation-per-secret';
import { claimUser } from './one-rotation-per-user';
import { scheduleRetirement } from './retirement-schedule';
import { FirstKeyProperties, IamKeySettings } from './settings';
import { AccessKeyFields } from '../access-key-fields';
import { PreviousKeyPolicy } from '../previous-key-policy';
import { RotationAuthority } from '../rotation-authority';
import { RotationFunctionOptions } from '../rotation-function-options';
import { SecretRotationSchedule } from '../secret-rotation-schedule';
import { UnrecordedKeyPolicy } from '../unrecorded-key-policy';

export interface KeyRotationProps {
  readonly secret: secretsmanager.ISecret;
  /** 'true' or 'false' when the template is rendered. */
  readonly secretIsRetained: string;
  readonly user: iam.IUser;
  /** The user was made for this secret. */
  readonly ownsUser: boolean;
  readonly fields?: AccessKeyFields;
  readonly schedule?: SecretRotationSchedule;
  readonly authority?: RotationAuthority;
  readonly previousKeyPolicy?: PreviousKeyPolicy;
  readonly unrecordedKeyPolicy?: UnrecordedKeyPolicy;
  readonly functionOptions?: RotationFunctionOptions;
}

/** The bundle, as seen from `lib/private` and from `src/private`. */
const ASSET = path.join(__dirname, '..', '..', 'assets', 'rotation.lambda');
/** How sure to be that all of AWS knows a new key: one good answer failed one time in ten. */
const PROPAGATION = { answers: 3, pauseMillis: 2000 };

export class KeyRotation extends Construct {
  public readonly fields: AccessKeyFields;
  public readonly rotationFunction: lambda.Function;
  private readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    claimUser(this, props.user);
    claimSecret(this, props.secret);

    this.secret = props.secret;
    this.fields = props.fields ?? AccessKeyFields.AWS_CONFIG;
    const options = props.functionOptions ?? {};
    const timeout = functionTimeout(options.timeout);
    const schedule = (props.schedule ?? SecretRotationSchedule._default())._render();
    const authority = (props.authority ?? RotationAuthority.executionRole())
      ._bind({ scope: this, secret: props.secret, user: props.user, fields: this.fields });
    const previousKeyPolicy = props.previousKeyPolicy ?? PreviousKeyPolicy.keepUntilNextRotation();
    const previousKey = previousKeyPolicy._render({ scope: this, interval: schedule?.interval, timeout });
    const settings = Stack.of(this).toJsonString({
      kind: 'iam-key',
      userName: props.user.userName,
      userArn: props.user.userArn,
      ownsUser: props.ownsUser,
      fields: this.fields._names(),
      otherPresets: this.fields._otherPresets(),
      authority: authority.settings,
      previousKey,
      unrecordedKey: `${props.unrecordedKeyPolicy ?? UnrecordedKeyPolicy.RECLAIM_UNUSED}`,
      intervalSeconds: schedule?.interval.seconds,
      timeoutSeconds: timeout.toSeconds(),
      propagation: PROPAGATION,
    } satisfies IamKeySettings);

    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = options.logGroup ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.THREE_MONTHS, // three rotations of the default schedule can be looked back at
      removalPolicy: RemovalPolicy.DESTROY, // nothing of the stack is left behind
    });
    // Not the role's default policy, and without the function's ARN: that would be a cycle as soon as the function waits for it.
    const policy = new iam.Policy(this, 'RolePolicy', {
      roles: [role],
      statements: [...authority.statements, ...statements(props.secret, logGroup, options.vpc !== undefined)],
    });
    this.rotationFunction = new lambda.Function(this, 'Function', {
      description: 'Rotates the access key of an IAM user in Secrets Manager',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(ASSET),
      memorySize: options.memorySize ?? 256, // measured: less makes it slower, more no faster
      timeout,
      role,
      logGroup,
      vpc: options.vpc,
      vpcSubnets: options.vpcSubnets,
      securityGroups: options.securityGroups,
      environment: { SETTINGS: settings },
    });
    if (options.vpc !== undefined) {
      // Lambda checks the role when it makes a function in a network, and needs it to take its interfaces away at the end.
      this.rotationFunction.node.addDependency(policy);
    }
    const permission = new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: this.rotationFunction.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Aws.ACCOUNT_ID, // nobody else's secret is rotated by this function (aws-cdk #28406)
    });

    const firstKey = new CustomResource(this, 'FirstKey', {
      resourceType: 'Custom::IamKeyRotationFirstKey',
      serviceToken: this.rotationFunction.functionArn,
      serviceTimeout: answerTimeout(timeout),
      properties: {
        SecretArn: props.secret.secretArn,
        Settings: settings,
        SecretIsRetained: props.secretIsRetained,
      } satisfies FirstKeyProperties,
    });
    firstKey.node.addDependency(permission, policy, ...authority.dependables, ...resourceOf(props.user));

    if (schedule !== undefined) {
      const rotationSchedule = new secretsmanager.CfnRotationSchedule(this, 'Schedule', {
        secretId: props.secret.secretArn,
        rotationLambdaArn: this.rotationFunction.functionArn,
        rotateImmediatelyOnUpdate: false, // the first key is new
        rotationRules: { scheduleExpression: schedule.expression, duration: schedule.duration },
      });
      rotationSchedule.node.addDependency(firstKey, permission, policy);
    }
    if (previousKey.retire !== undefined) {
      scheduleRetirement(this, this.rotationFunction, props.secret, previousKey.retire, [firstKey]);
    }
  }

  /** Secrets Manager asks whoever calls RotateSecret for the right to invoke the function, too. */
  public grantRotate(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipalOrResource({
      grantee,
      actions: ['secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'],
      resourceArns: [arnPattern(this.secret)],
      resource: this.secret,
    }).combine(this.rotationFunction.grantInvokeLatestVersion(grantee));
  }

  /** The secret tells which function to call. */
  public grantRetire(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipalOrResource({
      grantee,
      actions: ['secretsmanager:DescribeSecret'],
      resourceArns: [arnPattern(this.secret)],
      resource: this.secret,
    }).combine(this.rotationFunction.grantInvokeLatestVersion(grantee));
  }

  /** The network connections of the function. */
  public connections(): ec2.Connections {
    if (!this.rotationFunction.isBoundToVpc) {
      throw new Error(`'connections' of ${this.node.scope!.node.path} needs the rotation function in a network: give 'functionOptions' a 'vpc'`);
    }
    return this.rotationFunction.connections;
  }
}

/** What the function does besides calling IAM, and nothing else. */
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

/** The user alone: what it was granted may wait for something that waits for the key. An imported user has no resource. */
function resourceOf(user: iam.IUser): IDependable[] {
  return user.node.defaultChild === undefined ? [] : [user.node.defaultChild];
}
