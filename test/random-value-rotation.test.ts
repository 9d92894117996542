// What a RandomValueRotation of an existing secret does beyond what every kind does: fields and check functions.
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RandomValue, RandomValueRotation } from '../src';
import { ACCOUNT, REGION, stackIn, statementsOf } from './private/synthesis';

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:web/session`;
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;

test('a check function may use the customer managed key that an imported secret names', () => {
  const stack = stackIn();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN);
  const secret = Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey });
  const checkFunction = new lambda.Function(stack, 'Check', {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'check.handler', code: lambda.Code.fromInline('//'),
  });
  new RandomValueRotation(stack, 'Rotation', { secret, fields: { session_secret_key: RandomValue.hex(32) }, checkFunction });

  expect(statementsOf(Template.fromStack(stack), checkFunction.role!))
    .toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt', Resource: KEY_ARN }));
});

test('bad fields are refused by the name of the construct', () => {
  const stack = stackIn();
  const secret = Secret.fromSecretNameV2(stack, 'Secret', 'web/session');

  expect(() => new RandomValueRotation(stack, 'Rotation', { secret, fields: {} }))
    .toThrow("'fields' of Stack/Rotation must contain at least one field");
});
