// How CloudFormation's requests reach the function, for every kind: by an alias, once, and with the time to be answered.
import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  CustomRotation, CustomRotationSecret, IamKeyRotation, IamKeyRotationSecret, RandomValue, RandomValueRotation, RandomValueRotationSecret,
  RotationFunctionOptions,
} from '../src';
import { flatten, only, rotationFunctionIn, settingsOf, stackIn } from './private/synthesis';

const fields = { session_secret_key: RandomValue.characters(32) };
const code = lambda.Code.fromInline('exports.handler = async () => {};');
const secretIn = (stack: Stack) => Secret.fromSecretNameV2(stack, 'Secret', 'existing');
const userIn = (stack: Stack) => iam.User.fromUserName(stack, 'User', 'uploader');

type Make = (stack: Stack, functionOptions?: RotationFunctionOptions) => unknown;

const OWN: [string, string, Make][] = [
  ['IamKeyRotationSecret', 'Custom::IamKeyRotationFirstKey',
    (stack, functionOptions) => new IamKeyRotationSecret(stack, 'Rotated', { functionOptions })],
  ['RandomValueRotationSecret', 'Custom::RandomValueRotationFirstValue',
    (stack, functionOptions) => new RandomValueRotationSecret(stack, 'Rotated', { fields, functionOptions })],
  ['CustomRotationSecret', 'Custom::CustomRotationFirstValue',
    (stack, functionOptions) => new CustomRotationSecret(stack, 'Rotated', { code, functionOptions })],
];
const EXISTING: [string, string, Make][] = [
  ['IamKeyRotation', 'Custom::IamKeyRotationFirstKey',
    (stack, functionOptions) => new IamKeyRotation(stack, 'Rotated', { secret: secretIn(stack), user: userIn(stack), functionOptions })],
  ['RandomValueRotation', 'Custom::RandomValueRotationFirstValue',
    (stack, functionOptions) => new RandomValueRotation(stack, 'Rotated', { secret: secretIn(stack), fields, functionOptions })],
  ['CustomRotation', 'Custom::CustomRotationFirstValue',
    (stack, functionOptions) => new CustomRotation(stack, 'Rotated', { secret: secretIn(stack), code, functionOptions })],
];

function synthesize(make: Make, functionOptions?: RotationFunctionOptions): Template {
  const stack = stackIn();
  make(stack, functionOptions);
  return Template.fromStack(stack);
}

function onlyId(template: Template, type: string): string {
  const [id, ...others] = Object.keys(template.findResources(type));
  expect(others).toEqual([]);
  return id;
}

describe.each([...OWN, ...EXISTING])('the function of %s', (_, resourceType, make) => {
  test('is called by CloudFormation under the alias deployment of its newest code', () => {
    const template = synthesize(make);

    expect(only(template, 'AWS::Lambda::Alias').Properties)
      .toEqual({ Name: 'deployment', FunctionName: { Ref: rotationFunctionIn(template) }, FunctionVersion: '$LATEST' });
    expect(only(template, resourceType).Properties.ServiceToken).toEqual({ Ref: onlyId(template, 'AWS::Lambda::Alias') });
  });

  test('gets a request of CloudFormation once, and none that is older than five minutes', () => {
    const template = synthesize(make);
    const alias = onlyId(template, 'AWS::Lambda::Alias');

    expect(only(template, 'AWS::Lambda::EventInvokeConfig')).toMatchObject({
      Properties: {
        FunctionName: { Ref: rotationFunctionIn(template) }, Qualifier: 'deployment', MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300,
      },
      DependsOn: expect.arrayContaining([alias]),
    });
    expect(only(template, resourceType).DependsOn).toEqual(expect.arrayContaining([alias, onlyId(template, 'AWS::Lambda::EventInvokeConfig')]));
  });

  test('has its whole time for a request that has waited that long', () => {
    expect(only(synthesize(make), resourceType).Properties.ServiceTimeout).toBe('600');
    expect(only(synthesize(make, { timeout: Duration.minutes(15) }), resourceType).Properties.ServiceTimeout).toBe('1200');
  });

  test('knows which secret it rotates', () => {
    const template = synthesize(make);

    expect(settingsOf(template).secretArn).toBe(flatten(only(template, resourceType).Properties.SecretArn));
  });
});

test('a timeout that is known at deployment only leaves CloudFormation its own', () => {
  const stack = stackIn();
  const timeout = Duration.seconds(new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber);
  new IamKeyRotationSecret(stack, 'Key', { functionOptions: { timeout } });

  expect(only(Template.fromStack(stack), 'Custom::IamKeyRotationFirstKey').Properties).not.toHaveProperty('ServiceTimeout');
});

test.each(OWN.filter(([name]) => name !== 'CustomRotationSecret'))('%s makes at most ten resources beside the user', (_, resourceType, make) => {
  const types = Object.values<{ Type: string }>(synthesize(make).toJSON().Resources).map(({ Type }) => Type)
    .filter((type) => type !== 'AWS::IAM::User').sort();

  expect(types).toEqual([
    'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Function',
    'AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::SecretsManager::RotationSchedule', 'AWS::SecretsManager::Secret', resourceType,
  ]);
});
