/** What a secret holds before its first key. */
import { Stack, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { PLACEHOLDER_FIELD } from './settings';

/**
 * Frozen for ever, and out of reach of every prop: a change of this block makes CloudFormation write a new value over the live key
 * (aws-cdk #19985).
 */
export const PLACEHOLDER: secretsmanager.SecretStringGenerator = {
  secretStringTemplate: '{}',
  generateStringKey: PLACEHOLDER_FIELD,
};

/** A property injector for `Secret` reaches classes that extend it, too: whatever it did, the first value must be the placeholder. */
export function assertPlaceholder(secret: secretsmanager.Secret): void {
  const resource = secret.node.defaultChild as secretsmanager.CfnSecret;
  const rendered = Stack.of(secret).resolve(resource.generateSecretString) ?? {};
  const isFrozen = Object.keys(rendered).length === Object.keys(PLACEHOLDER).length
    && Object.entries(PLACEHOLDER).every(([key, value]) => rendered[key] === value);
  if (!isFrozen) {
    const found = Token.isUnresolved(rendered) ? 'a token' : JSON.stringify(Object.keys(rendered));
    throw new Error(`'generateSecretString' of ${secret.node.path} must stay as this construct sets it, got a block with other properties or values (${found}): `
      + 'a change would overwrite the live key. If a property injector for Secret sets it, let it skip this secret');
  }
}
