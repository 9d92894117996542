// What the three rotations of an existing secret share, whatever the secret holds. What one kind does alone stands in the file named after it.
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  CustomRotation, CustomRotationSecret, IamKeyRotation, IamKeyRotationProps, IamKeyRotationSecret, RandomValue, RandomValueRotation,
  RandomValueRotationSecret, SecretRotationSchedule,
} from '../src';
import { ACCOUNT, actionsOf, flatten, only, REGION, rotationFunctionIn, rotationStatements, stackIn, statementsOf } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/uploader`;
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const code = lambda.Code.fromInline('exports.handler = async () => {};');
const fields = { session_secret_key: RandomValue.hex(32) };

type SharedProps = Pick<IamKeyRotationProps, 'schedule' | 'functionOptions' | 'removalPolicy'>;

interface Kind {
  /** The type of the custom resource that takes the secret over. */
  readonly firstValue: string;
  /** Rotates an existing secret. */
  readonly rotate: (scope: Construct, id: string, props: SharedProps & { secret: ISecret }) => IamKeyRotation | RandomValueRotation | CustomRotation;
  /** A secret of the library that has this kind of rotation from the start. */
  readonly rotatedSecret: (scope: Construct, id: string) => Secret;
}

const KINDS: [string, Kind][] = [
  ['IamKeyRotation', {
    firstValue: 'Custom::IamKeyRotationFirstKey',
    rotate: (scope, id, props) => new IamKeyRotation(scope, id, { ...props, user: iam.User.fromUserName(scope, `${id}User`, `uploader-${id}`) }),
    rotatedSecret: (scope, id) => new IamKeyRotationSecret(scope, id),
  }],
  ['RandomValueRotation', {
    firstValue: 'Custom::RandomValueRotationFirstValue',
    rotate: (scope, id, props) => new RandomValueRotation(scope, id, { ...props, fields }),
    rotatedSecret: (scope, id) => new RandomValueRotationSecret(scope, id, { fields }),
  }],
  ['CustomRotation', {
    firstValue: 'Custom::CustomRotationFirstValue',
    rotate: (scope, id, props) => new CustomRotation(scope, id, { ...props, code }),
    rotatedSecret: (scope, id) => new CustomRotationSecret(scope, id, { code }),
  }],
];
/** Random values have no `removalPolicy`: nothing outside of the secret would have to go. */
const REMOVABLE = KINDS.filter(([name]) => name !== 'RandomValueRotation');

function imported(stack = stackIn(), id = 'Secret'): ISecret {
  return Secret.fromSecretNameV2(stack, id, 'shop/uploader');
}

describe.each(KINDS)('%s', (name, { firstValue, rotate, rotatedSecret }) => {
  function rotationOf(secret: ISecret, props: SharedProps = {}, stack = Stack.of(secret)) {
    return { rotation: rotate(stack, 'Rotation', { secret, ...props }), template: () => Template.fromStack(stack) };
  }

  test.each<[string, (stack: Stack) => ISecret, string, string]>([
    ['by its name', imported, ARN.replace('arn:aws', 'arn:<AWS::Partition>'), '-??????'],
    ['by a partial ARN', (stack) => Secret.fromSecretPartialArn(stack, 'Secret', ARN), ARN, '-??????'],
    ['by its whole ARN', (stack) => Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`), `${ARN}-AbCdEf`, ''],
  ])('rotates a secret that is imported %s, may write no other, and makes none', (_, secret, arn, suffix) => {
    const { template } = rotationOf(secret(stackIn()));
    const [write] = rotationStatements(template()).filter(({ Action }) => Array.isArray(Action) && Action.includes('secretsmanager:PutSecretValue'));

    expect(flatten(write.Resource)).toBe(`${arn}${suffix}`);
    expect(flatten(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toBe(arn);
    expect(flatten(only(template(), firstValue).Properties.SecretArn)).toBe(arn);
    template().resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  test('rotates a secret of another stack', () => {
    const app = new App();
    const secret = new Secret(stackIn(undefined, app, 'Owner'), 'Secret');
    const { template } = rotationOf(secret, {}, stackIn(undefined, app, 'Rotator'));

    expect(JSON.stringify(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toContain('ImportValue');
  });

  test('may use the customer managed key that an imported secret names', () => {
    const stack = stackIn();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN);
    const { template } = rotationOf(Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey }));

    expect(rotationStatements(template()))
      .toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KEY_ARN }));
  });

  test('leaves the secret with what it holds when the rotation goes, by default', () => {
    rotationOf(imported()).template().hasResourceProperties(firstValue, { SecretIsRetained: 'true' });
  });

  test.each<[string, SecretRotationSchedule | undefined, string]>([
    ['30 days by default', undefined, 'rate(30 days)'],
    ['4 hours, if asked to', SecretRotationSchedule.rate(Duration.hours(4)), 'rate(4 hours)'],
  ])('rotates every %s', (_, schedule, expression) => {
    rotationOf(imported(), { schedule }).template()
      .hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { ScheduleExpression: expression } });
  });

  test('has no schedule on demand', () => {
    rotationOf(imported(), { schedule: SecretRotationSchedule.onDemand() }).template().resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
  });

  test('runs its function by functionOptions', () => {
    const template = rotationOf(imported(), { functionOptions: { memorySize: 512 } }).template();

    expect(template.findResources('AWS::Lambda::Function')[rotationFunctionIn(template)].Properties.MemorySize).toBe(512);
  });

  test('has the connections of its function, and says what is missing without a network', () => {
    const stack = stackIn();

    expect(rotationOf(imported(stack), { functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc') } }).rotation.connections.securityGroups).toHaveLength(1);
    expect(() => rotationOf(imported()).rotation.connections).toThrow("'connections' of Stack/Rotation requires that the rotation function runs in a VPC");
  });

  test('lets somebody rotate the imported secret, and look it up, by grantRotate', () => {
    const stack = stackIn();
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const { rotation, template } = rotationOf(Secret.fromSecretPartialArn(stack, 'Secret', ARN));
    rotation.grantRotate(operator);
    const statements = statementsOf(template(), operator);

    expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
    expect(statements[0].Resource).toBe(`${ARN}-??????`);
  });

  test('refuses a secret that has a rotation already', () => {
    const stack = stackIn();
    rotationOf(imported(stack));

    expect(() => rotate(stack, 'Second', { secret: imported(stack, 'Same') }))
      .toThrow("'secret' of Stack/Second must not have another rotation, got: Stack/Rotation. Remove one of the two.");
  });

  test('refuses a secret that the library rotates from the start', () => {
    expect(() => rotationOf(rotatedSecret(stackIn(), 'Rotated')))
      .toThrow(`'secret' of Stack/Rotation must not be of class ${name}Secret, which has its own rotation, got: Stack/Rotated.`);
  });
});

describe.each(REMOVABLE)('removalPolicy of %s', (_, { firstValue, rotate }) => {
  test.each([
    [RemovalPolicy.RETAIN, 'stays', 'true'],
    [RemovalPolicy.DESTROY, 'goes', 'false'],
  ])('%s: what the secret holds %s', (removalPolicy, _what, isRetained) => {
    const stack = stackIn();
    rotate(stack, 'Rotation', { secret: imported(stack), removalPolicy });

    Template.fromStack(stack).hasResourceProperties(firstValue, { SecretIsRetained: isRetained });
  });

  test('another one is refused', () => {
    const stack = stackIn();

    expect(() => rotate(stack, 'Rotation', { secret: imported(stack), removalPolicy: RemovalPolicy.SNAPSHOT }))
      .toThrow("'removalPolicy' of Stack/Rotation must be RETAIN or DESTROY, got: 'snapshot'");
  });
});
