// The same rotation for a secret that exists already.
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CustomRotation, CustomRotationProps, SecretRotationSchedule } from '../src';
import { ACCOUNT, actionsOf, flatten, only, REGION, rotationStatements, settingsOf, stackIn, statementsOf } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/token`;
const FIRST_VALUE = 'Custom::CustomRotationFirstValue';
const code = lambda.Code.fromInline('exports.handler = async () => {};');

function rotationOf(secret: ISecret, props: Partial<CustomRotationProps> = {}, stack = Stack.of(secret)) {
  return { rotation: new CustomRotation(stack, 'Rotation', { secret, code, ...props }), template: () => Template.fromStack(stack) };
}

function imported(stack = stackIn()): ISecret {
  return Secret.fromSecretNameV2(stack, 'Secret', 'shop/token');
}

test.each<[string, (stack: Stack) => ISecret, string, string]>([
  ['by its name', (stack) => imported(stack), ARN.replace('arn:aws', 'arn:<AWS::Partition>'), '-??????'],
  ['by a partial ARN', (stack) => Secret.fromSecretPartialArn(stack, 'Secret', ARN), ARN, '-??????'],
  ['by its whole ARN', (stack) => Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`), `${ARN}-AbCdEf`, ''],
])('a secret that is imported %s is rotated, and no other may be read', (_, secret, arn, suffix) => {
  const { template } = rotationOf(secret(stackIn()));
  const [statement] = rotationStatements(template()).filter(({ Action }) => Array.isArray(Action) && Action.includes('secretsmanager:PutSecretValue'));

  expect(flatten(statement.Resource)).toBe(`${arn}${suffix}`);
  expect(flatten(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toBe(arn);
  expect(flatten(only(template(), FIRST_VALUE).Properties.SecretArn)).toBe(arn);
  template().resourceCountIs('AWS::SecretsManager::Secret', 0);
});

test('a secret of another stack is rotated', () => {
  const app = new App();
  const secret = new Secret(stackIn(undefined, app, 'Owner'), 'Secret');
  const { template } = rotationOf(secret, {}, stackIn(undefined, app, 'Rotator'));

  expect(JSON.stringify(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toContain('ImportValue');
});

test('the function may use the customer key of an imported secret that names it', () => {
  const stack = stackIn();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Kms', `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`);
  const { template } = rotationOf(Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey }));

  expect(rotationStatements(template())).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: encryptionKey.keyArn }));
});

test('code, handler, environment, schedule, overlap and functionOptions are those of CustomRotationSecret', () => {
  const { template } = rotationOf(imported(), {
    handler: 'rotator.rotate',
    environment: { SERVICE: 'https://service.example' },
    schedule: SecretRotationSchedule.rate(Duration.days(7)),
    overlap: Duration.days(1),
    functionOptions: { memorySize: 512 },
  });

  template().hasResourceProperties('AWS::Lambda::Function', {
    Handler: 'rotator.rotate', MemorySize: 512, Environment: { Variables: { SERVICE: 'https://service.example' } },
  });
  template().hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { ScheduleExpression: 'rate(7 days)' } });
  expect(settingsOf(template())).toMatchObject({ kind: 'custom', overlapSeconds: 24 * 3600 });
});

test('by default it rotates every 30 days, with an overlap of seven', () => {
  const stack = stackIn();
  rotationOf(imported(stack));

  expect(settingsOf(Template.fromStack(stack))).toMatchObject({ overlapSeconds: 7 * 24 * 3600 });
  Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { ScheduleExpression: 'rate(30 days)' } });
});

test.each([
  [undefined, 'true'],
  [RemovalPolicy.RETAIN, 'true'],
  [RemovalPolicy.DESTROY, 'false'],
])('with removal policy %s, that the credentials stay is %s', (removalPolicy, expected) => {
  rotationOf(imported(), { removalPolicy }).template().hasResourceProperties(FIRST_VALUE, { SecretIsRetained: expected });
});

test('another removal policy is refused', () => {
  expect(() => rotationOf(imported(), { removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow("'removalPolicy' of Stack/Rotation must be RETAIN or DESTROY, got: 'snapshot'");
});

test('two rotations of one secret are refused', () => {
  const stack = stackIn();
  rotationOf(imported(stack));

  expect(() => new CustomRotation(stack, 'Second', { secret: Secret.fromSecretNameV2(stack, 'Same', 'shop/token'), code }))
    .toThrow("'secret' of Stack/Second has a rotation already, Stack/Rotation: a secret has one rotation, take one of the two out");
});

test('the first credential waits for what the function is granted', () => {
  const stack = stackIn();
  const { rotation, template } = rotationOf(imported(stack));
  Secret.fromSecretNameV2(stack, 'Admin', 'shop/admin').grantRead(rotation.rotationFunction);

  expect(only(template(), FIRST_VALUE).DependsOn).toContainEqual(expect.stringMatching(/RotationRoleDefaultPolicy/));
});

test('grantRotate lets somebody rotate', () => {
  const stack = stackIn();
  const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
  const { rotation, template } = rotationOf(imported(stack));
  rotation.grantRotate(operator);

  expect(actionsOf(statementsOf(template(), operator))).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
});

test('connections are those of the function', () => {
  const stack = stackIn();
  expect(rotationOf(imported(stack), { functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc') } }).rotation.connections.securityGroups).toHaveLength(1);
  expect(() => rotationOf(imported()).rotation.connections).toThrow("'connections' of Stack/Rotation needs the rotation function in a network");
});
