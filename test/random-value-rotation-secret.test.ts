// What a stack gets from a RandomValueRotationSecret, prop by prop.
import { CfnParameter, CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RandomValue, RandomValueRotation, RandomValueRotationSecret, RandomValueRotationSecretProps, SecretRotationSchedule } from '../src';
import { actionsOf, flatten, logicalId, only, settingsOf, stackIn, statementsOf } from './private/synthesis';
import { RandomValueRotationSettings } from '../src/private/settings';

const PLACEHOLDER = { SecretStringTemplate: '{}', GenerateStringKey: 'placeholder' };
const fields = { session_secret_key: RandomValue.characters(32) };

function synthesize(props: Partial<RandomValueRotationSecretProps> = {}, stack = stackIn()): Template {
  new RandomValueRotationSecret(stack, 'Session', { fields, ...props });
  return Template.fromStack(stack);
}

const settings = (template: Template) => settingsOf<RandomValueRotationSettings>(template);

/** A check function, whose own code is not looked at here. */
function checkFunctionIn(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Check', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'check.handler', code: lambda.Code.fromInline('//') });
}

describe('what is made', () => {
  test('first values that wait for permission and policy, and a schedule that waits for the first values', () => {
    const template = synthesize();
    const idOf = (type: string) => Object.keys(template.findResources(type))[0];

    expect(only(template, 'Custom::RandomValueRotationFirstValue').DependsOn)
      .toEqual(expect.arrayContaining([idOf('AWS::Lambda::Permission'), idOf('AWS::IAM::Policy')]));
    expect(only(template, 'AWS::SecretsManager::RotationSchedule').DependsOn).toContain(idOf('Custom::RandomValueRotationFirstValue'));
  });

  test('first values that are told the secret and the settings', () => {
    const stack = stackIn();
    const secret = new RandomValueRotationSecret(stack, 'Session', { fields });
    const template = Template.fromStack(stack);
    const { Properties } = only(template, 'Custom::RandomValueRotationFirstValue');

    expect(Properties.SecretArn).toEqual({ Ref: logicalId(secret) });
    expect(JSON.parse(flatten(Properties.Settings))).toEqual(settings(template));
  });

  test('an environment that says how values are made, and holds none', () => {
    const stack = stackIn();
    const secret = new RandomValueRotationSecret(stack, 'Session', { fields });
    const template = Template.fromStack(stack);

    expect(Object.keys(only(template, 'AWS::Lambda::Function').Properties.Environment.Variables)).toEqual(['SETTINGS']);
    expect(settings(template)).toEqual({
      kind: 'random-value',
      secretArn: `<${logicalId(secret)}>`,
      fields: [{ name: 'session_secret_key', value: { kind: 'characters', length: 32, characters: expect.stringMatching(/^[A-Za-z0-9]{62}$/) } }],
    });
  });

  test('is a secret, for everything that takes one', () => {
    expect(secretsmanager.Secret.isSecret(new RandomValueRotationSecret(stackIn(), 'Session', { fields }))).toBe(true);
  });

  test('makes whoever is told to wait for it wait for the first values', () => {
    const stack = stackIn();
    const consumer = new CfnResource(stack, 'Consumer', { type: 'Test::Consumer' });
    consumer.node.addDependency(new RandomValueRotationSecret(stack, 'Session', { fields }));
    const template = Template.fromStack(stack);

    expect(only(template, 'Test::Consumer').DependsOn).toContain(Object.keys(template.findResources('Custom::RandomValueRotationFirstValue'))[0]);
  });
});

describe('fields', () => {
  test('of every kind reach the function', () => {
    const template = synthesize({
      fields: { session: RandomValue.characters(8, 'abc'), hmac: RandomValue.hex(16), cookie: RandomValue.base64(24), token: RandomValue.base64url(32) },
    });

    expect(settings(template).fields).toEqual([
      { name: 'session', value: { kind: 'characters', length: 8, characters: 'abc' } },
      { name: 'hmac', value: { kind: 'bytes', bytes: 16, encoding: 'hex' } },
      { name: 'cookie', value: { kind: 'bytes', bytes: 24, encoding: 'base64' } },
      { name: 'token', value: { kind: 'bytes', bytes: 32, encoding: 'base64url' } },
    ]);
  });

  test('whose length, name and set are known at deployment only reach it as they are then', () => {
    const stack = stackIn();
    const length = new CfnParameter(stack, 'Length', { type: 'Number' });
    const name = new CfnParameter(stack, 'Name');
    const set = new CfnParameter(stack, 'Set');
    const template = synthesize({
      fields: { [name.valueAsString]: RandomValue.characters(length.valueAsNumber, set.valueAsString), big: RandomValue.hex(length.valueAsNumber) },
    }, stack);

    expect(flatten(only(template, 'AWS::Lambda::Function').Properties.Environment.Variables.SETTINGS)).toContain(
      '"fields":[{"name":"<Name>","value":{"kind":"characters","length":<Length>,"characters":"<Set>"}},{"name":"big","value":{"kind":"bytes","bytes":<Length>,"encoding":"hex"}}]');
  });

  const LARGE = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`field${index}`, RandomValue.base64(16_384)]));
  const MANY = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, RandomValue.characters(32)]));

  test.each<[string, Record<string, RandomValue>, string]>([
    ['no field', {}, "'fields' of Stack/Session must name at least one field, got none: { session_secret_key: RandomValue.characters(32) }"],
    ['an empty name', { '': RandomValue.hex(1) }, "'fields' of Stack/Session must not have the name '': a field needs one, such as 'session_secret_key'"],
    ['the name of the placeholder', { placeholder: RandomValue.hex(1) },
      "'fields' of Stack/Session must not have the name 'placeholder': what a new secret holds is called so, choose another one"],
    ['a value that is too large once it is encoded', { key: RandomValue.hex(40_000) },
      "'fields' of Stack/Session must fit into 65536 bytes, which is what a secret holds, got: 80011: make the values shorter, or use two secrets"],
    ['values that are too large together', LARGE, 'must fit into 65536 bytes, which is what a secret holds, got: 65'],
    ['more than fits into an environment', MANY,
      "'fields' of Stack/Session must be told to the function in 3072 bytes, as Lambda's environment holds no more, got: 6"],
  ])('with %s are refused', (_what, refused, message) => {
    expect(() => synthesize({ fields: refused })).toThrow(message);
  });

  test('that fill a secret to the last byte are let through', () => {
    expect(() => synthesize({ fields: { key: RandomValue.characters(65_536 - '{"key":"",}'.length) } })).not.toThrow();
    expect(() => synthesize({ fields: { key: RandomValue.characters(65_536 - '{"key":"",}'.length + 1) } })).toThrow('got: 65537');
  });
});

describe('schedule', () => {
  test('is every 30 days by default, and does not rotate at once', () => {
    expect(only(synthesize(), 'AWS::SecretsManager::RotationSchedule').Properties).toMatchObject({
      RotationRules: { ScheduleExpression: 'rate(30 days)' }, RotateImmediatelyOnUpdate: false,
    });
  });

  test('can be every four hours', () => {
    const template = synthesize({ schedule: SecretRotationSchedule.rate(Duration.hours(4)) });

    expect(only(template, 'AWS::SecretsManager::RotationSchedule').Properties.RotationRules.ScheduleExpression).toBe('rate(4 hours)');
  });

  test('on demand makes none, and first values all the same', () => {
    const template = synthesize({ schedule: SecretRotationSchedule.onDemand() });

    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    template.resourceCountIs('Custom::RandomValueRotationFirstValue', 1);
  });

  test('cannot be added a second time', () => {
    expect(() => new RandomValueRotationSecret(stackIn(), 'Session', { fields }).addRotationSchedule('Again', {}))
      .toThrow("'addRotationSchedule' must not be called on Stack/Session, got: 'Again': a secret has one rotation");
  });
});

describe('checkFunction', () => {
  test('is told to the function, may read the secret, and may do so before the first values are checked', () => {
    const stack = stackIn();
    const check = checkFunctionIn(stack);
    const template = synthesize({ checkFunction: check }, stack);

    expect(settings(template).checkFunctionArn).toBe(`<${logicalId(check)}.Arn>`);
    expect(actionsOf(statementsOf(template, check.role!))).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    const policy = Object.entries(template.findResources('AWS::IAM::Policy')).find(([id]) => id.startsWith('Check'))![0];
    expect(only(template, 'Custom::RandomValueRotationFirstValue').DependsOn).toContain(policy);
  });

  test('may decrypt what the secret is encrypted with', () => {
    const stack = stackIn();
    const check = checkFunctionIn(stack);
    const template = synthesize({ checkFunction: check, encryptionKey: new kms.Key(stack, 'Kms') }, stack);

    expect(actionsOf(statementsOf(template, check.role!))).toContain('kms:Decrypt');
  });

  test('that is imported without its role is called, and a warning says who has to let it read', () => {
    const stack = stackIn();
    const arn = `arn:aws:lambda:${stack.region}:${stack.account}:function:check`;
    const template = synthesize({ checkFunction: lambda.Function.fromFunctionArn(stack, 'Check', arn) }, stack);

    expect(settings(template).checkFunctionArn).toBe(arn);
    Annotations.fromStack(stack).hasWarning('/Stack/Session', Match.stringLikeRegexp("'checkFunction' is imported without its role: let it read the secret yourself"));
  });

  test('can be an alias, and is then called by it', () => {
    const stack = stackIn();
    const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: checkFunctionIn(stack).currentVersion });
    const template = synthesize({ checkFunction: alias }, stack);

    expect(settings(template).checkFunctionArn).toBe(`<${logicalId(alias)}>`);
  });
});

describe('encryptionKey, secretName, description, replicaRegions', () => {
  test('have defaults', () => {
    expect(only(synthesize(), 'AWS::SecretsManager::Secret').Properties).toEqual({
      Description: 'Random values. A rotation replaces them, and keeps every other field.', GenerateSecretString: PLACEHOLDER,
    });
  });

  test('can be given', () => {
    const stack = stackIn();
    const encryptionKey = new kms.Key(stack, 'Kms');
    const template = synthesize({ encryptionKey, secretName: 'session', description: 'for the web', replicaRegions: [{ region: 'eu-central-1' }] }, stack);

    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      KmsKeyId: { 'Fn::GetAtt': [logicalId(encryptionKey), 'Arn'] },
      Name: 'session',
      Description: 'for the web',
      ReplicaRegions: [{ Region: 'eu-central-1' }],
      GenerateSecretString: PLACEHOLDER,
    });
  });
});

test.each([
  [undefined, 'Delete', 'false'],
  [RemovalPolicy.DESTROY, 'Delete', 'false'],
  [RemovalPolicy.RETAIN, 'Retain', 'true'],
])('removalPolicy %s: the secret follows, and the function is told', (removalPolicy, deletion, retained) => {
  const template = synthesize({ removalPolicy });

  expect(only(template, 'AWS::SecretsManager::Secret').DeletionPolicy).toBe(deletion);
  expect(only(template, 'Custom::RandomValueRotationFirstValue').Properties.SecretIsRetained).toBe(retained);
});

describe('functionOptions', () => {
  test('have defaults', () => {
    synthesize().hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 256, Timeout: 300, Handler: 'index.handler', VpcConfig: Match.absent(),
    });
  });

  test('can be given', () => {
    const stack = stackIn();
    const secret = new RandomValueRotationSecret(stack, 'Session', {
      fields, functionOptions: { memorySize: 512, timeout: Duration.minutes(2), vpc: new ec2.Vpc(stack, 'Vpc') },
    });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { MemorySize: 512, Timeout: 120, VpcConfig: Match.objectLike({ SubnetIds: Match.anyValue() }) });
    expect(secret.connections.securityGroups).toHaveLength(1);
  });

  test('without a network there are no connections', () => {
    expect(() => new RandomValueRotationSecret(stackIn(), 'Session', { fields }).connections)
      .toThrow("'connections' of Stack/Session needs the rotation function in a network: give 'functionOptions' a 'vpc'");
  });
});

describe('grants', () => {
  test('grantRotate lets somebody start a rotation, which asks for the right to invoke the function, too', () => {
    const stack = stackIn();
    const owner = new iam.Role(stack, 'Owner', { assumedBy: new iam.AccountRootPrincipal() });
    const secret = new RandomValueRotationSecret(stack, 'Session', { fields });
    secret.grantRotate(owner);
    const statements = statementsOf(Template.fromStack(stack), owner);

    expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
    expect(statements[0].Resource).toEqual({ Ref: logicalId(secret) });
  });

  test('grantRead lets an app read the versions that it needs to accept both values', () => {
    const stack = stackIn();
    const app = new iam.Role(stack, 'App', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    new RandomValueRotationSecret(stack, 'Session', { fields }).grantRead(app, ['AWSCURRENT', 'AWSPREVIOUS']);

    expect(statementsOf(Template.fromStack(stack), app)).toEqual([expect.objectContaining({
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT', 'AWSPREVIOUS'] } },
    })]);
  });
});

test('a secret that is rotated already is not rotated a second time', () => {
  const stack = stackIn();
  const secret = new RandomValueRotationSecret(stack, 'Session', { fields });

  expect(() => new RandomValueRotation(stack, 'Rotation', { secret, fields }))
    .toThrow("'secret' of Stack/Rotation must not be of class RandomValueRotationSecret, got: Stack/Session: that one is rotated already");
});
