// What the function that rotates random values may do, and above all what it may not.
import * as fs from 'fs';
import * as path from 'path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RandomValue, RandomValueRotationSecret, RandomValueRotationSecretProps } from '../src';
import { ACCOUNT, actionsOf, logicalId, only, REGION, rotationStatements, stackIn } from './private/synthesis';

const CHECK_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:check`;

function rotated(props: Partial<RandomValueRotationSecretProps> = {}, stack: Stack = stackIn()) {
  const secret = new RandomValueRotationSecret(stack, 'Session', { fields: { session_secret_key: RandomValue.characters(32) }, ...props });
  return { secret, template: Template.fromStack(stack) };
}

test('it may read and write its one secret, and its one log group, and nothing else', () => {
  const { secret, template } = rotated();

  expect(rotationStatements(template)).toEqual([
    {
      Effect: 'Allow',
      Action: [
        'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage', 'secretsmanager:ListSecretVersionIds',
      ],
      Resource: { Ref: logicalId(secret) },
    },
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::GetAtt': [Object.keys(template.findResources('AWS::Logs::LogGroup'))[0], 'Arn'] },
    },
  ]);
});

test('with a check function it may invoke that one, by the name that it was given', () => {
  const stack = stackIn();
  const plain = rotationStatements(rotated().template);
  const { template } = rotated({ checkFunction: lambda.Function.fromFunctionArn(stack, 'Check', CHECK_ARN) }, stack);
  const [invoke, ...rest] = rotationStatements(template);

  expect(invoke).toEqual({ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: CHECK_ARN });
  expect(rest).toEqual(plain);
});

test('with a customer managed key it may use that one, through Secrets Manager and for this secret only', () => {
  const stack = stackIn();
  const key = new kms.Key(stack, 'Kms');
  const { secret, template } = rotated({ encryptionKey: key }, stack);

  expect(rotationStatements(template)).toContainEqual({
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: { 'Fn::GetAtt': [logicalId(key), 'Arn'] },
    Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) } } },
  });
});

test.each<[string, (stack: Stack) => Partial<RandomValueRotationSecretProps>]>([
  ['by default', () => ({})],
  ['with a check function', (stack) => ({ checkFunction: lambda.Function.fromFunctionArn(stack, 'Check', CHECK_ARN) })],
  ['with a key of the app', (stack) => ({ encryptionKey: new kms.Key(stack, 'Kms') })],
])('%s it does not get any right on all resources', (_, props) => {
  const stack = stackIn();

  expect(JSON.stringify(rotationStatements(rotated(props(stack), stack).template))).not.toContain('"*"');
});

test.each([
  'secretsmanager:GetRandomPassword', 'secretsmanager:RotateSecret', 'secretsmanager:DeleteSecret', 'secretsmanager:UpdateSecret',
  'secretsmanager:PutResourcePolicy', 'lambda:InvokeFunction', 'iam:CreateAccessKey', 'iam:ListAccessKeys', 'logs:CreateLogGroup', 'kms:Decrypt',
])('it does not get %s', (action) => {
  expect(actionsOf(rotationStatements(rotated().template))).not.toContain(action);
});

test('what its code calls is what it may: Secrets Manager, and one function', () => {
  const folder = path.join(__dirname, '..', 'lambda');
  const code = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(protocol|random-value)\b.*\.ts$/.test(name)).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const called = code.flatMap((text) => [...text.matchAll(/import (?:type )?\{([^}]*)\} from '@aws-sdk\/client-([a-z-]+)'/g)])
    .flatMap(([, names, client]) => [...names.matchAll(/(\w+)Command\b/g)].map(([, command]) => `${client}:${command}`));

  expect(called.sort()).toEqual([
    'lambda:Invoke', 'secrets-manager:DescribeSecret', 'secrets-manager:GetSecretValue', 'secrets-manager:ListSecretVersionIds',
    'secrets-manager:PutSecretValue', 'secrets-manager:UpdateSecretVersionStage',
  ]);
});

test('the role has no managed policy, only Lambda may assume it, and the secret has no policy that nobody asked for', () => {
  const { template } = rotated();

  expect(only(template, 'AWS::IAM::Role').Properties).toEqual({
    AssumeRolePolicyDocument: {
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
      Version: '2012-10-17',
    },
  });
  template.resourceCountIs('AWS::SecretsManager::ResourcePolicy', 0);
});
