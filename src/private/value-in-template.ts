/** A secret that is taken over, and whose value a template of the app gives: CloudFormation writes it when it changes, over the live one. */
import { Annotations, AspectPriority, Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { identityOf, identityOfResource, isSame } from './secret-identity';

/** Fails the synthesis if the app gives the secret a value, and warns if it has one generated. */
export function refuseValueInTemplate(construct: Construct, secret: secretsmanager.ISecret): void {
  const identity = identityOf(secret, construct);
  // Looked for at the end: a resource of the same name may be made later.
  const resources = () => construct.node.root.node.findAll()
    .filter((node): node is secretsmanager.CfnSecret => node instanceof secretsmanager.CfnSecret && isSame(identityOfResource(node), identity));

  construct.node.addValidation({
    validate: () => resources().filter(hasValue).map(({ node }) => `the secret has a value in the template, ${node.path}: CloudFormation would write `
      + 'it over the live one at its next change. Retain the secret, take it out of the app, and import it by its name'),
  });
  Aspects.of(construct).add({
    visit: (node) => {
      if (node !== construct) return;
      for (const resource of resources().filter(isGenerated)) {
        Annotations.of(construct).addWarningV2('cdk-iam-key-rotation:IamKeyRotation.generateSecretString',
          `the secret is made with 'generateSecretString', ${resource.node.path}: CloudFormation would write a new value over the live one as soon `
          + 'as anything in it changes or it is removed, leave it as it is for ever');
      }
    },
  }, { priority: AspectPriority.READONLY });
}

function hasValue(resource: secretsmanager.CfnSecret): boolean {
  const overrides = overridesOf(resource);
  return (Object.hasOwn(overrides, 'SecretString') ? overrides.SecretString : resource.secretString) !== undefined;
}

/** CDK's `Secret` always has the block: without settings it writes nothing. */
function isGenerated(resource: secretsmanager.CfnSecret): boolean {
  const overrides = overridesOf(resource);
  if (Object.hasOwn(overrides, 'GenerateSecretString') && overrides.GenerateSecretString === undefined) return false;
  const settings = { ...Stack.of(resource).resolve(resource.generateSecretString), ...overrides.GenerateSecretString as object | undefined };
  return Object.values(settings).some((value) => value !== undefined);
}

/** What `addPropertyOverride` has set; what it has taken out is there without a value. */
function overridesOf(resource: CfnResource): Record<string, unknown> {
  return (resource as unknown as { rawOverrides?: { Properties?: Record<string, unknown> } }).rawOverrides?.Properties ?? {};
}
