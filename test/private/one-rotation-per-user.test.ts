import { App, CfnParameter, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ACCOUNT, OTHER_ACCOUNT, REGION, stackIn } from './synthesis';
import { IamKeyRotationSecret } from '../../src';

const ENV = { account: ACCOUNT, region: REGION };

/** Two stacks of one app. */
function twoStacks(envs: { account: string; region: string }[] = [ENV, ENV]): { app: App; one: Stack; other: Stack } {
  const app = new App();
  return { app, one: stackIn(envs[0], app, 'One'), other: stackIn(envs[1], app, 'Other') };
}

describe('a second rotation is refused', () => {
  test.each<[string, (one: Stack, other: Stack) => [iam.IUser, iam.IUser]]>([
    ['of the same user', (one) => { const user = new iam.User(one, 'User'); return [user, user]; }],
    ['of the same user from another stack', (one) => { const user = new iam.User(one, 'User'); return [user, user]; }],
    ['of a user that is imported twice', (one, other) => [iam.User.fromUserName(one, 'User', 'uploader'), iam.User.fromUserName(other, 'User', 'uploader')]],
    ['of a user that is imported by name and by ARN', (one, other) => [iam.User.fromUserName(one, 'User', 'uploader'), iam.User.fromUserArn(other, 'User', `arn:aws:iam::${ACCOUNT}:user/robots/uploader`)]],
    ['of a user whose name is written in other case', (one, other) => [iam.User.fromUserName(one, 'User', 'uploader'), iam.User.fromUserName(other, 'User', 'Uploader')]],
    ['of a user that is made here and imported there', (one, other) => [new iam.User(one, 'User', { userName: 'uploader' }), iam.User.fromUserName(other, 'User', 'uploader')]],
  ])('%s', (_, users) => {
    const { app, one, other } = twoStacks();
    const [first, second] = users(one, other);
    new IamKeyRotationSecret(one, 'Key', { user: first });
    new IamKeyRotationSecret(other, 'Key', { user: second });

    expect(() => app.synth()).toThrow("[Other/Key/Rotation] 'user' must not have another rotation, got: One/Key. A user can have two keys and a rotation needs both: use another user for each rotation.");
  });

  test('of a user whose name is known at deployment only', () => {
    const { app, one } = twoStacks();
    const name = new CfnParameter(one, 'Name').valueAsString;
    new IamKeyRotationSecret(one, 'Key', { user: iam.User.fromUserName(one, 'User', name) });
    new IamKeyRotationSecret(one, 'Key2', { user: iam.User.fromUserName(one, 'User2', name) });

    expect(() => app.synth()).toThrow("[One/Key2/Rotation] 'user' must not have another rotation, got: One/Key");
  });

  test('in a stage of the app', () => {
    const app = new App();
    const stage = new Stage(app, 'Stage', { env: ENV });
    new IamKeyRotationSecret(stackIn(ENV, app), 'Key', { user: iam.User.fromUserName(app.node.findChild('Stack'), 'User', 'uploader') });
    const staged = new Stack(stage, 'Stack');
    new IamKeyRotationSecret(staged, 'Key', { user: iam.User.fromUserName(staged, 'User', 'uploader') });

    expect(() => app.synth()).toThrow("[Stage/Stack/Key/Rotation] 'user' must not have another rotation, got: Stack/Key");
  });
});

describe('an access key made by CloudFormation is refused', () => {
  test.each<[string, (one: Stack, other: Stack) => iam.IUser]>([
    ['on the same user', (one, other) => { const user = new iam.User(one, 'User'); new iam.AccessKey(other, 'AccessKey', { user }); return user; }],
    ['on a user that is imported twice', (one, other) => {
      new iam.AccessKey(other, 'AccessKey', { user: iam.User.fromUserName(other, 'User', 'uploader') });
      return iam.User.fromUserName(one, 'User', 'uploader');
    }],
    ['by name', (one, other) => { new iam.CfnAccessKey(other, 'AccessKey', { userName: 'uploader' }); return iam.User.fromUserName(one, 'User', 'uploader'); }],
    ['by the name of a user that is made here', (one, other) => {
      new iam.CfnAccessKey(other, 'AccessKey', { userName: 'uploader' });
      return new iam.User(one, 'User', { userName: 'uploader' });
    }],
  ])('%s', (_, make) => {
    const { app, one, other } = twoStacks();
    new IamKeyRotationSecret(one, 'Key', { user: make(one, other) });

    expect(() => app.synth()).toThrow(/\[One\/Key\/Rotation\] 'user' must not have an access key that CloudFormation creates, got: Other\/AccessKey.*\. Remove it/);
  });

  test("on the construct's own user, also if it is made later", () => {
    const { app, one } = twoStacks();
    const secret = new IamKeyRotationSecret(one, 'Key');
    new iam.CfnAccessKey(one, 'AccessKey', { userName: secret.user.userName });

    expect(() => app.synth()).toThrow('must not have an access key that CloudFormation creates, got: One/AccessKey');
  });
});

describe('other users are let alone', () => {
  test.each<[string, (one: Stack, other: Stack) => [iam.IUser | undefined, iam.IUser | undefined]]>([
    ['two that the constructs make', () => [undefined, undefined]],
    ['two in one stack', (one) => [new iam.User(one, 'User'), new iam.User(one, 'User2')]],
    ['two names', (one, other) => [iam.User.fromUserName(one, 'User', 'uploader'), iam.User.fromUserName(other, 'User', 'downloader')]],
    ['two parameters', (one) => [
      iam.User.fromUserName(one, 'User', new CfnParameter(one, 'Name').valueAsString), iam.User.fromUserName(one, 'User2', new CfnParameter(one, 'Name2').valueAsString),
    ]],
  ])('%s', (_, users) => {
    const { app, one, other } = twoStacks();
    const [first, second] = users(one, other);
    new IamKeyRotationSecret(one, 'Key', { user: first });
    new IamKeyRotationSecret(other, 'Key2', { user: second });

    expect(() => app.synth()).not.toThrow();
  });

  test('one name in two accounts', () => {
    const { app, one, other } = twoStacks([ENV, { account: OTHER_ACCOUNT, region: REGION }]);
    new IamKeyRotationSecret(one, 'Key', { user: iam.User.fromUserName(one, 'User', 'uploader') });
    new IamKeyRotationSecret(other, 'Key', { user: iam.User.fromUserName(other, 'User', 'uploader') });

    expect(() => app.synth()).not.toThrow();
  });

  test('one name in two stacks that may go to two accounts', () => {
    const app = new App();
    for (const id of ['One', 'Other']) {
      const stack = new Stack(app, id);
      new IamKeyRotationSecret(stack, 'Key', { user: iam.User.fromUserName(stack, 'User', 'uploader') });
    }

    expect(() => app.synth()).not.toThrow();
  });

  test('an access key of another user', () => {
    const { app, one } = twoStacks();
    new IamKeyRotationSecret(one, 'Key');
    new iam.AccessKey(one, 'AccessKey', { user: new iam.User(one, 'Somebody') });

    expect(() => app.synth()).not.toThrow();
  });

  test('a rotation that was taken out of the tree', () => {
    const { app, one } = twoStacks();
    const user = iam.User.fromUserName(one, 'User', 'uploader');
    new IamKeyRotationSecret(one, 'Key', { user });
    one.node.tryRemoveChild('Key');
    new IamKeyRotationSecret(one, 'Key2', { user });

    expect(() => app.synth()).not.toThrow();
  });
});
