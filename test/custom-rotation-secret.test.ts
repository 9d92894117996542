// What a secret with a credential of any kind makes of its props: the default of each, and what another value changes.
import { App, Duration, RemovalPolicies, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CustomRotation, CustomRotationSecret, CustomRotationSecretProps, SecretRotationSchedule } from '../src';
import {
  ACCOUNT, actionsOf, flatten, logicalId, only, OTHER_ACCOUNT, REGION, rotationFunctionIn, rotationStatements, settingsOf, stackIn, statementsOf,
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

  test('a secret that holds the placeholder, and is deleted with its stack', () => {
    const secret = only(secretWith().template(), 'AWS::SecretsManager::Secret');
    expect(secret.Properties).toEqual({
      Description: 'A credential. A rotation replaces it, and keeps every other field.',
      GenerateSecretString: { SecretStringTemplate: '{}', GenerateStringKey: 'placeholder' },
    });
    expect(secret.DeletionPolicy).toBe('Delete');
  });

  test('a function with the user\'s code, on the newest Node.js, with 256 MB and five minutes', () => {
    secretWith().template().hasResourceProperties('AWS::Lambda::Function', {
      Code: { ZipFile: Match.anyValue() },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: 300,
      VpcConfig: Match.absent(),
    });
  });

  test('settings that say all that the function must know, in its environment and for the first value', () => {
    const { secret, template: templateOf } = secretWith();
    const template = templateOf();
    expect(settings(template)).toEqual({
      kind: 'custom', secretArn: `<${logicalId(secret)}>`, overlapSeconds: 7 * 24 * 3600, timeoutSeconds: 300, verify: { pauseMillis: 2000 },
    });
    expect(JSON.parse(flatten(only(template, FIRST_VALUE).Properties.Settings))).toEqual(settings(template));
    const { Properties } = template.findResources('AWS::Lambda::Function')[rotationFunctionIn(template)];
    expect(Object.keys(Properties.Environment.Variables)).toEqual(['SETTINGS']);
  });

  test('a rotation every 30 days, and none at the deployment', () => {
    secretWith().template().hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotateImmediatelyOnUpdate: false, RotationRules: { ScheduleExpression: 'rate(30 days)' },
    });
  });

  test('a first credential before the schedule, after who may call the function and what it may do', () => {
    const template = secretWith().template();
    const idOf = (type: string) => Object.keys(template.findResources(type))[0];
    expect(only(template, FIRST_VALUE).DependsOn).toEqual(expect.arrayContaining([idOf('AWS::Lambda::Permission'), idOf('AWS::IAM::Policy')]));
    expect(only(template, 'AWS::SecretsManager::RotationSchedule').DependsOn)
      .toEqual(expect.arrayContaining([idOf(FIRST_VALUE), idOf('AWS::Lambda::Permission'), idOf('AWS::IAM::Policy')]));
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
      .toThrow("'environment' of Stack/Token must not have SETTINGS, which is the construct's own, got: 'x', choose another name");
  });

  test('schedule', () => {
    secretWith({ schedule: SecretRotationSchedule.rate(Duration.hours(4)) }).template()
      .hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { ScheduleExpression: 'rate(4 hours)' } });
  });

  test('schedule on demand: there is none, and the function may be called', () => {
    const template = secretWith({ schedule: SecretRotationSchedule.onDemand() }).template();
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    template.resourceCountIs('AWS::Lambda::Permission', 1);
    expect(settings(template).overlapSeconds).toBe(7 * 24 * 3600);
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
      .toThrow("'overlap' and the rotation function's timeout of 5 minutes together must be at most the time between two rotations, 7 days, got: 7 days");
  });

  test('functionOptions', () => {
    const stack = stackIn();
    const { template, secret } = secretWith({ functionOptions: { memorySize: 512, timeout: Duration.minutes(10), vpc: new ec2.Vpc(stack, 'Vpc') } }, stack);
    template().hasResourceProperties('AWS::Lambda::Function', { MemorySize: 512, Timeout: 600, VpcConfig: Match.anyValue() });
    template().hasResourceProperties(FIRST_VALUE, { ServiceTimeout: '900' });
    expect(settings(template()).timeoutSeconds).toBe(600);
    expect(secret.connections.securityGroups).toHaveLength(1);
  });

  test('functionOptions with a timeout that is too short is refused', () => {
    expect(() => secretWith({ functionOptions: { timeout: Duration.seconds(30) } })).toThrow(/'timeout' of 'functionOptions' must be from 1 minute to 15 minutes, got: 30 seconds/);
  });

  test('without a network, connections say what is missing', () => {
    expect(() => secretWith().secret.connections).toThrow("'connections' of Stack/Token needs the rotation function in a network: give 'functionOptions' a 'vpc'");
  });

  test('encryptionKey, which the function may use for this secret alone', () => {
    const stack = stackIn();
    const { secret, template } = secretWith({ encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) }, stack);
    template().hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: KEY_ARN });
    expect(rotationStatements(template())).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: KEY_ARN,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) } } },
    });
  });

  test('replicaRegions', () => {
    secretWith({ replicaRegions: [{ region: 'eu-central-1' }] }).template()
      .hasResourceProperties('AWS::SecretsManager::Secret', { ReplicaRegions: [{ Region: 'eu-central-1' }] });
  });

  test('secretName and description', () => {
    secretWith({ secretName: 'shop/token', description: 'The shop\'s token' }).template()
      .hasResourceProperties('AWS::SecretsManager::Secret', { Name: 'shop/token', Description: 'The shop\'s token' });
  });

  test.each<[string, Partial<CustomRotationSecretProps>, (stack: Stack) => void, string, string]>([
    ['by default', {}, () => undefined, 'Delete', 'false'],
    ['with DESTROY', { removalPolicy: RemovalPolicy.DESTROY }, () => undefined, 'Delete', 'false'],
    ['with RETAIN', { removalPolicy: RemovalPolicy.RETAIN }, () => undefined, 'Retain', 'true'],
    ['retained by RemovalPolicies', {}, (stack) => RemovalPolicies.of(stack).retain(), 'Retain', 'true'],
  ])('%s, the function is told what becomes of the secret', (_, props, change, deletionPolicy, isRetained) => {
    const { stack, template } = secretWith(props);
    change(stack);
    expect(only(template(), 'AWS::SecretsManager::Secret').DeletionPolicy).toBe(deletionPolicy);
    template().hasResourceProperties(FIRST_VALUE, { SecretIsRetained: isRetained });
  });

  test('a removal policy that cannot be followed is refused', () => {
    expect(() => secretWith({ removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }).template()).toThrow(/'removalPolicy' must not be RETAIN_ON_UPDATE_OR_DELETE/);
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

  test('may be called by Secrets Manager for secrets of this account alone', () => {
    secretWith().template().hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction', Principal: 'secretsmanager.amazonaws.com', SourceAccount: { Ref: 'AWS::AccountId' },
    });
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
  test('may rotate by grantRotate, and read by grantRead', () => {
    const { stack, secret, template } = secretWith();
    const role = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    secret.grantRotate(role);
    secret.grantRead(reader);

    expect(actionsOf(statementsOf(template(), role))).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
    expect(actionsOf(statementsOf(template(), reader))).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
  });

  test('may be a user of another account, who is granted nothing here', () => {
    const { stack, secret, template } = secretWith();
    secret.grantRotate(iam.User.fromUserArn(stack, 'User', `arn:aws:iam::${OTHER_ACCOUNT}:user/operator`));
    expect(JSON.stringify(template().toJSON())).not.toContain('"Users"');
  });

  test('waits for the first credential, if told to wait for the secret', () => {
    const { stack, secret, template } = secretWith();
    const consumer = new iam.Role(stack, 'Consumer', { assumedBy: new iam.AccountRootPrincipal() });
    consumer.node.addDependency(secret);
    expect(template().findResources('AWS::IAM::Role')[logicalId(consumer)].DependsOn).toContain(Object.keys(template().findResources(FIRST_VALUE))[0]);
  });

  test.each<[string, (secret: CustomRotationSecret, stack: Stack) => unknown, RegExp]>([
    ['a second schedule', (secret) => secret.addRotationSchedule('Again', {}), /'addRotationSchedule' must not be called on Stack\/Token/],
    ['a target', (secret) => secret.attach({ asSecretAttachmentTarget: () => ({ targetId: 'x', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }) }), /'attach' must not be called on Stack\/Token/],
    ['a second rotation', (secret, stack) => new CustomRotation(stack, 'Again', { secret, code }), /'secret' of Stack\/Again must not be of class CustomRotationSecret/],
  ])('cannot give it %s', (_, act, message) => {
    const { secret, stack } = secretWith();
    expect(() => act(secret, stack)).toThrow(message);
  });
});
