/** A stack with the puppet function, a secret that it rotates, and what a test asks for beside. */
import { join } from 'node:path';
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { buildSync } from 'esbuild';
import { ENVIRONMENT } from '../harness';

export interface PuppetProps {
  /** The schedule, without which the secret is not rotated. */
  readonly scheduled?: boolean;
  /** A custom resource that fails at this request; 'never' for one that does not. */
  readonly resourceFails?: 'Create' | 'Update' | 'Delete' | 'never';
  /** Changes the custom resource. */
  readonly revision?: number;
  /** Encrypts the secret with a key of one's own, to which the function has no rights. */
  readonly customerKey?: boolean;
}

export function puppetStack(app: App, props: PuppetProps = {}): Stack {
  const stack = new Stack(app, 'Puppet', { env: ENVIRONMENT });
  const user = new iam.User(stack, 'User', { path: '/robots/' });
  const encryptionKey = props.customerKey ? new kms.Key(stack, 'CustomerKey', { removalPolicy: RemovalPolicy.DESTROY }) : undefined;
  const secret = new secretsmanager.Secret(stack, 'Secret', { encryptionKey });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const puppet = new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(bundle(app)),
    timeout: Duration.seconds(30),
    role,
    logGroup: new logs.LogGroup(stack, 'Logs', { removalPolicy: RemovalPolicy.DESTROY }),
  });
  const policy = new iam.Policy(stack, 'Rights', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({ actions: ['iam:*AccessKey*'], resources: [user.userArn] }),
      new iam.PolicyStatement({ actions: ['secretsmanager:*'], resources: [secret.secretArn] }),
    ],
  });
  if (props.scheduled) {
    const permission = new lambda.CfnPermission(stack, 'Permission', {
      action: 'lambda:InvokeFunction', functionName: puppet.functionArn, principal: 'secretsmanager.amazonaws.com', sourceAccount: stack.account,
    });
    const schedule = new secretsmanager.CfnRotationSchedule(stack, 'Schedule', {
      secretId: secret.secretArn,
      rotationLambdaArn: puppet.functionArn,
      rotateImmediatelyOnUpdate: false,
      rotationRules: { scheduleExpression: 'rate(30 days)' },
    });
    schedule.node.addDependency(permission, policy);
  }
  if (props.resourceFails) {
    const resource = new CustomResource(stack, 'Resource', {
      serviceToken: puppet.functionArn, properties: { Fails: props.resourceFails, Revision: props.revision ?? 0 },
    });
    resource.node.addDependency(policy);
  }
  new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
  new CfnOutput(stack, 'SecretRef', { value: (secret.node.defaultChild as secretsmanager.CfnSecret).ref });
  new CfnOutput(stack, 'UserName', { value: user.userName });
  new CfnOutput(stack, 'RoleName', { value: role.roleName });
  new CfnOutput(stack, 'FunctionName', { value: puppet.functionName });
  new CfnOutput(stack, 'FunctionArn', { value: puppet.functionArn });
  return stack;
}

/** Bundles the function into the app's own output, which goes with the emulator. */
function bundle(app: App): string {
  const directory = join(app.outdir, 'puppet');
  buildSync({
    entryPoints: [join(__dirname, 'function.ts')],
    outfile: join(directory, 'index.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return directory;
}
