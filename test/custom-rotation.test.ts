// What a CustomRotation of an existing secret does beyond what every kind does: the user's code and what it is granted.
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CustomRotation, CustomRotationProps } from '../src';
import { only, settingsOf, stackIn } from './private/synthesis';

function rotationOf(props: Partial<CustomRotationProps> = {}, stack = stackIn()) {
  const secret = Secret.fromSecretNameV2(stack, 'Secret', 'shop/token');
  const code = lambda.Code.fromInline('exports.handler = async () => {};');
  return { rotation: new CustomRotation(stack, 'Rotation', { secret, code, ...props }), template: () => Template.fromStack(stack) };
}

test('handler, environment and overlap are those of CustomRotationSecret', () => {
  const { template } = rotationOf({
    handler: 'rotator.rotate', environment: { SERVICE: 'https://service.example' }, overlap: Duration.days(1),
  });

  template().hasResourceProperties('AWS::Lambda::Function', {
    Handler: 'rotator.rotate', Environment: { Variables: { SERVICE: 'https://service.example' } },
  });
  expect(settingsOf(template())).toMatchObject({ kind: 'custom', overlapSeconds: 24 * 3600 });
});

test('by default a replaced credential lives for seven days', () => {
  expect(settingsOf(rotationOf().template())).toMatchObject({ overlapSeconds: 7 * 24 * 3600 });
});

test('the first credential waits for what the function is granted', () => {
  const stack = stackIn();
  const { rotation, template } = rotationOf({}, stack);
  Secret.fromSecretNameV2(stack, 'Admin', 'shop/admin').grantRead(rotation.rotationFunction);

  expect(only(template(), 'Custom::CustomRotationFirstValue').DependsOn).toContainEqual(expect.stringMatching(/RotationRoleDefaultPolicy/));
});
