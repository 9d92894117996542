// What a later version must never change: a logical id that changes replaces what it names (a rotation schedule that is replaced
// stays switched off), and a placeholder that changes overwrites the live key.
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { IamKeyRotationSecret } from '../src';
import { only } from './private/synthesis';


interface Contract { placeholder: unknown; logicalIds: Record<string, string> }

function contract(app: App): Contract {
  const stack = new Stack(app, 'Stack');
  const secret = new IamKeyRotationSecret(stack, 'Key');
  secret.grantSelfRead();
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

test('they are the same with every feature flag that CDK recommends', () => {
  expect(contract(new App({ context: recommendedFlags }))).toEqual(contract(new App()));
});
