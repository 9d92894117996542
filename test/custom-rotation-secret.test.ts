// What a stack gets from a CustomRotationSecret beyond what every kind of secret does: the user's code, its rights and its settings.
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CustomRotationSecret, CustomRotationSecretProps, SecretRotationSchedule } from '../src';
import {
  ACCOUNT, actionsOf, flatten, logicalId, only, OTHER_ACCOUNT, REGION, rotationStatements, settingsOf, stackIn,
} from './private/synthesis';

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const FIRST_VALUE = 'Custom::CustomRotationFirstValue';
const SECRET_ACTIONS = [
  'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds',
  'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage',
];
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

const code = lambda.Code.fromInline('exports.handler = async () => {};');

function secretWith(props: Partial<CustomRotationSecretProps> = {}, stack = stackIn()) {
  return { stack, secret: new CustomRotationSecret(stack, 'Token', { code, ...props }), template: () => Template.fromStack(stack) };
}

/** The settings, as this kind of function is told them. */
function settings(template: Template): Record<string, unknown> {
  return settingsOf(template) as unknown as Record<string, unknown>;
}

describe('what is made', () => {
  test('ten resources, and four for the whole stack', () => {
    const { Resources } = secretWith().template().toJSON();
    const own = Object.entries<{ Type: string }>(Resources).filter(([id]) => id.startsWith('Token'));
    expect(Object.keys(Resources).length - own.length).toBe(4);
    expect(own.map(([, { Type }]) => Type).sort()).toEqual([
      'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Function',
      'AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::SecretsManager::RotationSchedule', 'AWS::SecretsManager::Secret', FIRST_VALUE,
    ]);
  });

  test('a function with the user\'s code', () => {
    secretWith().template().hasResourceProperties('AWS::Lambda::Function', { Code: { ZipFile: 'exports.handler = async () => {};' } });
  });

  test('settings that say all that the function must know', () => {
    const { secret, template } = secretWith();
    expect(settings(template())).toEqual({
      kind: 'custom', secretArn: `<${logicalId(secret)}>`, overlapSeconds: 7 * 24 * 3600, timeoutSeconds: 300, verify: { pauseMillis: 2000 },
    });
  });
});

describe('each prop', () => {
  test('handler', () => {
    secretWith({ handler: 'rotator.rotate' }).template().hasResourceProperties('AWS::Lambda::Function', { Handler: 'rotator.rotate' });
  });

  test('environment, beside the settings', () => {
    secretWith({ environment: { SERVICE: 'https://service.example' } }).template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { SERVICE: 'https://service.example', SETTINGS: Match.anyValue() } },
    });
  });

  test('environment with the construct\'s own variable is refused', () => {
    expect(() => secretWith({ environment: { SETTINGS: 'x' } }))
      .toThrow("'environment' of Stack/Token must not contain SETTINGS, which the construct sets, got: 'x'. Choose another name.");
  });

  test('schedule on demand: a replaced credential lives for seven days', () => {
    expect(settings(secretWith({ schedule: SecretRotationSchedule.onDemand() }).template()).overlapSeconds).toBe(7 * 24 * 3600);
  });

  test.each([[Duration.days(4), 2 * 24 * 3600], [Duration.hours(5), 2.5 * 3600], [Duration.days(90), 7 * 24 * 3600]])(
    'with rotations every %s, a replaced credential lives for half of that, up to seven days', (interval, overlapSeconds) => {
      expect(settings(secretWith({ schedule: SecretRotationSchedule.rate(interval) }).template()).overlapSeconds).toBe(overlapSeconds);
    });

  test('overlap', () => {
    expect(settings(secretWith({ overlap: Duration.days(2) }).template()).overlapSeconds).toBe(2 * 24 * 3600);
    expect(settings(secretWith({ overlap: Duration.seconds(0) }).template()).overlapSeconds).toBe(0);
  });

  test('overlap that would have every second rotation refused is refused', () => {
    expect(() => secretWith({ schedule: SecretRotationSchedule.rate(Duration.days(7)), overlap: Duration.days(7) }))
      .toThrow("'overlap' plus the rotation function's timeout of 5 minutes must be at most the time between two rotations, 7 days, got: 7 days");
  });

  test('functionOptions with a timeout, of which the function is told', () => {
    expect(settings(secretWith({ functionOptions: { timeout: Duration.minutes(10) } }).template()).timeoutSeconds).toBe(600);
  });

  test('functionOptions with a timeout that is too short is refused', () => {
    expect(() => secretWith({ functionOptions: { timeout: Duration.seconds(30) } })).toThrow(/'timeout' of 'functionOptions' must be from 1 minute to 15 minutes, Lambda's limit, got: 30 seconds/);
  });

  test('encryptionKey, which the function may use for this secret alone', () => {
    const stack = stackIn();
    const { secret, template } = secretWith({ encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) }, stack);
    expect(rotationStatements(template())).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: KEY_ARN,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) } } },
    });
  });
});

describe('the function', () => {
  test('may read and write its secret and its log, have its failures told to CloudFormation, and nothing else', () => {
    const { secret, template } = secretWith();
    const statements = rotationStatements(template());
    expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', ...LOG_ACTIONS, ...SECRET_ACTIONS]);
    expect(statements.map(({ Resource }) => flatten(Resource))).toEqual([
      `<${logicalId(secret)}>`,
      expect.stringMatching(/^<TokenRotationLogGroup\w+\.Arn>$/),
      expect.stringMatching(/^<CdkIamKeyRotationUnansweredFunction\w+\.Arn>$/),
    ]);
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true);
  });

  test.each<[string, Record<string, boolean>, (stack: Stack, rotation: lambda.Function) => void]>([
    ['the right to read another secret', {}, (stack, rotation) => new secretsmanager.Secret(stack, 'Admin').grantRead(rotation)],
    ['a statement', {}, (_, rotation) => rotation.addToRolePolicy(new iam.PolicyStatement({ actions: ['ses:SendEmail'], resources: ['*'] }))],
    ['a statement that gets a policy of its own', { '@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy': true },
      (_, rotation) => rotation.addToRolePolicy(new iam.PolicyStatement({ actions: ['ses:SendEmail'], resources: ['*'] }))],
  ])('is called for the first credential when it has %s', (_, context, grant) => {
    const stack = stackIn(undefined, new App({ context }));
    const { secret, template } = secretWith({}, stack);
    grant(stack, secret.rotationFunction); // later than the construct
    const [rights] = Object.entries(template().findResources('AWS::IAM::Policy')).filter(([id]) => !/RotationRolePolicy/.test(id));

    expect(only(template(), FIRST_VALUE).DependsOn).toContain(rights[0]);
  });

  test('has no cycle in its template, whatever its grants, its network and its consumers are', () => {
    const stack = stackIn();
    const { secret, template } = secretWith({ encryptionKey: new kms.Key(stack, 'Kms'), functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc') } }, stack);
    const reader = new lambda.Function(stack, 'Reader', { code, handler: 'index.handler', runtime: lambda.Runtime.NODEJS_24_X });
    secret.grantRead(reader);
    reader.node.addDependency(secret);
    secret.grantRead(secret.rotationFunction);
    secret.rotationFunction.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() }));

    expect(() => template()).not.toThrow(); // it refuses one with a cycle
  });
});

describe('who uses it', () => {
  test('may be a user of another account, who is granted nothing here', () => {
    const { stack, secret, template } = secretWith();
    secret.grantRotate(iam.User.fromUserArn(stack, 'User', `arn:aws:iam::${OTHER_ACCOUNT}:user/operator`));
    expect(JSON.stringify(template().toJSON())).not.toContain('"Users"');
  });
});
