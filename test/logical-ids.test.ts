// The logical ids of the rotation of a secret that exists: another id of its schedule would switch it off.
import { App, CfnParameter, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CustomRotation, IamKeyRotation, IamKeyRotationSecret, RandomValue, RandomValueRotation, SecretRotationSchedule } from '../src';
import { ACCOUNT, REGION, stackIn } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:web/my-secret`; // ends like a whole ARN
const ENV = { account: ACCOUNT, region: REGION };
const PINNED = [
  'AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig', 'AWS::SecretsManager::RotationSchedule',
  'Custom::IamKeyRotationFirstKey', 'Custom::RandomValueRotationFirstValue', 'Custom::CustomRotationFirstValue',
];

type Make = (scope: Construct, id: string, secret: secretsmanager.ISecret) => unknown;

const KINDS: [string, Make, number][] = [
  ['IamKeyRotation', (scope, id, secret) => {
    const rotation = new IamKeyRotation(scope, id, { secret, user: iam.User.fromUserName(scope, `${id}User`, 'uploader') });
    rotation.grantRetire(iam.Role.fromRoleName(scope, `${id}Owner`, 'owner'));
  }, 6],
  ['RandomValueRotation', (scope, id, secret) =>
    new RandomValueRotation(scope, id, { secret, fields: { session_secret_key: RandomValue.hex(32) } }), 5],
  ['CustomRotation', (scope, id, secret) =>
    new CustomRotation(scope, id, { secret, code: lambda.Code.fromInline('exports.handler = async () => {};') }), 5],
];
const [, [, rotate]] = KINDS;

/** The logical ids that must last. */
function pinned(stack: Stack): string[] {
  return Object.entries<{ Type: string }>(Template.fromStack(stack).toJSON().Resources)
    .filter(([id, { Type }]) => PINNED.includes(Type) && !id.startsWith('CdkIamKeyRotationUnanswered')).map(([id]) => id).sort();
}

/** Those that an app gets in one stack. */
function idsOf(build: (stack: Stack) => void, stack = stackIn()): string[] {
  build(stack);
  return pinned(stack);
}

const byName = (scope: Construct) => secretsmanager.Secret.fromSecretNameV2(scope, 'Secret', 'web/my-secret');

describe.each(KINDS)('%s keeps its logical ids', (_, make, count) => {
  const before = idsOf((stack) => make(stack, 'Rotation', byName(stack)));

  test('which say what they are, and which secret it is', () => {
    expect(before).toHaveLength(count);
    const [suffix] = /[0-9A-F]{8}$/.exec(before[0])!;
    expect(before).toEqual(expect.arrayContaining(
      ['DeploymentAlias', 'DeploymentInvocation', 'Function', 'Lifecycle', 'Schedule'].map((what) => `Rotation${what}${suffix}`)));
    expect(before.filter((id) => !id.endsWith(suffix))).toEqual([]);
  });

  test('when the construct is renamed', () => {
    expect(idsOf((stack) => make(stack, 'Renamed', byName(stack)))).toEqual(before);
  });

  test('when the construct is moved to another scope of the stack', () => {
    expect(idsOf((stack) => make(new Construct(stack, 'Group'), 'Rotation', byName(stack)))).toEqual(before);
    expect(idsOf((stack) => { const group = new Construct(stack, 'Group'); make(group, 'Rotation', byName(group)); })).toEqual(before);
  });

  test.each<[string, (stack: Stack) => secretsmanager.ISecret]>([
    ['a partial ARN', (stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', ARN)],
    ['a whole ARN', (stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`)],
    ['its attributes', (stack) => secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf` })],
    ['an ARN of this partition', (stack) =>
      secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', `arn:${stack.partition}:${ARN.slice('arn:aws:'.length)}-AbCdEf`)],
  ])('when the secret is imported by %s instead of its name', (_how, secret) => {
    expect(idsOf((stack) => make(stack, 'Rotation', secret(stack)))).toEqual(before);
  });

  test('when the stack gets an environment, or a stage', () => {
    expect(idsOf((stack) => make(stack, 'Rotation', byName(stack)), new Stack(new App(), 'Stack'))).toEqual(before);
    expect(idsOf((stack) => make(stack, 'Rotation', byName(stack)), new Stack(new Stage(new App(), 'Stage'), 'Stack'))).toEqual(before);
  });

  test('unless it is another secret', () => {
    const after = idsOf((stack) => make(stack, 'Rotation', secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'web/my')));
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });
});

describe('a secret of the app', () => {
  const before = idsOf((stack) => rotate(stack, 'Rotation', new secretsmanager.Secret(stack, 'Secret')));

  test('keeps the ids when the construct is renamed or moved, or the secret is named', () => {
    expect(idsOf((stack) => rotate(stack, 'Renamed', new secretsmanager.Secret(stack, 'Secret')))).toEqual(before);
    expect(idsOf((stack) => rotate(new Construct(stack, 'Group'), 'Rotation', new secretsmanager.Secret(stack, 'Secret')))).toEqual(before);
    expect(idsOf((stack) => { const secret = new secretsmanager.Secret(stack, 'Secret'); rotate(secret, 'Rotation', secret); })).toEqual(before);
    expect(idsOf((stack) => rotate(stack, 'Rotation', new secretsmanager.Secret(stack, 'Secret', { secretName: 'named' })))).toEqual(before);
  });

  test('keeps them in a stage', () => {
    const stack = new Stack(new Stage(new App(), 'Stage'), 'Stack');
    expect(idsOf(() => rotate(stack, 'Rotation', new secretsmanager.Secret(stack, 'Secret')), stack)).toEqual(before);
  });

  test('is told from a secret of another stack that has the same id there', () => {
    const app = new App();
    const [owner, stack] = [stackIn(ENV, app, 'Owner'), stackIn(ENV, app)];
    rotate(stack, 'Rotation', new secretsmanager.Secret(stack, 'Secret'));
    rotate(stack, 'Other', new secretsmanager.Secret(owner, 'Secret'));

    expect(pinned(stack)).toHaveLength(10);
  });

  test('is the same, whether the construct or a reference to its resource is given', () => {
    const given = (refer: (secret: secretsmanager.CfnSecret) => secretsmanager.ISecret) => idsOf((stack) =>
      rotate(stack, 'Rotation', refer(new secretsmanager.CfnSecret(stack, 'Resource'))));

    expect(given((secret) => secretsmanager.Secret.fromSecretCompleteArn(secret.stack, 'Secret', secret.ref)))
      .toEqual(given((secret) => secretsmanager.Secret.fromSecretAttributes(secret.stack, 'Renamed', { secretCompleteArn: secret.attrId })));
  });
});

test('a secret whose ARN is known at deployment only has the ids of that ARN', () => {
  const ids = (parameter: string, id: string) => idsOf((stack) => {
    const arn = new CfnParameter(stack, parameter).valueAsString;
    rotate(stack, id, secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', arn));
  });

  expect(ids('Arn', 'Renamed')).toEqual(ids('Arn', 'Rotation'));
  expect(ids('Other', 'Rotation')).not.toEqual(ids('Arn', 'Rotation'));
});

describe('two rotations of one secret are refused, also on demand and in a nested stack', () => {
  const onDemand = (scope: Construct, id: string, secret: secretsmanager.ISecret) =>
    new RandomValueRotation(scope, id, { secret, fields: { session_secret_key: RandomValue.hex(32) }, schedule: SecretRotationSchedule.onDemand() });

  test.each<[string, (stack: Stack) => [secretsmanager.ISecret, secretsmanager.ISecret]]>([
    ['given twice', (stack) => [byName(stack), stack.node.findChild('Secret') as secretsmanager.Secret]],
    ['by name and by ARN', (stack) => [byName(stack), secretsmanager.Secret.fromSecretCompleteArn(stack, 'Same', `${ARN}-AbCdEf`)]],
    ['made here and imported by its name', (stack) => [new secretsmanager.Secret(stack, 'Made', { secretName: 'web/my-secret' }), byName(stack)]],
    ['made here and referred to', (stack) => {
      const secret = new secretsmanager.Secret(stack, 'Made');
      return [secret, secretsmanager.Secret.fromSecretCompleteArn(stack, 'Same', secret.secretArn)];
    }],
  ])('%s', (_, secrets) => {
    for (const stack of [stackIn(), new NestedStack(stackIn(), 'Nested'), new Stack(new App(), 'Stack')]) {
      const [first, second] = secrets(stack);
      onDemand(stack, 'First', first);

      expect(() => onDemand(stack, 'Second', second)).toThrow(
        `'secret' of ${stack.node.path}/Second must not have another rotation, got: ${stack.node.path}/First. Remove one of the two.`);
    }
  });

  test('in two stacks of one account and region', () => {
    const app = new App();
    const [one, other] = [stackIn(ENV, app, 'One'), stackIn(ENV, app, 'Other')];
    onDemand(one, 'Rotation', byName(one));

    expect(() => onDemand(other, 'Rotation', byName(other))).toThrow("'secret' of Other/Rotation must not have another rotation, got: One/Rotation");
  });

  test('also if the other one is that of a secret of ours', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { secretName: 'web/my-secret' });

    expect(() => onDemand(stack, 'Rotation', byName(stack))).toThrow("'secret' of Stack/Rotation must not have another rotation, got: Stack/Key");
  });
});

describe('other secrets are let alone', () => {
  test.each<[string, Stack, Stack]>([
    ['in two regions', ...twoStacks(ENV, { ...ENV, region: 'eu-central-1' })],
    ['in two stacks that may go to two accounts', ...twoStacks()],
  ])('of one name %s', (_, one, other) => {
    rotate(one, 'Rotation', byName(one));

    expect(() => rotate(other, 'Rotation', byName(other))).not.toThrow();
  });

  test('whose rotation was taken out of the tree', () => {
    const stack = stackIn();
    rotate(stack, 'Rotation', byName(stack));
    stack.node.tryRemoveChild('Rotation');
    rotate(stack, 'Renamed', stack.node.findChild('Secret') as secretsmanager.Secret);

    expect(pinned(stack)).toHaveLength(5);
  });

  function twoStacks(...[one, other]: { account: string; region: string }[]): [Stack, Stack] {
    const app = new App();
    return [new Stack(app, 'One', { env: one }), new Stack(app, 'Other', { env: other })];
  }
});
