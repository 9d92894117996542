/** A stack with a custom resource whose function does as its properties say, and logs what it is asked. */
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { ENVIRONMENT } from '../harness';
import type { Deployment } from '../harness';

export interface ProviderProps {
  /** What the resource is asked for; without it there is none. `Fails` and `Throws` name requests. */
  readonly resource?: { readonly Id: string; readonly Fails?: string; readonly Throws?: string };
  /** The resource calls the function by this alias. */
  readonly alias?: string;
  /** Lambda's configuration of asynchronous invocations, of the alias if there is one; the destination is a function beside. */
  readonly asynchronous?: { readonly retries?: number; readonly destination?: 'answers' | 'is silent' };
  /** Whether the role may invoke the destination; it may by default. */
  readonly mayInvokeDestination?: boolean;
  /** A resource that cannot be made, tried after the custom resource. */
  readonly fails?: boolean;
}

/** The name of a secret that is there before: a `fails` cannot be made. */
export const TAKEN = 'taken';

const PROVIDER = `exports.handler = async (event, context) => {
  const { RequestType, PhysicalResourceId, ResourceProperties: { Id, Fails = '', Throws = '' } } = event;
  console.log(JSON.stringify({ request: RequestType, id: PhysicalResourceId, asked: Id, arn: context.invokedFunctionArn }));
  if (Throws.includes(RequestType)) throw new TypeError(RequestType + ' was told to throw');
  await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify({
    ...event,
    Status: Fails.includes(RequestType) ? 'FAILED' : 'SUCCESS',
    Reason: RequestType + ' was told to fail',
    PhysicalResourceId: RequestType === 'Delete' ? PhysicalResourceId : Id,
  }) });
};`;

const destination = (answers: boolean) => `exports.handler = async (event) => {
  console.log(JSON.stringify({ record: event }));
  if (${answers}) await fetch(event.requestPayload.ResponseURL, { method: 'PUT', body: JSON.stringify({
    ...event.requestPayload, Status: 'SUCCESS', PhysicalResourceId: 'answered by the destination',
  }) });
};`;

export function providerStack(app: App, props: ProviderProps): Stack {
  const stack = new Stack(app, 'Provided', { env: ENVIRONMENT });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const functionOf = (id: string, code: string) => new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline(code),
    timeout: Duration.seconds(10),
    role,
    logGroup: new logs.LogGroup(stack, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY }),
  });
  const provider = functionOf('Provider', PROVIDER);
  const told = functionOf('Told', destination(props.asynchronous?.destination === 'answers'));
  const alias = props.alias
    ? new lambda.CfnAlias(stack, 'Alias', { name: props.alias, functionName: provider.functionName, functionVersion: '$LATEST' })
    : undefined;
  const right = new iam.Policy(stack, 'Right', {
    roles: [role],
    statements: [new iam.PolicyStatement({
      actions: ['lambda:InvokeFunction'], resources: [(props.mayInvokeDestination ?? true) ? told.functionArn : provider.functionArn],
    })],
  });
  const resource = props.resource && new CustomResource(stack, 'Resource', {
    serviceToken: alias?.ref ?? provider.functionArn, properties: props.resource,
  });
  if (props.asynchronous) {
    const config = new lambda.CfnEventInvokeConfig(stack, 'Asynchronous', {
      functionName: provider.functionName,
      qualifier: props.alias ?? '$LATEST',
      maximumRetryAttempts: props.asynchronous.retries,
      destinationConfig: props.asynchronous.destination && { onFailure: { destination: told.functionArn } },
    });
    config.node.addDependency(right, ...alias ? [alias] : []);
    resource?.node.addDependency(config);
  }
  if (props.fails) new CfnSecret(stack, 'Fails', { name: TAKEN }).node.addDependency(resource ?? provider);
  new CfnOutput(stack, 'ProviderName', { value: provider.functionName });
  new CfnOutput(stack, 'ProviderArn', { value: provider.functionArn });
  new CfnOutput(stack, 'ToldName', { value: told.functionName });
  new CfnOutput(stack, 'ToldArn', { value: told.functionArn });
  new CfnOutput(stack, 'RoleName', { value: role.roleName });
  if (alias) new CfnOutput(stack, 'AliasRef', { value: alias.ref });
  return stack;
}

/** What the provider has been asked by CloudFormation, oldest first. */
export async function requests(stack: Deployment): Promise<Array<Record<string, unknown>>> {
  return (await stack.logLines(stack.outputs.ProviderName)).filter(({ request }) => request);
}

/** The invocation records that the destination has had. */
export async function records(stack: Deployment): Promise<unknown[]> {
  return (await stack.logLines(stack.outputs.ToldName)).map(({ record }) => record);
}
