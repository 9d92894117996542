/** What a secret holds before its first credential. */
import { Stack, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { PLACEHOLDER_FIELD } from './settings';

/** Must never change, and no prop may reach it: a change of this block makes CloudFormation overwrite the live value (aws-cdk #19985). */
export const PLACEHOLDER: secretsmanager.SecretStringGenerator = {
  secretStringTemplate: '{}',
  generateStringKey: PLACEHOLDER_FIELD,
};

/** Throws if a property injector for `Secret`, which also reaches derived classes, has changed the first value. */
export function assertPlaceholder(secret: secretsmanager.Secret): void {
  const resource = secret.node.defaultChild as secretsmanager.CfnSecret;
  const rendered = Stack.of(secret).resolve(resource.generateSecretString) ?? {};
  const isFrozen = Object.keys(rendered).length === Object.keys(PLACEHOLDER).length
    && Object.entries(PLACEHOLDER).every(([key, value]) => rendered[key] === value);
  if (!isFrozen) {
    const found = Token.isUnresolved(rendered) ? 'a token' : JSON.stringify(Object.keys(rendered));
    throw new Error(`'generateSecretString' of ${secret.node.path} must be as this construct sets it, got: other properties or values (${found}). `
      + 'Exclude this secret from the property injector for Secret: the change would overwrite the live value.');
  }
}
