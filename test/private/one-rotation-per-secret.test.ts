import { App, Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ACCOUNT, REGION, stackIn } from './synthesis';
import { IamKeyRotationSecret } from '../../src';
import { claimSecret } from '../../src/private/one-rotation-per-secret';

const ENV = { account: ACCOUNT, region: REGION };
const TARGET: secretsmanager.ISecretAttachmentTarget = {
  asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }),
};

/** A secret in one of two stacks of an app. */
function secretAndStacks(): { app: App; one: Stack; other: Stack; secret: IamKeyRotationSecret } {
  const app = new App();
  const one = stackIn(ENV, app, 'One');
  return { app, one, other: stackIn(ENV, app, 'Other'), secret: new IamKeyRotationSecret(one, 'Key') };
}

function rotationFunction(stack: Stack): lambda.IFunction {
  return lambda.Function.fromFunctionArn(stack, 'Function', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate`);
}

describe('a second rotation schedule is refused', () => {
  test.each<[string, (secret: IamKeyRotationSecret, one: Stack, other: Stack) => void, RegExp]>([
    ['as a construct', (secret, one) => new secretsmanager.RotationSchedule(one, 'Again', { secret, rotationLambda: rotationFunction(one) }), /One\/Again\/Resource/],
    ['as a resource', (secret, one) => new secretsmanager.CfnRotationSchedule(one, 'Again', { secretId: secret.secretArn }), /One\/Again/],
    ['from another stack', (secret, _, other) => new secretsmanager.CfnRotationSchedule(other, 'Again', { secretId: secret.secretArn }), /Other\/Again/],
    ['beneath the secret', (secret) => new secretsmanager.CfnRotationSchedule(secret, 'Again', { secretId: secret.secretArn }), /One\/Key\/Again/],
  ])('%s', (_, add, path) => {
    const { app, one, other, secret } = secretAndStacks();
    add(secret, one, other);

    expect(() => app.synth()).toThrow(new RegExp(`\\[One/Key/Rotation\\] the secret must not have a second rotation schedule, got: ${path.source}. Remove that schedule, and use the 'schedule' prop.`));
  });
});

test('an attachment to a target is refused', () => {
  const { app, one, secret } = secretAndStacks();
  new secretsmanager.SecretTargetAttachment(one, 'Attachment', { secret, target: TARGET });

  expect(() => app.synth()).toThrow(/\[One\/Key\/Rotation\] the secret must not be attached to a target, got: One\/Attachment\/Resource. Remove that attachment/);
});

test.each<[string, (secret: secretsmanager.ISecret) => string]>([
  ['as the rotation calls it', (secret) => secret.secretArn],
  ['by its name', () => 'uploader'],
  ['by its ARN', () => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:uploader-AbCdEf`],
])('a second schedule of a secret that is imported is refused, called %s', (_, secretId) => {
  const app = new App();
  const one = stackIn(ENV, app, 'One');
  const secret = secretsmanager.Secret.fromSecretNameV2(one, 'Secret', 'uploader');
  claimSecret(new Construct(one, 'Rotation'), secret);
  new secretsmanager.CfnRotationSchedule(one, 'Again', { secretId: secretId(secret) });

  expect(() => app.synth()).toThrow('[One/Rotation] the secret must not have a second rotation schedule, got: One/Again');
});

test('a secret that is given as what attach() has returned is refused', () => {
  const app = new App();
  const one = stackIn(ENV, app, 'One');
  claimSecret(new Construct(one, 'Rotation'), new secretsmanager.Secret(one, 'Secret').attach(TARGET));

  expect(() => app.synth()).toThrow('[One/Rotation] the secret must not be attached to a target, got: One/Secret/Attachment/Resource');
});

test('attach() is refused at once', () => {
  const { secret } = secretAndStacks();

  expect(() => secret.attach(TARGET)).toThrow("'attach' must not be called on One/Key: CloudFormation would write into the live value. Use another secret for the target.");
});

test('schedules and attachments of other secrets are let alone', () => {
  const { app, one } = secretAndStacks();
  new IamKeyRotationSecret(one, 'Key2');
  const other = new secretsmanager.Secret(one, 'Other');
  other.addRotationSchedule('Schedule', { rotationLambda: rotationFunction(one), automaticallyAfter: Duration.days(1) });
  other.attach(TARGET);
  new secretsmanager.CfnRotationSchedule(one, 'ByName', { secretId: 'somebody-elses' });

  expect(() => app.synth()).not.toThrow();
});
