// What an IamKeyRotation of an existing secret does beyond what every kind does: the user, unrecorded keys, retirement.
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AccessKeyFields, IamKeyRotation, IamKeyRotationProps, IamKeyRotationSecret, PreviousKeyPolicy, SecretRotationSchedule, UnrecordedKeyPolicy,
} from '../src';
import { ACCOUNT, flatten, only, REGION, settingsOf, stackIn, statementsOf } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:uploader`;
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/robots/uploader`;

function rotationOf(secret: ISecret, props: Partial<IamKeyRotationProps> = {}, stack = Stack.of(secret)) {
  const rotation = new IamKeyRotation(stack, 'Rotation', { secret, user: iam.User.fromUserArn(stack, 'User', USER_ARN), ...props });
  return { rotation, template: () => Template.fromStack(stack) };
}

test('the function is told of a user that is not the construct\'s', () => {
  const { template } = rotationOf(Secret.fromSecretNameV2(stackIn(), 'Secret', 'uploader'), { fields: AccessKeyFields.COMPACT });

  expect(settingsOf(template())).toMatchObject({
    userName: 'uploader', userArn: USER_ARN, ownsUser: false, unrecordedKey: 'keep', fields: { accessKeyId: 'accesskey', masterArn: 'masterarn' },
  });
});

test('grantSelfRead lets the user read the secret, and use the customer managed key that it names', () => {
  const stack = stackIn();
  const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Kms', keyArn);
  const { rotation, template } = rotationOf(Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey }));
  rotation.grantSelfRead();

  template().hasResourceProperties('AWS::IAM::Policy', {
    Users: ['uploader'],
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], Resource: `${ARN}-AbCdEf` }),
        Match.objectLike({ Action: 'kms:Decrypt', Resource: keyArn }),
      ],
    },
  });
});

test('two rotations of one user are refused', () => {
  const stack = stackIn();
  rotationOf(Secret.fromSecretNameV2(stack, 'Secret', 'uploader'));
  const [secret, user] = [Secret.fromSecretNameV2(stack, 'Other', 'other'), iam.User.fromUserArn(stack, 'SameUser', USER_ARN)];
  new IamKeyRotation(stack, 'Second', { secret, user });

  expect(() => Template.fromStack(stack)).toThrow(/'user' must not have another rotation/);
});

test('grantRetire lets somebody invoke the function by its alias for that, and find it', () => {
  const stack = stackIn();
  const owner = new iam.Role(stack, 'Owner', { assumedBy: new iam.AccountRootPrincipal() });
  const { rotation, template } = rotationOf(Secret.fromSecretNameV2(stack, 'Secret', 'uploader'), { schedule: SecretRotationSchedule.onDemand() });
  rotation.grantRetire(owner);
  const [describe, invoke] = statementsOf(template(), owner);
  const [alias] = Object.keys(template().findResources('AWS::Lambda::Alias', { Properties: { Name: 'retirement' } }));

  expect([describe.Action, invoke.Action]).toEqual(['secretsmanager:DescribeSecret', 'lambda:InvokeFunction']);
  expect(flatten(describe.Resource)).toBe(`${ARN.replace('arn:aws', 'arn:<AWS::Partition>')}-??????`);
  expect(invoke.Resource).toEqual({ Ref: alias });
});

describe('unrecordedKeyPolicy', () => {
  const made = (stack: Stack, unrecordedKeyPolicy?: UnrecordedKeyPolicy) => new IamKeyRotationSecret(stack, 'Key', { unrecordedKeyPolicy });
  const given = (stack: Stack, unrecordedKeyPolicy?: UnrecordedKeyPolicy) =>
    new IamKeyRotationSecret(stack, 'Key', { user: new iam.User(stack, 'User'), unrecordedKeyPolicy });
  const existing = (stack: Stack, unrecordedKeyPolicy?: UnrecordedKeyPolicy) =>
    rotationOf(Secret.fromSecretNameV2(stack, 'Secret', 'uploader'), { unrecordedKeyPolicy });

  test.each<[string, typeof made | typeof given | typeof existing, string]>([
    ['reclaims what was never used of a user that the construct has made', made, 'reclaimUnused'],
    ['keeps what others may have made for a user that is given', given, 'keep'],
    ['keeps what others may have made for a user of a secret that exists', existing, 'keep'],
  ])('by default %s', (_, rotate, unrecordedKey) => {
    const stack = stackIn();
    rotate(stack);

    expect(settingsOf(Template.fromStack(stack)).unrecordedKey).toBe(unrecordedKey);
  });

  test.each([
    [UnrecordedKeyPolicy.KEEP, 'keep'], [UnrecordedKeyPolicy.RECLAIM_UNUSED, 'reclaimUnused'], [UnrecordedKeyPolicy.REFUSE, 'refuse'],
    [UnrecordedKeyPolicy.DELETE, 'delete'],
  ])('%s is obeyed, whosever user it is', (unrecordedKeyPolicy, unrecordedKey) => {
    for (const rotate of [made, given, existing]) {
      const stack = stackIn();
      rotate(stack, unrecordedKeyPolicy);

      expect(settingsOf(Template.fromStack(stack)).unrecordedKey).toBe(unrecordedKey);
    }
  });
});

test('a policy that retires has a check of its own, which goes before the keys go', () => {
  const { template } = rotationOf(Secret.fromSecretNameV2(stackIn(), 'Secret', 'uploader'), { previousKeyPolicy: PreviousKeyPolicy.retireImmediately() });
  const firstKey = Object.keys(template().findResources('Custom::IamKeyRotationFirstKey'))[0];
  const [functionId] = Object.keys(template().findResources('AWS::Lambda::Function'));

  template().hasResource('AWS::Scheduler::Schedule', {
    DependsOn: Match.arrayWith([firstKey]),
    Properties: {
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 30 },
      Target: { Arn: { 'Fn::GetAtt': [functionId, 'Arn'] } },
    },
  });
  expect(only(template(), 'AWS::Scheduler::Schedule').Properties.Target.Input).toBe('{"Action":"retireDue"}');
  const check = Object.values(template().findResources('AWS::IAM::Policy')).find(({ Properties }) => JSON.stringify(Properties.Roles).includes('RetirementRole'));
  expect(check?.Properties.PolicyDocument.Statement).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': [functionId, 'Arn'] } }]);
});

test.each([PreviousKeyPolicy.keepUntilNextRotation(), PreviousKeyPolicy.keepForAdministrator()])('a policy that retires nothing has none', (previousKeyPolicy) => {
  const { template } = rotationOf(Secret.fromSecretNameV2(stackIn(), 'Secret', 'uploader'), { previousKeyPolicy });

  expect(template().findResources('AWS::Scheduler::Schedule')).toEqual({});
});
