/** A secret has one rotation, and nothing else writes its value: whatever in the app goes around the construct is refused. */
import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';

/** Fails the synthesis if the secret has a schedule that is no child of the construct, or is attached to anything. */
export function claimSecret(construct: Construct, secret: secretsmanager.ISecret): void {
  construct.node.addValidation({
    validate: () => construct.node.root.node.findAll().flatMap((other) => {
      if (other.node.scope !== construct && other instanceof secretsmanager.CfnRotationSchedule && isSame(other.secretId, other, secret)) {
        return [`the secret has a second rotation schedule, ${other.node.path}: a secret has one rotation, remove that schedule, and use the 'schedule' prop`];
      }
      if (other instanceof secretsmanager.CfnSecretTargetAttachment && isSame(other.secretId, other, secret)) {
        return [`the secret is attached to a target, ${other.node.path}: CloudFormation would write into the live value, remove that attachment`];
      }
      return [];
    }),
  });
}

function isSame(secretId: string, scope: IConstruct, secret: secretsmanager.ISecret): boolean {
  const resource = secret.node.defaultChild;
  if (resource !== undefined) {
    return Tokenization.reverseString(secretId).tokens.some((token) => Reference.isReference(token) && token.target === resource);
  }
  const stack = Stack.of(scope);
  return JSON.stringify(stack.resolve(secretId)) === JSON.stringify(stack.resolve(secret.secretArn));
}
