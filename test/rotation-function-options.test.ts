// How the rotation function runs: defaults and overrides.
import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { IamKeyRotationSecret } from '../src';
import { logicalId, only, settingsOf, stackIn } from './private/synthesis';

test('by default it runs on the newest Node.js, on ARM, with 256 MB and five minutes', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key');

  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 256, Timeout: 300, Handler: 'index.handler', VpcConfig: Match.absent(),
  });
});

test('by default it logs to its own log group, kept for three months, that goes with the stack', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key');
  const template = Template.fromStack(stack);

  expect(only(template, 'AWS::Logs::LogGroup')).toMatchObject({ Properties: { RetentionInDays: 90 }, DeletionPolicy: 'Delete' });
  template.hasResourceProperties('AWS::Lambda::Function', {
    LoggingConfig: { LogGroup: { Ref: Object.keys(template.findResources('AWS::Logs::LogGroup'))[0] } },
  });
});

test('memorySize can be given', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { memorySize: 512 } });

  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { MemorySize: 512 });
});

test('timeout can be given, the function is told, and CloudFormation waits longer', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { timeout: Duration.minutes(10) } });
  const template = Template.fromStack(stack);

  template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 600 });
  template.hasResourceProperties('Custom::IamKeyRotationFirstKey', { ServiceTimeout: '900' });
  expect(settingsOf(template).timeoutSeconds).toBe(600);
});

test.each([Duration.minutes(1), Duration.minutes(15)])('timeout can be %s', (timeout) => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { timeout } });

  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Timeout: timeout.toSeconds() });
});

test.each([
  [Duration.seconds(59), '59 seconds'],
  [Duration.seconds(0), '0 seconds'],
  [Duration.seconds(901), '15 minutes 1 second'],
])('a timeout of %s is refused', (timeout, shown) => {
  expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { functionOptions: { timeout } }))
    .toThrow(`'timeout' of 'functionOptions' must be from 1 minute to 15 minutes, Lambda's limit, got: ${shown}. A step waits until a new credential works everywhere.`);
});

test('a timeout that is known at deployment only is let through', () => {
  const stack = stackIn();
  const timeout = Duration.seconds(new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber);
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { timeout } });
  const template = Template.fromStack(stack);

  template.hasResourceProperties('AWS::Lambda::Function', { Timeout: { Ref: 'Timeout' } });
});

test('logGroup can be given', () => {
  const stack = stackIn();
  const logGroup = new logs.LogGroup(stack, 'Logs');
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { logGroup } });
  const template = Template.fromStack(stack);

  template.resourceCountIs('AWS::Logs::LogGroup', 1);
  template.hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: logicalId(logGroup) } } });
});

describe('in a network', () => {
  test('it runs in the private subnets with a security group of its own, once its role may make interfaces', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }) } });
    const template = Template.fromStack(stack); // it refuses a template with a cycle

    template.hasResource('AWS::Lambda::Function', {
      Properties: { VpcConfig: { SubnetIds: Match.arrayWith([{ Ref: Match.stringLikeRegexp('^VpcPrivateSubnet1') }]) } },
      DependsOn: Match.arrayWith([Object.keys(template.findResources('AWS::IAM::Policy'))[0]]),
    });
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
  });

  test('subnets and security groups can be given', () => {
    const stack = stackIn();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const securityGroup = new ec2.SecurityGroup(stack, 'Rotation', { vpc });
    new IamKeyRotationSecret(stack, 'Key', {
      functionOptions: { vpc, vpcSubnets: { subnets: [vpc.privateSubnets[0]] }, securityGroups: [securityGroup] },
    });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: [{ Ref: logicalId(vpc.privateSubnets[0]) }], SecurityGroupIds: [{ 'Fn::GetAtt': [logicalId(securityGroup), 'GroupId'] }] },
    });
  });

  test('its connections can be allowed elsewhere', () => {
    const stack = stackIn();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const endpoint = vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, open: false });
    endpoint.connections.allowDefaultPortFrom(new IamKeyRotationSecret(stack, 'Key', { functionOptions: { vpc } }));

    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 443, ToPort: 443 });
  });

  test('without one, connections say what is missing', () => {
    const secret = new IamKeyRotationSecret(stackIn(), 'Key');

    expect(() => secret.connections).toThrow("'connections' of Stack/Key requires that the rotation function runs in a VPC. Set 'vpc' in 'functionOptions'.");
  });

  test('without one, subnets are refused', () => {
    expect(() => new IamKeyRotationSecret(stackIn(), 'Key', { functionOptions: { vpcSubnets: {} } })).toThrow(/vpcSubnets.* without configuring a VPC/);
  });

  test('without one, security groups are refused', () => {
    const stack = stackIn();
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678');

    expect(() => new IamKeyRotationSecret(stack, 'Key', { functionOptions: { securityGroups: [securityGroup] } })).toThrow(/securityGroup.* without configuring a VPC/);
  });
});
