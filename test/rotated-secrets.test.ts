// What the three secrets with a rotation share, whatever they hold. What one kind does alone stands in the file named after it.
import { CfnResource, Duration, RemovalPolicies, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { AttachmentTargetType, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  CustomRotationSecret, IamKeyRotationSecret, IamKeyRotationSecretProps, RandomValue, RandomValueRotationSecret, SecretRotationSchedule,
} from '../src';
import { ACCOUNT, actionsOf, flatten, logicalId, only, REGION, rotationFunctionIn, settingsOf, stackIn, statementsOf } from './private/synthesis';

const PLACEHOLDER = { SecretStringTemplate: '{}', GenerateStringKey: 'placeholder' };
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const code = lambda.Code.fromInline('exports.handler = async () => {};');
const fields = { session_secret_key: RandomValue.characters(32) };

type SharedProps = Pick<IamKeyRotationSecretProps,
  'description' | 'encryptionKey' | 'functionOptions' | 'removalPolicy' | 'replicaRegions' | 'schedule' | 'secretName'>;

interface Kind {
  /** The type of the custom resource that gives the secret its first value. */
  readonly firstValue: string;
  readonly defaultDescription: string;
  readonly make: (stack: Stack, props?: SharedProps) => IamKeyRotationSecret | RandomValueRotationSecret | CustomRotationSecret;
}

const KINDS: [string, Kind][] = [
  ['IamKeyRotationSecret', {
    firstValue: 'Custom::IamKeyRotationFirstKey',
    defaultDescription: 'The access key of an IAM user. A rotation replaces the key, and keeps every other field.',
    make: (stack, props) => new IamKeyRotationSecret(stack, 'Rotated', props),
  }],
  ['RandomValueRotationSecret', {
    firstValue: 'Custom::RandomValueRotationFirstValue',
    defaultDescription: 'Random values. A rotation replaces them, and keeps every other field.',
    make: (stack, props) => new RandomValueRotationSecret(stack, 'Rotated', { ...props, fields }),
  }],
  ['CustomRotationSecret', {
    firstValue: 'Custom::CustomRotationFirstValue',
    defaultDescription: 'A credential. A rotation replaces it, and keeps every other field.',
    make: (stack, props) => new CustomRotationSecret(stack, 'Rotated', { ...props, code }),
  }],
];

/** The properties of the rotation function. */
function functionIn(template: Template) {
  return template.findResources('AWS::Lambda::Function')[rotationFunctionIn(template)].Properties;
}

describe.each(KINDS)('%s', (_kind, { firstValue, defaultDescription, make }) => {
  function secretWith(props?: SharedProps, stack = stackIn()) {
    return { stack, secret: make(stack, props), template: () => Template.fromStack(stack) };
  }

  test('is a secret, for everything that takes one', () => {
    expect(Secret.isSecret(secretWith().secret)).toBe(true);
  });

  describe('its function', () => {
    test('has the settings in its environment, and nothing else', () => {
      expect(Object.keys(functionIn(secretWith().template()).Environment.Variables)).toEqual(['SETTINGS']);
    });

    test('may be called by Secrets Manager for secrets of this account alone', () => {
      const template = secretWith().template();

      expect(only(template, 'AWS::Lambda::Permission').Properties).toEqual({
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [rotationFunctionIn(template), 'Arn'] },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
      });
    });

    test('runs on the newest Node.js, on ARM, with 256 MB and five minutes, by default', () => {
      const properties = functionIn(secretWith().template());

      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 256, Timeout: 300, Handler: 'index.handler',
      });
      expect(properties).not.toHaveProperty('VpcConfig');
    });

    test('runs by functionOptions, and CloudFormation waits longer than it may take', () => {
      const stack = stackIn();
      const functionOptions = { memorySize: 512, timeout: Duration.minutes(10), vpc: new ec2.Vpc(stack, 'Vpc') };
      const { secret, template } = secretWith({ functionOptions }, stack);

      expect(functionIn(template())).toMatchObject({ MemorySize: 512, Timeout: 600, VpcConfig: { SubnetIds: expect.anything() } });
      template().hasResourceProperties(firstValue, { ServiceTimeout: '900' });
      expect(secret.connections.securityGroups).toHaveLength(1);
    });

    test('has no connections without a network, and says what is missing', () => {
      expect(() => secretWith().secret.connections)
        .toThrow("'connections' of Stack/Rotated requires that the rotation function runs in a VPC. Set 'vpc' in 'functionOptions'.");
    });
  });

  describe('its first value', () => {
    test('waits for permission and policy, and the schedule waits for all three', () => {
      const template = secretWith().template();
      const [first, permission, policy] = [firstValue, 'AWS::Lambda::Permission', 'AWS::IAM::Policy']
        .map((type) => Object.keys(template.findResources(type))[0]);

      expect(only(template, firstValue).DependsOn).toEqual(expect.arrayContaining([permission, policy]));
      expect(only(template, 'AWS::SecretsManager::RotationSchedule').DependsOn).toEqual(expect.arrayContaining([first, permission, policy]));
    });

    test('is told the secret, and the settings that the function has', () => {
      const { secret, template } = secretWith();
      const { Properties } = only(template(), firstValue);

      expect(Properties.SecretArn).toEqual({ Ref: logicalId(secret) });
      expect(JSON.parse(flatten(Properties.Settings))).toEqual(settingsOf(template()));
    });

    test('is there for whatever is told to wait for the secret', () => {
      const { stack, secret, template } = secretWith();
      const consumer = new CfnResource(stack, 'Consumer', { type: 'Test::Consumer' });
      consumer.node.addDependency(secret);

      expect(only(template(), 'Test::Consumer').DependsOn).toContain(Object.keys(template().findResources(firstValue))[0]);
    });
  });

  describe('schedule', () => {
    test('is every 30 days by default, and does not rotate at once', () => {
      expect(only(secretWith().template(), 'AWS::SecretsManager::RotationSchedule').Properties).toMatchObject({
        RotationRules: { ScheduleExpression: 'rate(30 days)' }, RotateImmediatelyOnUpdate: false,
      });
    });

    test('can be every four hours', () => {
      const template = secretWith({ schedule: SecretRotationSchedule.rate(Duration.hours(4)) }).template();

      expect(only(template, 'AWS::SecretsManager::RotationSchedule').Properties.RotationRules.ScheduleExpression).toBe('rate(4 hours)');
    });

    test('on demand makes none, and a first value and the right to call the function all the same', () => {
      const template = secretWith({ schedule: SecretRotationSchedule.onDemand() }).template();

      template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
      template.resourceCountIs(firstValue, 1);
      template.resourceCountIs('AWS::Lambda::Permission', 1);
    });

    test('cannot be added a second time', () => {
      expect(() => secretWith().secret.addRotationSchedule('Again', { automaticallyAfter: Duration.days(1) }))
        .toThrow("'addRotationSchedule' must not be called on Stack/Rotated, which already has a rotation, got: 'Again'. "
          + "Use the 'schedule' prop.");
    });
  });

  test('cannot be attached to a target, which would write into the live value', () => {
    const target = { asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: AttachmentTargetType.RDS_DB_INSTANCE }) };

    expect(() => secretWith().secret.attach(target)).toThrow("'attach' must not be called on Stack/Rotated");
  });

  describe('secretName, description, encryptionKey, replicaRegions', () => {
    test('have defaults, and the secret holds the placeholder', () => {
      expect(only(secretWith().template(), 'AWS::SecretsManager::Secret').Properties)
        .toEqual({ Description: defaultDescription, GenerateSecretString: PLACEHOLDER });
    });

    test('can be given, and leave the placeholder alone', () => {
      const stack = stackIn();
      const encryptionKey = new kms.Key(stack, 'Kms');
      const replicaRegions = [{ region: 'eu-central-1' }];
      const { template } = secretWith({ secretName: 'uploader', description: 'for the scanner', encryptionKey, replicaRegions }, stack);

      expect(only(template(), 'AWS::SecretsManager::Secret').Properties).toEqual({
        Name: 'uploader',
        Description: 'for the scanner',
        KmsKeyId: { 'Fn::GetAtt': [logicalId(encryptionKey), 'Arn'] },
        ReplicaRegions: [{ Region: 'eu-central-1' }],
        GenerateSecretString: PLACEHOLDER,
      });
    });

    test('may be an encryption key that is imported', () => {
      const stack = stackIn();
      const { template } = secretWith({ encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) }, stack);

      template().hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: KEY_ARN });
    });
  });

  describe('removalPolicy', () => {
    test.each<[string, RemovalPolicy | undefined, (stack: Stack) => void, string, string]>([
      ['by default', undefined, () => {}, 'Delete', 'false'],
      ['with DESTROY', RemovalPolicy.DESTROY, () => {}, 'Delete', 'false'],
      ['with RETAIN', RemovalPolicy.RETAIN, () => {}, 'Retain', 'true'],
      ['retained by RemovalPolicies', undefined, (stack) => RemovalPolicies.of(stack).retain(), 'Retain', 'true'],
    ])('%s, the secret follows it, and the function is told', (_, removalPolicy, change, deletionPolicy, isRetained) => {
      const { stack, template } = secretWith({ removalPolicy });
      change(stack);

      expect(only(template(), 'AWS::SecretsManager::Secret').DeletionPolicy).toBe(deletionPolicy);
      expect(only(template(), firstValue).Properties.SecretIsRetained).toBe(isRetained);
    });

    test.each<[string, RemovalPolicy | undefined, (stack: Stack) => void]>([
      ['the prop', RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, () => {}],
      ['RemovalPolicies', undefined, (stack) => RemovalPolicies.of(stack).retainOnUpdateOrDelete()],
    ])('RETAIN_ON_UPDATE_OR_DELETE by %s is refused', (_, removalPolicy, change) => {
      const { stack, template } = secretWith({ removalPolicy });
      change(stack);

      expect(() => template()).toThrow("'removalPolicy' must not be RETAIN_ON_UPDATE_OR_DELETE");
    });
  });

  describe('grants', () => {
    const roleIn = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });

    test('grantRotate lets somebody start a rotation, which takes the right to invoke the function, too', () => {
      const { stack, secret, template } = secretWith();
      const operator = roleIn(stack);
      secret.grantRotate(operator);
      const statements = statementsOf(template(), operator);

      expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
      expect(statements[0].Resource).toEqual({ Ref: logicalId(secret) });
    });

    test('grantRead lets an app read every version, and look at the secret', () => {
      const { stack, secret, template } = secretWith();
      const app = roleIn(stack);
      secret.grantRead(app);

      expect(statementsOf(template(), app)).toEqual([{
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
        Resource: { Ref: logicalId(secret) },
      }]);
    });

    test('grantRead can be restricted to the versions with certain labels', () => {
      const { stack, secret, template } = secretWith();
      const app = roleIn(stack);
      secret.grantRead(app, ['AWSCURRENT', 'AWSPREVIOUS']);

      expect(statementsOf(template(), app)).toEqual([expect.objectContaining({
        Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT', 'AWSPREVIOUS'] } },
      })]);
    });
  });
});
