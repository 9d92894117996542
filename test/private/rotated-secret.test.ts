// A value of a secret in a template: it is there before the first one, and stale after the next rotation.
import { Annotations as CoreAnnotations, CfnOutput, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { logicalId, stackIn } from './synthesis';
import { CustomRotationSecret, IamKeyRotationSecret, RandomValue, RandomValueRotationSecret } from '../../src';

const ACK = 'cdk-iam-key-rotation:RotatedSecret.dynamicReference';

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${entry.data}`);
}

test.each<[string, (stack: Stack) => IamKeyRotationSecret | RandomValueRotationSecret | CustomRotationSecret]>([
  ['an access key', (stack) => new IamKeyRotationSecret(stack, 'Rotated')],
  ['random values', (stack) => new RandomValueRotationSecret(stack, 'Rotated', { fields: { key: RandomValue.hex(32) } })],
  ['a credential', (stack) => new CustomRotationSecret(stack, 'Rotated', { code: lambda.Code.fromInline('exports.handler = async () => {};') })],
])('a dynamic reference to %s is warned of, once, and works', (_, make) => {
  const stack = stackIn();
  const secret = make(stack);
  new CfnOutput(stack, 'Field', { value: secret.secretValueFromJson('key').unsafeUnwrap() });
  new CfnOutput(stack, 'Whole', { value: secret.secretValue.unsafeUnwrap() });

  expect(warnings(stack)).toEqual(['/Stack/Rotated/Resource: the template refers to a value of the secret, which CloudFormation resolves at '
    + 'deployment, possibly before the first value exists, and which a rotation makes stale. Let consumers read the secret at run time, with '
    + `grantRead() and its ARN, or with ecs.Secret.fromSecretsManager(). [ack: ${ACK}]`]);
  const ref = { Ref: logicalId(secret) };
  const reference = (field: string) => ({ 'Fn::Join': ['', ['{{resolve:secretsmanager:', ref, `:SecretString:${field}::}}`]] });
  Template.fromStack(stack).hasOutput('Field', { Value: reference('key') });
  Template.fromStack(stack).hasOutput('Whole', { Value: reference('') });
});

test.each(['before', 'after'])('what is acknowledged %s the reference is not warned of', (when) => {
  const stack = stackIn();
  const secret = new IamKeyRotationSecret(stack, 'Key');
  if (when === 'before') CoreAnnotations.of(secret).acknowledgeWarning(ACK, 'deployed again after each rotation');
  secret.secretValueFromJson('aws_access_key_id');
  if (when === 'after') CoreAnnotations.of(secret).acknowledgeWarning(ACK, 'deployed again after each rotation');

  expect(warnings(stack)).toEqual([]);
});

test('what reads the secret at run time is not warned of', () => {
  const stack = stackIn();
  const secret = new IamKeyRotationSecret(stack, 'Key');
  secret.grantRead(new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
  new ecs.FargateTaskDefinition(stack, 'Task').addContainer('App', {
    image: ecs.ContainerImage.fromRegistry('app'), secrets: { KEY: ecs.Secret.fromSecretsManager(secret, secret.accessKeyIdField) },
  });
  new CfnOutput(stack, 'Arn', { value: secret.secretArn });

  expect(warnings(stack)).toEqual([]);
});
