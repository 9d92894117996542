import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AccessKeyFields, IamKeyRotationSecret, IamKeyRotationSecretProps, RotationAuthority } from '../src';
import { ACCOUNT, actionsOf, flatten, logicalId, OTHER_ACCOUNT, REGION, rotationStatements, settingsOf, stackIn, statementsOf } from './private/synthesis';

const IAM_ACTIONS = ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys', 'iam:UpdateAccessKey'];
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/robots/uploader`;
const USER_ELSEWHERE = `arn:aws:iam::${OTHER_ACCOUNT}:user/robots/uploader`;
const ROLE_ELSEWHERE = `arn:aws:iam::${OTHER_ACCOUNT}:role/keys`;

function secretWith(stack: Stack, authority: RotationAuthority | undefined, props: IamKeyRotationSecretProps = {}) {
  const secret = new IamKeyRotationSecret(stack, 'Key', { authority, ...props });
  return { secret, template: Template.fromStack(stack) };
}

const iamActions = (template: Template) => actionsOf(rotationStatements(template)).filter((action) => action.startsWith('iam:'));

test('by default the function\'s role calls IAM', () => {
  const { template } = secretWith(stackIn(), undefined);

  expect(settingsOf(template).authority).toEqual({ kind: 'executionRole' });
  expect(iamActions(template)).toEqual(IAM_ACTIONS);
});

describe('ownKey', () => {
  test('gives the user the rights on itself, path included, and the role none', () => {
    const stack = stackIn();
    const { template } = secretWith(stack, RotationAuthority.ownKey(), { user: iam.User.fromUserArn(stack, 'User', USER_ARN) });

    expect(settingsOf(template).authority).toEqual({ kind: 'ownKey' });
    expect(iamActions(template)).toEqual([]);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Users: ['uploader'],
      PolicyDocument: { Statement: [{ Action: Match.anyValue(), Effect: 'Allow', Resource: USER_ARN }] },
    });
  });

  test('the first key waits for these rights', () => {
    const { secret, template } = secretWith(stackIn(), RotationAuthority.ownKey());
    const policy = Object.keys(template.findResources('AWS::IAM::Policy')).find((id) => id.includes('OwnKeyPolicy'));

    expect(actionsOf(statementsOf(template, secret.user))).toEqual(IAM_ACTIONS);
    template.hasResource('Custom::IamKeyRotationFirstKey', { DependsOn: Match.arrayWith([policy]) });
  });

  test('a user that the policy cannot be attached to is refused', () => {
    const stack = stackIn();

    expect(() => secretWith(stack, RotationAuthority.ownKey(), { user: iam.User.fromUserArn(stack, 'User', USER_ELSEWHERE) }))
      .toThrow(`must belong to the stack's account, ${ACCOUNT}, got: a user of ${OTHER_ACCOUNT}`);
  });
});

describe('adminSecret', () => {
  test('lets the role read that secret, and do nothing in IAM', () => {
    const stack = stackIn();
    const { template } = secretWith(stack, RotationAuthority.adminSecret(Secret.fromSecretNameV2(stack, 'Admin', 'admin'), AccessKeyFields.COMPACT));
    const arn = `arn:<AWS::Partition>:secretsmanager:${REGION}:${ACCOUNT}:secret:admin`;

    expect(settingsOf(template).authority).toMatchObject({ kind: 'adminSecret', fields: { accessKeyId: 'accesskey', secretAccessKey: 'secretkey' } });
    expect(iamActions(template)).toEqual([]);
    const read = rotationStatements(template).filter(({ Action }) => Action === 'secretsmanager:GetSecretValue');
    expect(read.map(({ Resource }) => flatten(Resource))).toEqual([`${arn}-??????`]);
  });

  test('expects the fields of the rotated secret, if no others are named', () => {
    const stack = stackIn();
    const { template } = secretWith(stack, RotationAuthority.adminSecret(new Secret(stack, 'Admin')), { fields: AccessKeyFields.SDK });

    expect(settingsOf(template).authority).toMatchObject({ fields: { accessKeyId: 'accessKeyId', secretAccessKey: 'secretAccessKey' } });
  });

  test('lets the role use that secret\'s customer managed key, for that secret alone', () => {
    const stack = stackIn();
    const admin = new Secret(stack, 'Admin', { encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
    const { template } = secretWith(stack, RotationAuthority.adminSecret(admin));

    expect(rotationStatements(template)).toContainEqual({
      Action: 'kms:Decrypt',
      Effect: 'Allow',
      Resource: KEY_ARN,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': { Ref: logicalId(admin) } } },
    });
  });

  test('a user of another account can be rotated', () => {
    const stack = stackIn();
    const user = iam.User.fromUserArn(stack, 'User', USER_ELSEWHERE);

    expect(() => secretWith(stack, RotationAuthority.adminSecret(new Secret(stack, 'Admin')), { user })).not.toThrow();
  });

  test('the rotated secret itself is refused, and the way out named', () => {
    const authority = (stack: Stack) => RotationAuthority.adminSecret(Secret.fromSecretNameV2(stack, 'Same', 'uploader'));
    const stack = stackIn();
    const secret = Secret.fromSecretNameV2(stack, 'Secret', 'uploader');

    expect(() => authority(stack)._bind({ scope: stack, owner: stack, secret, user: new iam.User(stack, 'User'), fields: AccessKeyFields.SDK }))
      .toThrow(/'adminSecret' of Stack must not be the rotated secret, got: Stack\/Same. Use RotationAuthority.ownKey\(\)/);
  });
});

describe('assumedRole', () => {
  test('lets the function assume that role, with its external id, and do nothing in IAM', () => {
    const stack = stackIn();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE_ELSEWHERE);
    const { template } = secretWith(stack, RotationAuthority.assumedRole(role, { externalId: 'some-id' }), { user: iam.User.fromUserArn(stack, 'User', USER_ELSEWHERE) });

    expect(settingsOf(template).authority).toEqual({ kind: 'assumedRole', roleArn: ROLE_ELSEWHERE, externalId: 'some-id' });
    expect(settingsOf(template).userArn).toBe(USER_ELSEWHERE);
    expect(iamActions(template)).toEqual([]);
    expect(rotationStatements(template)).toContainEqual({ Action: 'sts:AssumeRole', Effect: 'Allow', Resource: ROLE_ELSEWHERE });
  });

  test('a role of the stack is given the rights on the user', () => {
    const stack = stackIn();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    const { template } = secretWith(stack, RotationAuthority.assumedRole(role));

    expect(actionsOf(statementsOf(template, role))).toEqual(IAM_ACTIONS);
  });

  test('a role of another account than the user\'s is refused', () => {
    const stack = stackIn();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE_ELSEWHERE);

    expect(() => secretWith(stack, RotationAuthority.assumedRole(role), { user: iam.User.fromUserArn(stack, 'User', USER_ARN) }))
      .toThrow(`'assumedRole' of Stack/Key must belong to the user's account, ${ACCOUNT}, got: a role of ${OTHER_ACCOUNT}`);
  });
});
