import { CfnParameter } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AccessKeyFields, IamKeyRotationSecret } from '../src';
import { settingsOf, stackIn } from './private/synthesis';

test('fields of your own are told to the function, with the optional ones', () => {
  const stack = stackIn();
  new IamKeyRotationSecret(stack, 'Key', { fields: AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret', userName: 'user', masterArn: 'arn' }) });

  expect(settingsOf(Template.fromStack(stack)).fields).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', userName: 'user', masterArn: 'arn' });
});

test.each([
  ['one of the presets', AccessKeyFields.SDK, ['aws_access_key_id', 'accesskey', 'access_key']],
  ['fields of your own', AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret' }), ['aws_access_key_id', 'accesskey', 'access_key', 'accessKeyId']],
  ['fields of your own that repeat those of a preset', AccessKeyFields.of({ accessKeyId: 'accesskey', secretAccessKey: 'secretkey' }), ['aws_access_key_id', 'access_key', 'accessKeyId']],
  ['fields of your own that share one with a preset', AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret_key' }), ['aws_access_key_id', 'accesskey', 'accessKeyId']],
  ['fields of your own that use one of a preset for the user', AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret', userName: 'accesskey' }), ['aws_access_key_id', 'access_key', 'accessKeyId']],
])('the function is told the presets that %s cannot be mistaken for', (_, fields, others) => {
  expect(fields._otherPresets().map(({ accessKeyId }) => accessKeyId)).toEqual(others);
});

test.each([
  ['two fields of one name', { accessKeyId: 'key', secretAccessKey: 'key' }, "'accessKeyId' and 'secretAccessKey' must be different names, got: 'key' for both"],
  ['an optional field of the name of another', { accessKeyId: 'a', secretAccessKey: 'b', userName: 'b' }, "'secretAccessKey' and 'userName' must be different names, got: 'b' for both"],
  ['two optional fields of one name', { accessKeyId: 'a', secretAccessKey: 'b', userName: 'c', masterArn: 'c' }, "'userName' and 'masterArn' must be different names, got: 'c' for both"],
  ['an empty name', { accessKeyId: '', secretAccessKey: 'b' }, "'accessKeyId' must be a name that is not blank, got: ''"],
  ['a blank name', { accessKeyId: 'a', secretAccessKey: ' ' }, "'secretAccessKey' must be a name that is not blank, got: ' '"],
  ['an empty optional name', { accessKeyId: 'a', secretAccessKey: 'b', masterArn: '' }, "'masterArn' must be a name that is not blank, got: ''"],
  ['the field of a secret without a key', { accessKeyId: 'placeholder', secretAccessKey: 'b' }, "'accessKeyId' must not be 'placeholder'"],
])('%s is refused', (_, names, message) => {
  expect(() => AccessKeyFields.of(names)).toThrow(message);
});

test('names that are known at deployment only are let through', () => {
  const stack = stackIn();
  const name = new CfnParameter(stack, 'Field').valueAsString;
  new IamKeyRotationSecret(stack, 'Key', { fields: AccessKeyFields.of({ accessKeyId: name, secretAccessKey: name }) });

  expect(settingsOf(Template.fromStack(stack)).fields).toEqual({ accessKeyId: '<Field>', secretAccessKey: '<Field>' });
});
