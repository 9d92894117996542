// Secrets that are imported: what names them in policies.
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ACCOUNT, flatten, REGION, stackIn } from './synthesis';
import { keyUse } from '../../src/private/customer-managed-key';
import { secretArnPattern } from '../../src/private/secret-arn';

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const FULL_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:uploader-AbCdEf`;
const PARTIAL_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:uploader`;

test('a secret that is imported by its full ARN is named by it', () => {
  const stack = stackIn();
  const secret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', FULL_ARN);

  expect(secretArnPattern(secret)).toBe(FULL_ARN);
  expect(keyUse(secret, kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN)).conditions).toEqual({
    StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': FULL_ARN },
  });
});

test.each<[string, (stack: ReturnType<typeof stackIn>) => secretsmanager.ISecret]>([
  ['a partial ARN', (stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', PARTIAL_ARN)],
  ['name', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'uploader')],
])('a secret that is imported by %s is named by a pattern, which only StringLike understands', (_, imported) => {
  const stack = stackIn();
  const secret = imported(stack);

  expect(flatten(stack.resolve(secretArnPattern(secret))).replace('<AWS::Partition>', 'aws')).toBe(`${PARTIAL_ARN}-??????`);
  expect(keyUse(secret, kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN)).conditions).toEqual({
    StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` },
    StringLike: { 'kms:EncryptionContext:SecretARN': secretArnPattern(secret) },
  });
});
