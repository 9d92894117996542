// A user's own code that does not load: who tells CloudFormation, and how a deployment finds out.
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CustomRotation, CustomRotationSecret, IamKeyRotationSecret, RandomValue, RandomValueRotationSecret } from '../src';
import { flatten, only, rotationFunctionIn, rotationStatements, stackIn } from './private/synthesis';

const FIRST_VALUE = 'Custom::CustomRotationFirstValue';
const code = lambda.Code.fromInline('exports.handler = async () => {};');

function withCode(given: lambda.Code = code, stack = stackIn()): Template {
  new CustomRotationSecret(stack, 'Token', { code: given });
  return Template.fromStack(stack);
}

/** The ids of the resources of a type that are those of the function that answers. */
function unanswered(template: Template, type: string): string[] {
  return Object.keys(template.findResources(type)).filter((id) => id.startsWith('CdkIamKeyRotationUnanswered'));
}

describe('the function that answers', () => {
  test('gets what the rotation function could not answer, once the rotation function may call it', () => {
    const template = withCode();
    const arn = { 'Fn::GetAtt': [unanswered(template, 'AWS::Lambda::Function')[0], 'Arn'] };
    const invocation = only(template, 'AWS::Lambda::EventInvokeConfig');
    const rolePolicy = Object.keys(template.findResources('AWS::IAM::Policy')).find((id) => id.startsWith('TokenRotationRolePolicy'));

    expect(invocation.Properties.DestinationConfig).toEqual({ OnFailure: { Destination: arn } });
    expect(rotationStatements(template)).toContainEqual({ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn });
    expect(invocation.DependsOn).toContain(rolePolicy);
    expect(only(template, FIRST_VALUE).DependsOn).toContain(rolePolicy);
  });

  test('is one file without the SDK, and may write to its own log alone', () => {
    const template = withCode();
    const [id] = unanswered(template, 'AWS::Lambda::Function');
    const { Properties, DependsOn } = template.findResources('AWS::Lambda::Function')[id];
    const [logGroup] = unanswered(template, 'AWS::Logs::LogGroup');
    const [role] = unanswered(template, 'AWS::IAM::Role');
    const [policy] = unanswered(template, 'AWS::IAM::Policy');

    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler', LoggingConfig: { LogGroup: { Ref: logGroup } },
    });
    expect(template.findResources('AWS::IAM::Role')[role].Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(template.findResources('AWS::IAM::Policy')[policy].Properties).toMatchObject({
      PolicyDocument: {
        Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: { 'Fn::GetAtt': [logGroup, 'Arn'] } }],
      },
      Roles: [{ Ref: role }],
    });
    expect(DependsOn).toContain(policy);
    expect(template.findResources('AWS::Logs::LogGroup')[logGroup]).toMatchObject({ Properties: { RetentionInDays: 90 }, DeletionPolicy: 'Delete' });
  });

  test('is made once a stack, beside ten resources for each secret', () => {
    const app = new App();
    const [one, other] = [new Stack(app, 'One'), new Stack(app, 'Other')];
    new CustomRotationSecret(one, 'Token', { code });
    new CustomRotationSecret(one, 'Password', { code });
    new CustomRotation(one, 'Existing', { code, secret: Secret.fromSecretNameV2(one, 'Secret', 'shop/token') });
    new CustomRotationSecret(other, 'Token', { code });

    for (const [stack, resources] of [[one, 4 + 10 + 10 + 9], [other, 4 + 10]] as const) {
      const template = Template.fromStack(stack);
      expect(unanswered(template, 'AWS::Lambda::Function')).toHaveLength(1);
      expect(Object.keys(template.toJSON().Resources)).toHaveLength(resources);
    }
  });

  test('is not made for the functions that this library brings', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key');
    new RandomValueRotationSecret(stack, 'Session', { fields: { session_secret_key: RandomValue.characters(32) } });
    const template = Template.fromStack(stack);

    expect(unanswered(template, 'AWS::Lambda::Function')).toEqual([]);
    expect(JSON.stringify(template.findResources('AWS::Lambda::EventInvokeConfig'))).not.toContain('DestinationConfig');
    expect(JSON.stringify(template.findResources('Custom::IamKeyRotationFirstKey'))).not.toContain('"Code"');
    expect(JSON.stringify(template.findResources('Custom::RandomValueRotationFirstValue'))).not.toContain('"Code"');
  });
});

describe('a deployment with other code calls the function:', () => {
  const codeOf = (given: lambda.Code, stack = stackIn()): unknown => only(withCode(given, stack), FIRST_VALUE).Properties.Code;

  test('code in the template', () => {
    const [before, after] = [codeOf(code), codeOf(lambda.Code.fromInline('exports.handler = async () => 1;'))];

    expect(before).toMatch(/^[0-9a-f]{64} [0-9a-f]{64}$/);
    expect(after).not.toBe(before);
    expect(codeOf(code)).toBe(before);
  });

  test('code in the template that is known at deployment only', () => {
    const stack = stackIn();

    expect(codeOf(lambda.Code.fromInline(new CfnParameter(stack, 'Text').valueAsString), stack)).toEqual({
      'Fn::Join': ['', [{ Ref: 'Text' }, expect.stringMatching(/^ [0-9a-f]{64}$/)]],
    });
  });

  test('a folder', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'code-'));
    try {
      fs.writeFileSync(path.join(folder, 'index.js'), '1');
      const template = withCode(lambda.Code.fromAsset(folder));
      fs.writeFileSync(path.join(folder, 'index.js'), '2');

      const { Properties } = template.findResources('AWS::Lambda::Function')[rotationFunctionIn(template)];
      expect(only(template, FIRST_VALUE).Properties.Code).toContain(Properties.Code.S3Key);
      expect(codeOf(lambda.Code.fromAsset(folder))).not.toBe(only(template, FIRST_VALUE).Properties.Code);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  test('another handler, or another variable, which the code may not load without', () => {
    const codeWith = (props: { handler?: string; environment?: Record<string, string> }) => {
      const stack = stackIn();
      new CustomRotationSecret(stack, 'Token', { code, ...props });
      return only(Template.fromStack(stack), FIRST_VALUE).Properties.Code;
    };
    const codes = [codeWith({}), codeWith({ handler: 'index.other' }), codeWith({ environment: { SHOP_URL: 'https://shop.example' } }), codeWith({})];

    expect(new Set(codes).size).toBe(3);
    expect(codes[3]).toBe(codes[0]);
  });

  test('an object in S3, with its version', () => {
    const stack = stackIn();
    const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'code');

    expect(codeOf(lambda.Code.fromBucket(bucket, 'rotator.zip', 'version-1'), stack)).toMatch(/^rotator.zip version-1 [0-9a-f]{64}$/);
  });

  test('an object in S3 that is known at deployment only', () => {
    const stack = stackIn();
    const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'code');

    expect(flatten(codeOf(lambda.Code.fromBucket(bucket, new CfnParameter(stack, 'Key').valueAsString, 'version-1'), stack))).toMatch(/^<Key> version-1 [0-9a-f]{64}$/);
  });
});
