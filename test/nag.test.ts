// AwsSolutions of cdk-nag, without a single suppression.
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  AccessKeyFields, CustomRotation, CustomRotationSecret, IamKeyRotationSecret, IamKeyRotationSecretProps, PreviousKeyPolicy, RandomValue,
  RandomValueRotation, RandomValueRotationSecret, RandomValueRotationSecretProps, RotationAuthority, SecretRotationSchedule,
} from '../src';
import { ACCOUNT, REGION } from './private/synthesis';

/**
 * The findings on an app, by rule. The checks are asked directly: as a plug-in they need a newer aws-cdk-lib than the oldest one that
 * this library works with, and fail without it, whatever the app.
 */
function findings(app: App): string[] {
  app.synth(); // aspects have done their work
  return new AwsSolutionsChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName);
}

function stackOf(app: App): Stack {
  return new Stack(app, 'Stack', { env: { account: ACCOUNT, region: REGION } });
}

test.each<[string, (stack: Stack) => IamKeyRotationSecretProps]>([
  ['by default', () => ({})],
  ['with a key of the app', (stack) => ({ encryptionKey: new kms.Key(stack, 'Kms', { enableKeyRotation: true }) })],
  ['with an imported user and key', (stack) => ({
    user: iam.User.fromUserName(stack, 'User', 'uploader'),
    encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`),
  })],
  ['with a key that rotates itself, and is retired', () => ({
    authority: RotationAuthority.ownKey(),
    previousKeyPolicy: PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) }),
  })],
  ['with an administrator\'s secret', (stack) => ({ authority: RotationAuthority.adminSecret(Secret.fromSecretNameV2(stack, 'Admin', 'admin')) })],
  ['with a role', (stack) => ({ authority: RotationAuthority.assumedRole(iam.Role.fromRoleName(stack, 'Role', 'keys')) })],
  ['with other props', () => ({ fields: AccessKeyFields.SDK, schedule: SecretRotationSchedule.rate(Duration.hours(6)), removalPolicy: RemovalPolicy.RETAIN })],
])('AwsSolutions finds nothing %s', (_, props) => {
  const app = new App();
  const stack = stackOf(app);
  const secret = new IamKeyRotationSecret(stack, 'Key', props(stack));
  secret.grantRead(new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
  secret.grantSelfRead();

  expect(findings(app)).toEqual([]);
});

test.each<[string, (stack: Stack) => Partial<RandomValueRotationSecretProps>]>([
  ['by default', () => ({})],
  ['with a check function and a key of the app', (stack) => ({
    checkFunction: lambda.Function.fromFunctionAttributes(stack, 'Check', {
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:check`, role: iam.Role.fromRoleName(stack, 'CheckRole', 'check'),
    }),
    encryptionKey: new kms.Key(stack, 'Kms', { enableKeyRotation: true }),
  })],
])('AwsSolutions finds nothing in random values %s', (_, props) => {
  const app = new App();
  const stack = stackOf(app);
  new RandomValueRotationSecret(stack, 'Session', { fields: { session_secret_key: RandomValue.characters(32) }, ...props(stack) });
  new RandomValueRotation(stack, 'Existing', { secret: Secret.fromSecretNameV2(stack, 'Secret', 'web/session'), fields: { hmac_key: RandomValue.base64(32) } });

  expect(findings(app)).toEqual([]);
});

test('AwsSolutions finds nothing with a credential of any kind', () => {
  const app = new App();
  const stack = stackOf(app);
  const code = lambda.Code.fromInline('exports.handler = async () => {};');
  const secret = new CustomRotationSecret(stack, 'Token', { code, encryptionKey: new kms.Key(stack, 'Kms', { enableKeyRotation: true }) });
  const rotation = new CustomRotation(stack, 'Rotation', { secret: Secret.fromSecretNameV2(stack, 'Existing', 'shop/token'), code });
  Secret.fromSecretCompleteArn(stack, 'Admin', `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:admin-AbCdEf`).grantRead(rotation.rotationFunction);
  secret.grantRead(new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));

  expect(findings(app)).toEqual([]);
});

test('AwsSolutions would find something', () => {
  const app = new App();
  const stack = stackOf(app);
  new IamKeyRotationSecret(stack, 'Key').rotationFunction.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  new Secret(stack, 'Unrotated');

  expect(findings(app)).toEqual(expect.arrayContaining([expect.stringContaining('AwsSolutions-IAM5'), expect.stringContaining('AwsSolutions-SMG4')]));
});
