// A secret that is taken over, and that the app's own templates write, too.
import { Annotations as CoreAnnotations, App, CfnResource, SecretValue, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret, ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ACCOUNT, REGION, stackIn } from './synthesis';
import { CustomRotation, IamKeyRotation, RandomValue, RandomValueRotation } from '../../src';

const VALUE = SecretValue.unsafePlainText('{"session_secret_key":"x"}');
const SETTINGS = { secretStringTemplate: '{}', generateStringKey: 'session_secret_key' };
const ACK = 'cdk-iam-key-rotation:IamKeyRotation.generateSecretString';

function rotate(secret: ISecret, stack: Stack = Stack.of(secret)): RandomValueRotation {
  return new RandomValueRotation(stack, 'Rotation', { secret, fields: { session_secret_key: RandomValue.hex(32) } });
}

function resourceOf(secret: Secret): CfnResource {
  return secret.node.defaultChild as CfnResource;
}

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('generateSecretString')).map(({ id, entry }) => `${id}: ${entry.data}`);
}

describe('a value in the template is refused', () => {
  test.each<[string, (stack: Stack) => ISecret, string]>([
    ['secretStringValue', (stack) => new Secret(stack, 'Secret', { secretStringValue: VALUE }), 'Stack/Secret/Resource'],
    ['secretObjectValue', (stack) => new Secret(stack, 'Secret', { secretObjectValue: { key: VALUE } }), 'Stack/Secret/Resource'],
    ['of a resource that is referred to', (stack) => {
      return Secret.fromSecretCompleteArn(stack, 'Secret', new CfnSecret(stack, 'Raw', { secretString: '{}' }).ref);
    }, 'Stack/Raw'],
    ['of a resource of the same name', (stack) => {
      new CfnSecret(stack, 'Raw', { name: 'web/session', secretString: '{}' });
      return Secret.fromSecretNameV2(stack, 'Secret', 'web/session');
    }, 'Stack/Raw'],
    ['by an override', (stack) => {
      const secret = new Secret(stack, 'Secret');
      resourceOf(secret).addPropertyOverride('SecretString', '{}');
      return secret;
    }, 'Stack/Secret/Resource'],
  ])('%s', (_, secret, path) => {
    const stack = stackIn();
    rotate(secret(stack), stack);

    expect(() => Template.fromStack(stack)).toThrow(`[Stack/Rotation/Rotation] the secret must not have a value in the template, got: ${path}. `
      + 'CloudFormation would overwrite the live value at the next change of the resource. Retain the secret, remove it from the app, and import it '
      + 'by its name.');
  });

  test('also if its resource is made later, or in another stack of the same account and region', () => {
    const app = new App();
    const [stack, other] = ['Stack', 'Other'].map((id) => stackIn({ account: ACCOUNT, region: REGION }, app, id));
    rotate(Secret.fromSecretNameV2(stack, 'Secret', 'web/session'));
    new Secret(other, 'Secret', { secretName: 'web/session', secretStringValue: VALUE });

    expect(() => app.synth()).toThrow('[Stack/Rotation/Rotation] the secret must not have a value in the template, got: Other/Secret/Resource');
  });

  test('by each kind', () => {
    const stack = stackIn();
    const secret = (id: string) => new Secret(stack, id, { secretStringValue: VALUE });
    new IamKeyRotation(stack, 'Key', { secret: secret('KeySecret'), user: iam.User.fromUserName(stack, 'User', 'uploader') });
    new CustomRotation(stack, 'Token', { secret: secret('TokenSecret'), code: lambda.Code.fromInline('exports.handler = async () => {};') });

    expect(() => Template.fromStack(stack)).toThrow(/\[Stack\/Key\/Rotation\] the secret must not have a value [^]*\[Stack\/Token\/Rotation\] the secret must not have a value /);
  });
});

test.each<[string, (stack: Stack) => Secret]>([
  ['that is empty', (stack) => new Secret(stack, 'Secret')],
  ['whose value is taken out of the template', (stack) => {
    const secret = new Secret(stack, 'Secret', { secretStringValue: VALUE });
    resourceOf(secret).addPropertyDeletionOverride('SecretString');
    return secret;
  }],
  ['whose generation is taken out of the template', (stack) => {
    const secret = new Secret(stack, 'Secret', { generateSecretString: SETTINGS });
    resourceOf(secret).addPropertyDeletionOverride('GenerateSecretString');
    return secret;
  }],
])('a secret of the app %s is taken over without a word', (_, secret) => {
  const stack = stackIn();
  rotate(secret(stack));

  expect(() => Template.fromStack(stack)).not.toThrow();
  expect(warnings(stack)).toEqual([]);
});

test('what other secrets hold does not matter', () => {
  const stack = stackIn();
  new Secret(stack, 'Other', { secretName: 'other', secretStringValue: VALUE });
  new Secret(stack, 'Generated', { generateSecretString: SETTINGS });
  rotate(Secret.fromSecretNameV2(stack, 'Secret', 'web/session'));

  expect(() => Template.fromStack(stack)).not.toThrow();
  expect(warnings(stack)).toEqual([]);
});

describe('a value that is generated is warned of', () => {
  test.each<[string, (stack: Stack) => ISecret, string]>([
    ['by a Secret', (stack) => new Secret(stack, 'Secret', { generateSecretString: SETTINGS }), 'Stack/Secret/Resource'],
    ['by a resource of the same name', (stack) => {
      new CfnSecret(stack, 'Raw', { name: 'web/session', generateSecretString: { passwordLength: 40 } });
      return Secret.fromSecretNameV2(stack, 'Secret', 'web/session');
    }, 'Stack/Raw'],
    ['by an override', (stack) => {
      const secret = new Secret(stack, 'Secret');
      resourceOf(secret).addPropertyOverride('GenerateSecretString.PasswordLength', 40);
      return secret;
    }, 'Stack/Secret/Resource'],
  ])('%s', (_, secret, path) => {
    const stack = stackIn();
    rotate(secret(stack), stack);

    expect(warnings(stack)).toEqual([`/Stack/Rotation/Rotation: never change or remove 'generateSecretString' of the secret, ${path}. CloudFormation would `
      + `overwrite the live value with a new one. [ack: ${ACK}]`]);
  });

  test('unless that is acknowledged', () => {
    const stack = stackIn();
    CoreAnnotations.of(rotate(new Secret(stack, 'Secret', { generateSecretString: SETTINGS }))).acknowledgeWarning(ACK, 'nobody changes it');

    expect(warnings(stack)).toEqual([]);
  });
});
