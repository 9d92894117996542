/** The kind of credential that is a set of random values. */
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
 * Lambda limits the whole environment to 4 KB. It measures the environment as JSON, so each quotation mark of the settings counts twice. The
 * remaining 1 KB is for two ARNs and 100 bytes around them: up to 590 bytes for the secret, whose name has up to 512 characters, and up to 260 bytes
 * for a check function with its alias.
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

/** The check function reads the first value, so the grant must exist before that. An imported function may have no role to grant to. */
function letRead(checkFunction: lambda.IFunction, { owner, secret }: KindContext): IDependable[] {
  if (checkFunction.role === undefined) {
    Annotations.of(owner).addWarningV2('cdk-iam-key-rotation:RandomValueRotation.checkFunction',
      "'checkFunction' is imported without its role. If it reads the secret, grant it read access yourself, before the first values are checked.");
    return [];
  }
  const grant = grantRead(secret, checkFunction);
  return grant.success ? [grant] : [];
}

function checkFields(owner: Construct, fields: Record<string, RandomValue>): void {
  const where = `'fields' of ${owner.node.path}`;
  const names = Object.keys(fields);
  if (names.length === 0) {
    throw new Error(`${where} must contain at least one field, got: none. For instance: { session_secret_key: RandomValue.characters(32) }`);
  }
  if (names.includes('')) throw new Error(`${where} must have names that are not empty, got: ''. Use a name such as 'session_secret_key'.`);
  if (names.includes(PLACEHOLDER_FIELD)) {
    throw new Error(`${where} must not contain '${PLACEHOLDER_FIELD}', which is the field of a secret that has no value yet. Choose another name.`);
  }
  const secretBytes = '{}'.length + sum(Object.entries(fields).map(([name, value]) => jsonBytes(name) + value._maxBytes() + ':"",'.length));
  if (secretBytes > LARGEST_SECRET_BYTES) {
    throw new Error(`${where} must fit into ${LARGEST_SECRET_BYTES} bytes, the maximum size of a secret, got: ${secretBytes}. `
      + 'Shorten the values, or use two secrets.');
  }
  const settingsBytes = jsonBytes(JSON.stringify(renderFields(fields)));
  if (settingsBytes > LARGEST_SETTINGS_BYTES) {
    throw new Error(`${where} must fit into ${LARGEST_SETTINGS_BYTES} bytes of Lambda's environment, got: ${settingsBytes}. `
      + 'Use fewer or shorter names, smaller sets of characters, hex or Base64, or two secrets.');
  }
}

function renderFields(fields: Record<string, RandomValue>): RandomValueRotationSettings['fields'] {
  return Object.entries(fields).map(([name, value]) => ({ name, value: value._render() }));
}

/** The size of a value as JSON. A name that is a token counts as the text of the token. */
function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
