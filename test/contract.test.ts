// What a later version must never change: a logical id that changes replaces what it names (a rotation schedule that is replaced
// stays switched off), and a placeholder that changes overwrites the live key.
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import {
  CustomRotation, CustomRotationSecret, IamKeyRotation, IamKeyRotationSecret, PreviousKeyPolicy, RandomValue, RandomValueRotation,
  RandomValueRotationSecret, RotationAuthority,
} from '../src';
import { only } from './private/synthesis';

interface Contract { placeholder: unknown; logicalIds: Record<string, string> }

function contract(app: App): Contract {
  const stack = new Stack(app, 'Stack');
  const secret = new IamKeyRotationSecret(stack, 'Key');
  secret.grantSelfRead();
  secret.grantRetire(secret.user);
  return contractOf(stack);
}

function contractOf(stack: Stack): Contract {
  const template = Template.fromStack(stack);
  return {
    placeholder: only(template, 'AWS::SecretsManager::Secret').Properties.GenerateSecretString,
    logicalIds: Object.fromEntries(Object.entries(template.toJSON().Resources)
      .map(([logicalId, resource]): [string, string] => [logicalId, (resource as { Type: string }).Type])
      .sort(([one], [other]) => one.localeCompare(other))),
  };
}

test('logical ids and the placeholder stay what they are', () => {
  expect(contract(new App())).toMatchSnapshot();
});

test('logical ids of a rotation of an existing secret, and of what options add, stay what they are', () => {
  const stack = new Stack(new App(), 'Stack');
  new IamKeyRotation(stack, 'Rotation', {
    secret: Secret.fromSecretNameV2(stack, 'Secret', 'uploader'),
    user: iam.User.fromUserName(stack, 'User', 'uploader'),
    authority: RotationAuthority.ownKey(),
    previousKeyPolicy: PreviousKeyPolicy.retireImmediately(),
  }).grantRetire(iam.Role.fromRoleName(stack, 'Owner', 'owner'));
  const { Resources } = Template.fromStack(stack).toJSON();
  expect(Object.fromEntries(Object.entries<{ Type: string }>(Resources).map(([id, { Type }]) => [id, Type]))).toMatchSnapshot();
});

test('logical ids and the placeholder of random values, and those of a rotation of an existing secret, stay what they are', () => {
  const stack = new Stack(new App(), 'Stack');
  const fields = { session_secret_key: RandomValue.characters(32) };
  new RandomValueRotationSecret(stack, 'Session', { fields });
  new RandomValueRotation(stack, 'Rotation', { secret: Secret.fromSecretNameV2(stack, 'Secret', 'web/session'), fields });
  expect(contractOf(stack)).toMatchSnapshot();
});

test('they are the same with every feature flag that CDK recommends', () => {
  expect(contract(new App({ context: recommendedFlags }))).toEqual(contract(new App()));
});

test('logical ids and the placeholder of a credential of any kind stay what they are', () => {
  const stack = new Stack(new App(), 'Stack');
  const code = lambda.Code.fromInline('exports.handler = async () => {};');
  new CustomRotationSecret(stack, 'Token', { code });
  new CustomRotation(stack, 'Rotation', { secret: Secret.fromSecretNameV2(stack, 'Secret', 'shop/token'), code });
  const template = Template.fromStack(stack);
  const { Resources } = template.toJSON();

  expect(only(template, 'AWS::SecretsManager::Secret').Properties.GenerateSecretString).toEqual({ SecretStringTemplate: '{}', GenerateStringKey: 'placeholder' });
  expect(Object.fromEntries(Object.entries<{ Type: string }>(Resources).map(([id, { Type }]) => [id, Type]))).toMatchSnapshot();
});
