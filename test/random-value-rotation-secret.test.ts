// What a stack gets from a RandomValueRotationSecret beyond what every kind of secret does: fields and check functions.
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RandomValue, RandomValueRotationSecret, RandomValueRotationSecretProps } from '../src';
import { actionsOf, flatten, logicalId, only, settingsOf, stackIn, statementsOf } from './private/synthesis';
import { RandomValueRotationSettings } from '../src/private/settings';

const fields = { session_secret_key: RandomValue.characters(32) };

function synthesize(props: Partial<RandomValueRotationSecretProps> = {}, stack = stackIn()): Template {
  new RandomValueRotationSecret(stack, 'Session', { fields, ...props });
  return Template.fromStack(stack);
}

const settings = (template: Template) => settingsOf<RandomValueRotationSettings>(template);

/** A check function, whose own code is not looked at here. */
function checkFunctionIn(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Check', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'check.handler', code: lambda.Code.fromInline('//') });
}

test('the function is told how values are made, and no value', () => {
  const stack = stackIn();
  const secret = new RandomValueRotationSecret(stack, 'Session', { fields });

  expect(settings(Template.fromStack(stack))).toEqual({
    kind: 'random-value',
    secretArn: `<${logicalId(secret)}>`,
    fields: [{ name: 'session_secret_key', value: { kind: 'characters', length: 32, characters: expect.stringMatching(/^[A-Za-z0-9]{62}$/) } }],
  });
});

describe('fields', () => {
  test('of every kind reach the function', () => {
    const template = synthesize({
      fields: { session: RandomValue.characters(8, 'abc'), hmac: RandomValue.hex(16), cookie: RandomValue.base64(24), token: RandomValue.base64url(32) },
    });

    expect(settings(template).fields).toEqual([
      { name: 'session', value: { kind: 'characters', length: 8, characters: 'abc' } },
      { name: 'hmac', value: { kind: 'bytes', bytes: 16, encoding: 'hex' } },
      { name: 'cookie', value: { kind: 'bytes', bytes: 24, encoding: 'base64' } },
      { name: 'token', value: { kind: 'bytes', bytes: 32, encoding: 'base64url' } },
    ]);
  });

  test('whose length, name and set are known at deployment only reach it as they are then', () => {
    const stack = stackIn();
    const length = new CfnParameter(stack, 'Length', { type: 'Number' });
    const name = new CfnParameter(stack, 'Name');
    const set = new CfnParameter(stack, 'Set');
    const template = synthesize({
      fields: { [name.valueAsString]: RandomValue.characters(length.valueAsNumber, set.valueAsString), big: RandomValue.hex(length.valueAsNumber) },
    }, stack);

    expect(flatten(only(template, 'AWS::Lambda::Function').Properties.Environment.Variables.SETTINGS)).toContain(
      '"fields":[{"name":"<Name>","value":{"kind":"characters","length":<Length>,"characters":"<Set>"}},{"name":"big","value":{"kind":"bytes","bytes":<Length>,"encoding":"hex"}}]');
  });

  const LARGE = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`field${index}`, RandomValue.base64(16_384)]));
  const MANY = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, RandomValue.characters(32)]));

  test.each<[string, Record<string, RandomValue>, string]>([
    ['no field', {}, "'fields' of Stack/Session must contain at least one field, got: none. For instance: { session_secret_key: RandomValue.characters(32) }"],
    ['an empty name', { '': RandomValue.hex(1) }, "'fields' of Stack/Session must have names that are not empty, got: ''. Use a name such as 'session_secret_key'."],
    ['the name of the placeholder', { placeholder: RandomValue.hex(1) },
      "'fields' of Stack/Session must not contain 'placeholder', which is the field of a secret that has no value yet. Choose another name."],
    ['a value that is too large once it is encoded', { key: RandomValue.hex(40_000) },
      "'fields' of Stack/Session must fit into 65536 bytes, the maximum size of a secret, got: 80011. Shorten the values, or use two secrets."],
    ['values that are too large together', LARGE, 'must fit into 65536 bytes, the maximum size of a secret, got: 65'],
    ['more than fits into an environment', MANY,
      "'fields' of Stack/Session must fit into 3072 bytes of Lambda's environment, got: 6"],
  ])('with %s are refused', (_what, refused, message) => {
    expect(() => synthesize({ fields: refused })).toThrow(message);
  });

  test('that fill a secret to the last byte are let through', () => {
    expect(() => synthesize({ fields: { key: RandomValue.characters(65_536 - '{"key":"",}'.length) } })).not.toThrow();
    expect(() => synthesize({ fields: { key: RandomValue.characters(65_536 - '{"key":"",}'.length + 1) } })).toThrow('got: 65537');
  });
});

describe('checkFunction', () => {
  test('is told to the function, may read the secret, and may do so before the first values are checked', () => {
    const stack = stackIn();
    const check = checkFunctionIn(stack);
    const template = synthesize({ checkFunction: check }, stack);

    expect(settings(template).checkFunctionArn).toBe(`<${logicalId(check)}.Arn>`);
    expect(actionsOf(statementsOf(template, check.role!))).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    const policy = Object.entries(template.findResources('AWS::IAM::Policy')).find(([id]) => id.startsWith('Check'))![0];
    expect(only(template, 'Custom::RandomValueRotationFirstValue').DependsOn).toContain(policy);
  });

  test('may decrypt what the secret is encrypted with', () => {
    const stack = stackIn();
    const check = checkFunctionIn(stack);
    const template = synthesize({ checkFunction: check, encryptionKey: new kms.Key(stack, 'Kms') }, stack);

    expect(actionsOf(statementsOf(template, check.role!))).toContain('kms:Decrypt');
  });

  test('that is imported without its role is called, and a warning says who has to let it read', () => {
    const stack = stackIn();
    const arn = `arn:aws:lambda:${stack.region}:${stack.account}:function:check`;
    const template = synthesize({ checkFunction: lambda.Function.fromFunctionArn(stack, 'Check', arn) }, stack);

    expect(settings(template).checkFunctionArn).toBe(arn);
    Annotations.fromStack(stack).hasWarning('/Stack/Session', Match.stringLikeRegexp("'checkFunction' is imported without its role. If it reads the secret, grant it read access yourself"));
  });

  test('can be an alias, and is then called by it', () => {
    const stack = stackIn();
    const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: checkFunctionIn(stack).currentVersion });
    const template = synthesize({ checkFunction: alias }, stack);

    expect(settings(template).checkFunctionArn).toBe(`<${logicalId(alias)}>`);
  });
});
