// What a stack gets from an IamKeyRotationSecret beyond what every kind of secret does, prop by prop.
import { App, Aspects, CfnDeletionPolicy, CfnResource, Duration, IAspect, IPropertyInjector, RemovalPolicies, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { AccessKeyFields, IamKeyRotationSecret, IamKeyRotationSecretProps, PreviousKeyPolicy, SecretRotationSchedule } from '../src';
import { ACCOUNT, flatten, logicalId, only, OTHER_ACCOUNT, REGION, settingsOf, stackIn } from './private/synthesis';

const PLACEHOLDER = { SecretStringTemplate: '{}', GenerateStringKey: 'placeholder' };

function synthesize(props?: IamKeyRotationSecretProps, env?: { account: string; region: string }): Template {
  const stack = env === undefined ? stackIn() : stackIn(env);
  new IamKeyRotationSecret(stack, 'Key', props);
  return Template.fromStack(stack);
}

describe('what is made', () => {
  test('a first key that waits for the user', () => {
    const template = synthesize();

    expect(only(template, 'Custom::IamKeyRotationFirstKey').DependsOn).toContain(Object.keys(template.findResources('AWS::IAM::User'))[0]);
  });

  test('settings that say all that the function must know', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const user = logicalId(secret.user);

    expect(settingsOf(Template.fromStack(stack))).toEqual({
      kind: 'iam-key',
      secretArn: `<${logicalId(secret)}>`,
      userName: `<${user}>`,
      userArn: `<${user}.Arn>`,
      ownsUser: true,
      fields: { accessKeyId: 'aws_access_key_id', secretAccessKey: 'aws_secret_access_key' },
      otherPresets: [
        { accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn' },
        { accessKeyId: 'access_key', secretAccessKey: 'secret_key' },
        { accessKeyId: 'accessKeyId', secretAccessKey: 'secretAccessKey' },
      ],
      authority: { kind: 'executionRole' },
      previousKey: { overlapSeconds: 7 * 24 * 3600, evenIfInUse: false, isForAdministrator: false },
      unrecordedKey: 'reclaimUnused',
      intervalSeconds: 30 * 24 * 3600,
      timeoutSeconds: 300,
      propagation: { answers: 3, pauseMillis: 2000 },
    });
  });
});

describe('who uses it', () => {
  test('can be a container that gets the two fields', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    new ecs.FargateTaskDefinition(stack, 'Task').addContainer('App', {
      image: ecs.ContainerImage.fromRegistry('app'),
      secrets: {
        AWS_ACCESS_KEY_ID: ecs.Secret.fromSecretsManager(secret, secret.accessKeyIdField),
        AWS_SECRET_ACCESS_KEY: ecs.Secret.fromSecretsManager(secret, secret.secretAccessKeyField),
      },
    });
    const [container] = only(Template.fromStack(stack), 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;

    expect(container.Secrets.map((one: { ValueFrom: unknown }) => flatten(one.ValueFrom))).toEqual([
      `<${logicalId(secret)}>:aws_access_key_id::`, `<${logicalId(secret)}>:aws_secret_access_key::`,
    ]);
  });

  test('can be ruled by a policy of the secret', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key').denyAccountRootDelete();

    Template.fromStack(stack).resourceCountIs('AWS::SecretsManager::ResourcePolicy', 1);
  });
});

describe('user', () => {
  test('is made without any permissions by default', () => {
    const template = synthesize();

    template.resourceCountIs('AWS::IAM::User', 1);
    template.resourceCountIs('AWS::IAM::Policy', 1); // the role's
  });

  test('can be given, and then nobody else is made', () => {
    const stack = stackIn();
    const user = new iam.User(stack, 'Uploader', { path: '/robots/' });
    const secret = new IamKeyRotationSecret(stack, 'Key', { user });
    const template = Template.fromStack(stack);

    expect(secret.user).toBe(user);
    template.resourceCountIs('AWS::IAM::User', 1);
    expect(settingsOf(template)).toMatchObject({ userName: `<${logicalId(user)}>`, userArn: `<${logicalId(user)}.Arn>`, ownsUser: false });
  });

  test.each([
    ['a name', (stack: Stack) => iam.User.fromUserName(stack, 'Uploader', 'uploader'), `arn:<AWS::Partition>:iam::${ACCOUNT}:user/uploader`],
    ['an ARN', (stack: Stack) => iam.User.fromUserArn(stack, 'Uploader', `arn:aws:iam::${ACCOUNT}:user/uploader`), `arn:aws:iam::${ACCOUNT}:user/uploader`],
    ['an ARN with a path', (stack: Stack) => iam.User.fromUserArn(stack, 'Uploader', `arn:aws:iam::${ACCOUNT}:user/robots/eu/uploader`), `arn:aws:iam::${ACCOUNT}:user/robots/eu/uploader`],
  ])('can be imported by %s', (_, imported, userArn) => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { user: imported(stack) });
    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::IAM::User', 0);
    expect(settingsOf(template)).toMatchObject({ userName: 'uploader', userArn, ownsUser: false });
  });

  test('can live in another stack', () => {
    const app = new App();
    const env = { account: ACCOUNT, region: REGION };
    const user = new iam.User(stackIn(env, app, 'People'), 'Uploader');
    new IamKeyRotationSecret(stackIn(env, app), 'Key', { user });

    expect(() => app.synth()).not.toThrow();
  });

  test('of another account is refused', () => {
    const stack = stackIn();
    const user = iam.User.fromUserArn(stack, 'Uploader', `arn:aws:iam::${OTHER_ACCOUNT}:user/uploader`);

    expect(() => new IamKeyRotationSecret(stack, 'Key', { user })).toThrow(
      `'user' of Stack/Key must belong to the stack's account, ${ACCOUNT}, got: a user of ${OTHER_ACCOUNT}. Move the secret to a stack of that account`);
  });

  test('of an account that nobody knows yet is let through', () => {
    const stack = new Stack(new App(), 'Stack');
    const user = iam.User.fromUserArn(stack, 'Uploader', `arn:aws:iam::${OTHER_ACCOUNT}:user/uploader`);

    expect(() => new IamKeyRotationSecret(stack, 'Key', { user })).not.toThrow();
  });

  test('may be granted something that waits for the key, without a cycle', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Bucket');
    bucket.node.addDependency(secret.rotationFunction, secret.node.findChild('Rotation').node.findChild('Schedule'));
    bucket.grantRead(secret.user);

    expect(() => Template.fromStack(stack)).not.toThrow(); // it refuses a template with a cycle
  });
});

describe('fields', () => {
  test.each([
    ['AWS_CONFIG', AccessKeyFields.AWS_CONFIG, 'aws_access_key_id', 'aws_secret_access_key'],
    ['COMPACT', AccessKeyFields.COMPACT, 'accesskey', 'secretkey'],
    ['SNAKE_CASE', AccessKeyFields.SNAKE_CASE, 'access_key', 'secret_key'],
    ['SDK', AccessKeyFields.SDK, 'accessKeyId', 'secretAccessKey'],
  ])('%s are told to the function, and to whoever reads the secret', (_, fields, accessKeyId, secretAccessKey) => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { fields });

    expect(settingsOf(Template.fromStack(stack)).fields).toMatchObject({ accessKeyId, secretAccessKey });
    expect(secret.accessKeyIdField).toBe(accessKeyId);
    expect(secret.secretAccessKeyField).toBe(secretAccessKey);
  });

  test('are AWS_CONFIG by default', () => {
    const secret = new IamKeyRotationSecret(stackIn(), 'Key');

    expect([secret.accessKeyIdField, secret.secretAccessKeyField]).toEqual(['aws_access_key_id', 'aws_secret_access_key']);
  });
});

describe('schedule', () => {
  test('can be given', () => {
    const template = synthesize({ schedule: SecretRotationSchedule.cron({ hour: '8', day: '1', window: Duration.hours(3) }) });

    expect(only(template, 'AWS::SecretsManager::RotationSchedule').Properties.RotationRules)
      .toEqual({ ScheduleExpression: 'cron(0 8 1 * ? *)', Duration: '3h' });
    expect(settingsOf(template).intervalSeconds).toBe(28 * 24 * 3600);
  });

  test('on demand tells the function of no interval', () => {
    const template = synthesize({ schedule: SecretRotationSchedule.onDemand() });

    expect(settingsOf(template)).not.toHaveProperty('intervalSeconds');
    expect(settingsOf(template).previousKey.overlapSeconds).toBe(7 * 24 * 3600);
  });
});

describe('previousKeyPolicy', () => {
  test('is told to the function', () => {
    const template = synthesize({ previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.hours(1), evenIfInUse: true }) });

    expect(settingsOf(template).previousKey).toEqual({ overlapSeconds: 3600, evenIfInUse: true, isForAdministrator: false });
  });

  test('knows the schedule', () => {
    expect(() => synthesize({
      schedule: SecretRotationSchedule.rate(Duration.days(3)),
      previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.days(4) }),
    })).toThrow('must be at most the time between two rotations, 3 days, got: 4 days');
  });
});

describe('removalPolicy', () => {
  interface Outcome { secret?: string; user?: string; retained: string }

  function outcome(template: Template): Outcome {
    return {
      secret: only(template, 'AWS::SecretsManager::Secret').DeletionPolicy,
      user: only(template, 'AWS::IAM::User').DeletionPolicy,
      retained: only(template, 'Custom::IamKeyRotationFirstKey').Properties.SecretIsRetained,
    };
  }

  test('is DESTROY by default: secret, user and keys go with the stack', () => {
    expect(outcome(synthesize())).toEqual({ secret: 'Delete', user: undefined, retained: 'false' });
  });

  test('RETAIN keeps the secret, the user that was made for it, and the keys', () => {
    expect(outcome(synthesize({ removalPolicy: RemovalPolicy.RETAIN }))).toEqual({ secret: 'Retain', user: 'Retain', retained: 'true' });
  });

  test('RETAIN keeps what the user was granted, too', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { removalPolicy: RemovalPolicy.RETAIN });
    new s3.Bucket(stack, 'Bucket').grantRead(secret.user);

    Template.fromStack(stack).hasResource('AWS::IAM::Policy', { Properties: { Users: [Match.anyValue()] }, DeletionPolicy: 'Retain' });
  });

  test('leaves a user alone that was given', () => {
    const stack = stackIn();
    const user = new iam.User(stack, 'Uploader');
    new IamKeyRotationSecret(stack, 'Key', { user, removalPolicy: RemovalPolicy.RETAIN });

    expect(outcome(Template.fromStack(stack))).toEqual({ secret: 'Retain', user: undefined, retained: 'true' });
  });

  test.each<[string, (secret: IamKeyRotationSecret) => void]>([
    ['RemovalPolicies of the stack', (secret) => RemovalPolicies.of(Stack.of(secret)).retain({ applyToResourceTypes: ['AWS::SecretsManager::Secret'] })],
    ['applyRemovalPolicy', (secret) => secret.applyRemovalPolicy(RemovalPolicy.RETAIN)],
    ['cfnOptions', (secret) => { (secret.node.defaultChild as CfnResource).cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN; }],
    ['addOverride', (secret) => (secret.node.defaultChild as CfnResource).addOverride('DeletionPolicy', 'Retain')],
    ['an aspect', (secret) => Aspects.of(Stack.of(secret)).add(new RetainSecrets())],
  ])('is followed as rendered: RETAIN by %s', (_, retain) => {
    const stack = stackIn();
    retain(new IamKeyRotationSecret(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY }));

    expect(outcome(Template.fromStack(stack))).toEqual({ secret: 'Retain', user: 'Retain', retained: 'true' });
  });

  test('is followed as rendered: DESTROY by RemovalPolicies', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { removalPolicy: RemovalPolicy.RETAIN });
    RemovalPolicies.of(stack).destroy();

    expect(outcome(Template.fromStack(stack))).toEqual({ secret: 'Delete', user: 'Delete', retained: 'false' });
  });

  test('keeps the user of a retained secret, whatever else was asked for: it cannot be deleted while it has keys', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { removalPolicy: RemovalPolicy.RETAIN });
    RemovalPolicies.of(stack).destroy({ applyToResourceTypes: ['AWS::IAM::User'] });

    expect(outcome(Template.fromStack(stack)).user).toBe('Retain');
  });

  class RetainSecrets implements IAspect {
    public visit(node: IConstruct): void {
      if (node instanceof secretsmanager.CfnSecret) {
        node.applyRemovalPolicy(RemovalPolicy.RETAIN);
      }
    }
  }
});

describe('a property injector for Secret', () => {
  function stackWith(inject: (props: secretsmanager.SecretProps) => secretsmanager.SecretProps): Stack {
    const injector: IPropertyInjector = {
      constructUniqueId: secretsmanager.Secret.PROPERTY_INJECTION_ID,
      inject: (props) => inject(props),
    };
    return new Stack(new App({ propertyInjectors: [injector] }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
  }

  test.each<[string, (props: secretsmanager.SecretProps) => secretsmanager.SecretProps]>([
    ['another block', (props) => ({ ...props, generateSecretString: { passwordLength: 40 } })],
    ['a longer block', (props) => ({ ...props, generateSecretString: { ...props.generateSecretString, excludePunctuation: true } })],
    ['another template', (props) => ({ ...props, generateSecretString: { secretStringTemplate: '{"team":"a"}', generateStringKey: 'placeholder' } })],
    ['a value', (props) => ({ ...props, generateSecretString: undefined, secretStringValue: SecretValue.unsafePlainText('{}') })],
  ])('that sets %s is refused: it would overwrite the live key', (_, inject) => {
    expect(() => new IamKeyRotationSecret(stackWith(inject), 'Key')).toThrow(/'generateSecretString' of Stack\/Key must be as this construct sets it.* would overwrite the live value/);
  });

  test('may set the encryption key, and the rotation gets the right to use it', () => {
    const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
    const stack: Stack = stackWith((props) => ({ ...props, encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', arn) }));
    new IamKeyRotationSecret(stack, 'Key');

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: arn })]) },
    });
  });
});

describe('no prop reaches the placeholder', () => {
  test.each<[string, IamKeyRotationSecretProps]>([
    ['fields', { fields: AccessKeyFields.COMPACT }],
    ['schedule', { schedule: SecretRotationSchedule.onDemand() }],
    ['previousKeyPolicy', { previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ evenIfInUse: true }) }],
    ['secretName', { secretName: 'name' }],
    ['description', { description: 'description' }],
    ['removalPolicy', { removalPolicy: RemovalPolicy.RETAIN }],
    ['functionOptions', { functionOptions: { memorySize: 512 } }],
  ])('%s', (_, props) => {
    expect(only(synthesize(props), 'AWS::SecretsManager::Secret').Properties.GenerateSecretString).toEqual(PLACEHOLDER);
  });
});
