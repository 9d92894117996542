// What the rotation function may do, and above all what it may not.
import * as fs from 'fs';
import * as path from 'path';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { IamKeyRotationSecret, IamKeyRotationSecretProps } from '../src';
import { ACCOUNT, actionsOf, logicalId, only, REGION, rotationStatements, stackIn, Statement } from './private/synthesis';

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/robots/uploader`;

const IAM_ACTIONS = ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys', 'iam:UpdateAccessKey'];
const SECRET_ACTIONS = [
  'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds',
  'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage',
];
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

function statementsWith(props?: IamKeyRotationSecretProps, stack = stackIn()): Statement[] {
  new IamKeyRotationSecret(stack, 'Key', props);
  return rotationStatements(Template.fromStack(stack));
}

function statementFor(statements: Statement[], service: string): Statement {
  const found = statements.filter((statement) => actionsOf([statement]).every((action) => action.startsWith(`${service}:`)));
  expect(found).toHaveLength(1);
  return found[0];
}

test('the function may do what it does, and nothing else', () => {
  const statements = statementsWith();

  expect(actionsOf(statements)).toEqual([...IAM_ACTIONS, ...LOG_ACTIONS, ...SECRET_ACTIONS]);
  expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true);
});

test('what it does is what its code calls', () => {
  const services: Record<string, string> = { 'iam': 'iam', 'secrets-manager': 'secretsmanager' }; // STS asks for no right
  const called = new Set<string>();
  const folder = path.join(__dirname, '..', 'lambda');
  for (const file of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const code = fs.readFileSync(path.join(folder, file), 'utf8');
    for (const [, names, client] of code.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z-]+)'/g)) {
      for (const [, command] of services[client] === undefined ? [] : names.matchAll(/(\w+)Command\b/g)) {
        called.add(`${services[client]}:${command}`);
      }
    }
  }

  expect([...called].sort()).toEqual([...IAM_ACTIONS, ...SECRET_ACTIONS]);
});

test('each right names its one user, secret and log group', () => {
  const stack = stackIn();
  const secret = new IamKeyRotationSecret(stack, 'Key');
  const template = Template.fromStack(stack);
  const statements = rotationStatements(template);

  expect(statementFor(statements, 'iam').Resource).toEqual({ 'Fn::GetAtt': [logicalId(secret.user), 'Arn'] });
  expect(statementFor(statements, 'secretsmanager').Resource).toEqual({ Ref: logicalId(secret) });
  expect(statementFor(statements, 'logs').Resource).toEqual({ 'Fn::GetAtt': [Object.keys(template.findResources('AWS::Logs::LogGroup'))[0], 'Arn'] });
});

test('an imported user with a path is named with its path', () => {
  const stack = stackIn();

  expect(statementFor(statementsWith({ user: iam.User.fromUserArn(stack, 'User', USER_ARN) }, stack), 'iam').Resource).toBe(USER_ARN);
});

test.each<[string, (stack: ReturnType<typeof stackIn>) => IamKeyRotationSecretProps]>([
  ['by default', () => ({})],
  ['with a key of the app', (stack) => ({ encryptionKey: new kms.Key(stack, 'Kms') })],
  ['with an imported key', (stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) })],
  ['with an imported user', (stack) => ({ user: iam.User.fromUserArn(stack, 'User', USER_ARN) })],
])('%s the function does not get any right on all resources', (_, props) => {
  const stack = stackIn();

  expect(statementsWith(props(stack), stack).map(({ Resource }) => Resource)).not.toContain('*');
});

test.each([
  'iam:PassRole', 'iam:PutUserPolicy', 'iam:AttachUserPolicy', 'iam:CreateUser', 'iam:DeleteUser', 'secretsmanager:RotateSecret',
  'secretsmanager:DeleteSecret', 'secretsmanager:UpdateSecret', 'secretsmanager:PutResourcePolicy', 'secretsmanager:GetRandomPassword',
  'sts:AssumeRole', 'lambda:InvokeFunction', 'logs:CreateLogGroup', 'kms:Decrypt', 'ec2:CreateNetworkInterface',
])('the function does not get %s', (action) => {
  expect(actionsOf(statementsWith())).not.toContain(action);
});

test('the role has no managed policy, and only Lambda may assume it', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key');
  const { Properties } = only(Template.fromStack(stack), 'AWS::IAM::Role');

  expect(Properties).toEqual({
    AssumeRolePolicyDocument: {
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
      Version: '2012-10-17',
    },
  });
});

test('no secret policy is made that nobody asked for', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });

  Template.fromStack(stack).resourceCountIs('AWS::SecretsManager::ResourcePolicy', 0);
});

describe('a customer managed key', () => {
  test.each<[string, (stack: ReturnType<typeof stackIn>) => { key: kms.IKey; resource: unknown }]>([
    ['of the app', (stack) => {
      const key = new kms.Key(stack, 'Kms');
      return { key, resource: { 'Fn::GetAtt': [logicalId(key), 'Arn'] } };
    }],
    ['imported', (stack) => ({ key: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN), resource: KEY_ARN })],
  ])('%s may be used through Secrets Manager and for this secret only', (_, make) => {
    const stack = stackIn();
    const { key, resource } = make(stack);
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: key });

    expect(statementFor(rotationStatements(Template.fromStack(stack)), 'kms')).toEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: resource,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
          'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) },
        },
      },
    });
  });

  test('of the app does not need to know the role: the right stands in the policy of the role', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });

    expect(JSON.stringify(only(Template.fromStack(stack), 'AWS::KMS::Key'))).not.toContain('RotationRole');
  });

  test('is not known to the function beyond that', () => {
    const stack = stackIn();

    expect(actionsOf(statementsWith({ encryptionKey: new kms.Key(stack, 'Kms') }, stack)))
      .toEqual([...IAM_ACTIONS, 'kms:Decrypt', 'kms:GenerateDataKey', ...LOG_ACTIONS, ...SECRET_ACTIONS]);
  });
});

test('in a network the function may manage network interfaces, which no policy can narrow', () => {
  const stack = stackIn();
  const statements = statementsWith({ functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc') } }, stack);

  expect(statements.filter(({ Resource }) => Resource === '*')).toEqual([{
    Effect: 'Allow',
    Resource: '*',
    Action: [
      'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
    ],
  }]);
});

test('an imported log group is written to, and not made', () => {
  const stack = stackIn();
  const statements = statementsWith({ functionOptions: { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', 'central') } }, stack);

  expect(JSON.stringify(statementFor(statements, 'logs').Resource)).toContain(':log-group:central:*');
  Template.fromStack(stack).resourceCountIs('AWS::Logs::LogGroup', 0);
});
