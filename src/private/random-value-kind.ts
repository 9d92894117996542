/** Random values, as a kind of credential. */
import { Annotations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, IDependable } from 'constructs';
import { bundledCode } from './bundled-code';
import { grantRead } from './grants';
import { KindContext, RotationKind } from './rotation-kind';
import { LARGEST_SECRET_BYTES, PLACEHOLDER_FIELD, RandomValueRotationSettings } from './settings';
import { RandomValue } from '../random-value';
import { RandomValueRotationOptions } from '../random-value-rotation-options';

/**
 * Lambda allows 4 KB for all of an environment, and measures it as JSON, so that each quotation mark of the settings counts twice. What is
 * kept back is for two ARNs and 100 bytes around them: of the secret, whose name has up to 512 characters, up to 590 bytes, and of a check
 * function with its alias up to 260.
 */
const LARGEST_SETTINGS_BYTES = 3_072;

export function randomValueKind({ fields, checkFunction }: RandomValueRotationOptions): RotationKind {
  return {
    bind(context) {
      checkFields(context.owner, fields);
      return {
        settings: {
          kind: 'random-value',
          secretArn: context.secret.secretArn,
          fields: renderFields(fields),
          checkFunctionArn: checkFunction?.functionArn,
        },
        description: 'Rotates random values in Secrets Manager',
        code: bundledCode('random-value.lambda'),
        resourceType: 'Custom::RandomValueRotationFirstValue',
        ...checkFunction && {
          statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [checkFunction.functionArn] })],
          dependables: letRead(checkFunction, context),
        },
      };
    },
  };
}

/** The check function reads the first value, so its right must exist before that. An imported function may have no role to grant it to. */
function letRead(checkFunction: lambda.IFunction, { owner, secret }: KindContext): IDependable[] {
  if (checkFunction.role === undefined) {
    Annotations.of(owner).addWarningV2('cdk-iam-key-rotation:RandomValueRotation.checkFunction',
      "'checkFunction' is imported without its role: let it read the secret yourself, before the first values are checked, if it does so");
    return [];
  }
  const grant = grantRead(secret, checkFunction);
  return grant.success ? [grant] : [];
}

function checkFields(owner: Construct, fields: Record<string, RandomValue>): void {
  const where = `'fields' of ${owner.node.path}`;
  const names = Object.keys(fields);
  if (names.length === 0) throw new Error(`${where} must name at least one field, got none: { session_secret_key: RandomValue.characters(32) }`);
  if (names.includes('')) throw new Error(`${where} must not have the name '': a field needs one, such as 'session_secret_key'`);
  if (names.includes(PLACEHOLDER_FIELD)) {
    throw new Error(`${where} must not have the name '${PLACEHOLDER_FIELD}': what a new secret holds is called so, choose another one`);
  }
  const secretBytes = '{}'.length + sum(Object.entries(fields).map(([name, value]) => jsonBytes(name) + value._maxBytes() + ':"",'.length));
  if (secretBytes > LARGEST_SECRET_BYTES) {
    throw new Error(`${where} must fit into ${LARGEST_SECRET_BYTES} bytes, which is what a secret holds, got: ${secretBytes}: make the values shorter, or use two secrets`);
  }
  const settingsBytes = jsonBytes(JSON.stringify(renderFields(fields)));
  if (settingsBytes > LARGEST_SETTINGS_BYTES) {
    throw new Error(`${where} must be told to the function in ${LARGEST_SETTINGS_BYTES} bytes, as Lambda's environment holds no more, got: ${settingsBytes}: `
      + 'use fewer or shorter names, smaller sets of characters, hex or Base64, or two secrets');
  }
}

function renderFields(fields: Record<string, RandomValue>): RandomValueRotationSettings['fields'] {
  return Object.entries(fields).map(([name, value]) => ({ name, value: value._render() }));
}

/** How many bytes something takes as JSON; a name that is known at deployment only counts as what CDK writes for it. */
function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
