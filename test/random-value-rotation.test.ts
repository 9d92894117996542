// What a stack gets from a RandomValueRotation of a secret that exists already.
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RandomValue, RandomValueRotation, RandomValueRotationProps, SecretRotationSchedule } from '../src';
import { ACCOUNT, actionsOf, flatten, only, REGION, rotationStatements, stackIn, statementsOf } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:web/session`;
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;

function rotationOf(secret: ISecret, props: Partial<RandomValueRotationProps> = {}, stack = Stack.of(secret)) {
  const rotation = new RandomValueRotation(stack, 'Rotation', { secret, fields: { session_secret_key: RandomValue.hex(32) }, ...props });
  return { rotation, template: () => Template.fromStack(stack) };
}

test.each<[string, (stack: Stack) => ISecret, string, string]>([
  ['by its name', (stack) => Secret.fromSecretNameV2(stack, 'Secret', 'web/session'), ARN.replace('arn:aws', 'arn:<AWS::Partition>'), '-??????'],
  ['by a partial ARN', (stack) => Secret.fromSecretPartialArn(stack, 'Secret', ARN), ARN, '-??????'],
  ['by its whole ARN', (stack) => Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`), `${ARN}-AbCdEf`, ''],
])('a secret that is imported %s is rotated, and no other may be read', (_, secret, arn, suffix) => {
  const { template } = rotationOf(secret(stackIn()));
  const [statement] = rotationStatements(template()).filter(({ Action }) => Array.isArray(Action) && Action.includes('secretsmanager:PutSecretValue'));

  expect(flatten(statement.Resource)).toBe(`${arn}${suffix}`);
  expect(flatten(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toBe(arn);
  expect(flatten(only(template(), 'Custom::RandomValueRotationFirstValue').Properties.SecretArn)).toBe(arn);
  expect(template().findResources('AWS::SecretsManager::Secret')).toEqual({});
});

test('a secret of another stack is rotated', () => {
  const app = new App();
  const secret = new Secret(stackIn(undefined, app, 'Owner'), 'Secret');
  const { template } = rotationOf(secret, {}, stackIn(undefined, app, 'Rotator'));

  expect(JSON.stringify(only(template(), 'AWS::SecretsManager::RotationSchedule').Properties.SecretId)).toContain('ImportValue');
});

test('the secret stays when the rotation goes', () => {
  const { template } = rotationOf(Secret.fromSecretNameV2(stackIn(), 'Secret', 'web/session'));

  template().hasResourceProperties('Custom::RandomValueRotationFirstValue', { SecretIsRetained: 'true' });
});

test('the function, and a check function, may use the customer key of an imported secret that names it', () => {
  const stack = stackIn();
  const secret = Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
  const checkFunction = new lambda.Function(stack, 'Check', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'check.handler', code: lambda.Code.fromInline('//') });
  const { template } = rotationOf(secret, { checkFunction });

  expect(rotationStatements(template())).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KEY_ARN }));
  expect(statementsOf(template(), checkFunction.role!)).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt', Resource: KEY_ARN }));
});

test('the schedule can be given, and be none', () => {
  const secret = () => Secret.fromSecretNameV2(stackIn(), 'Secret', 'web/session');

  rotationOf(secret(), { schedule: SecretRotationSchedule.rate(Duration.hours(4)) }).template()
    .hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { ScheduleExpression: 'rate(4 hours)' } });
  rotationOf(secret(), { schedule: SecretRotationSchedule.onDemand() }).template().resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
});

test('two rotations of one secret are refused', () => {
  const stack = stackIn();
  rotationOf(Secret.fromSecretNameV2(stack, 'Secret', 'web/session'));
  const secret = Secret.fromSecretNameV2(stack, 'Same', 'web/session');

  expect(() => new RandomValueRotation(stack, 'Second', { secret, fields: { other: RandomValue.hex(32) } }))
    .toThrow("'secret' of Stack/Second has a rotation already, Stack/Rotation");
});

test('bad fields are refused by the name of the construct', () => {
  expect(() => rotationOf(Secret.fromSecretNameV2(stackIn(), 'Secret', 'web/session'), { fields: {} })).toThrow("'fields' of Stack/Rotation must name at least one field");
});

test('grantRotate lets somebody start a rotation of the imported secret', () => {
  const stack = stackIn();
  const owner = new iam.Role(stack, 'Owner', { assumedBy: new iam.AccountRootPrincipal() });
  const { rotation, template } = rotationOf(Secret.fromSecretPartialArn(stack, 'Secret', ARN));
  rotation.grantRotate(owner);
  const statements = statementsOf(template(), owner);

  expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
  expect(statements[0].Resource).toBe(`${ARN}-??????`);
});

test('the function can run in a network', () => {
  const stack = stackIn();
  const { rotation } = rotationOf(Secret.fromSecretPartialArn(stack, 'Secret', ARN), { functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc') } });

  expect(rotation.connections.securityGroups).toHaveLength(1);
});
