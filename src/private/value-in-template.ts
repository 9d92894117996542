/** An existing secret whose value stands in a template of the app: when that value changes, CloudFormation overwrites the live one. */
import { Annotations, AspectPriority, Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { identityOf, identityOfResource, isSame } from './secret-identity';

/** Fails the synthesis if the template contains the secret's value, and warns if CloudFormation generates the value. */
export function refuseValueInTemplate(construct: Construct, secret: secretsmanager.ISecret): void {
  const identity = identityOf(secret, construct);
  // Evaluated at the end of the synthesis, because a resource of the same name may be created later.
  const resources = () => construct.node.root.node.findAll()
    .filter((node): node is secretsmanager.CfnSecret => node instanceof secretsmanager.CfnSecret && isSame(identityOfResource(node), identity));

  construct.node.addValidation({
    validate: () => resources().filter(hasValue).map(({ node }) => `the secret must not have a value in the template, got: ${node.path}. `
      + 'CloudFormation would overwrite the live value at the next change of the resource. Retain the secret, remove it from the app, and import '
      + 'it by its name.'),
  });
  Aspects.of(construct).add({
    visit: (node) => {
      if (node !== construct) return;
      for (const resource of resources().filter(isGenerated)) {
        Annotations.of(construct).addWarningV2('cdk-iam-key-rotation:IamKeyRotation.generateSecretString',
          `never change or remove 'generateSecretString' of the secret, ${resource.node.path}. CloudFormation would overwrite the live value with a new one.`);
      }
    },
  }, { priority: AspectPriority.READONLY });
}

function hasValue(resource: secretsmanager.CfnSecret): boolean {
  const overrides = overridesOf(resource);
  return (Object.hasOwn(overrides, 'SecretString') ? overrides.SecretString : resource.secretString) !== undefined;
}

/** CDK's `Secret` always has the block. Without settings it generates nothing. */
function isGenerated(resource: secretsmanager.CfnSecret): boolean {
  const overrides = overridesOf(resource);
  if (Object.hasOwn(overrides, 'GenerateSecretString') && overrides.GenerateSecretString === undefined) return false;
  const settings = { ...Stack.of(resource).resolve(resource.generateSecretString), ...overrides.GenerateSecretString as object | undefined };
  return Object.values(settings).some((value) => value !== undefined);
}

/** The properties set by `addPropertyOverride`. Those it has deleted are present and undefined. */
function overridesOf(resource: CfnResource): Record<string, unknown> {
  return (resource as unknown as { rawOverrides?: { Properties?: Record<string, unknown> } }).rawOverrides?.Properties ?? {};
}
