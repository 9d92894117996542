/** The function that answers CloudFormation when a user's own function does not, because it fails to load, crashes or times out. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundledCode } from './bundled-code';

const ID = 'CdkIamKeyRotationUnanswered';

/** The stack's only one, created when it is first needed. */
export function unansweredFunction(scope: Construct): lambda.IFunction {
  const stack = Stack.of(scope);
  const existing = stack.node.tryFindChild(ID) as Unanswered | undefined;
  return (existing ?? new Unanswered(stack, ID)).function;
}

class Unanswered extends Construct {
  public readonly function: lambda.Function;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new logs.LogGroup(this, 'LogGroup', { retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    const policy = new iam.Policy(this, 'RolePolicy', {
      roles: [role],
      statements: [new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] })],
    });
    this.function = new lambda.Function(this, 'Function', {
      description: 'Tells CloudFormation why a rotation function has not answered',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: bundledCode('unanswered.lambda'),
      memorySize: 128, // it sends one request
      timeout: Duration.minutes(1),
      role,
      logGroup,
    });
    this.function.node.addDependency(policy); // it can log from its first invocation on
  }
}
