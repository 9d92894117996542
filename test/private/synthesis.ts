/** What the template tests share: stacks to put a secret in, and short ways to look at what came out. */
import { App, Environment, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { IConstruct } from 'constructs';
import { IamKeySettings } from '../../src/private/settings';

export const ACCOUNT = '111111111111';
export const OTHER_ACCOUNT = '222222222222';
export const REGION = 'eu-west-1';

/** A stack whose account and region are known, unless told otherwise. */
export function stackIn(env: Environment | undefined = { account: ACCOUNT, region: REGION }, app: App = new App(), id = 'Stack'): Stack {
  return new Stack(app, id, { env });
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

interface CfnPolicyProperties {
  readonly PolicyDocument?: { readonly Statement: Statement[] };
  readonly ResourcePolicy?: { readonly Statement: Statement[] };
  readonly KeyPolicy?: { readonly Statement: Statement[] };
  readonly Roles?: unknown[];
  readonly Users?: unknown[];
}

/** The logical id of a construct's resource. */
export function logicalId(construct: IConstruct): string {
  const resource = construct.node.defaultChild ?? construct;
  return Stack.of(construct).resolve((resource as unknown as { logicalId: string }).logicalId);
}

/** All that a role or a user is allowed by its inline policies. */
export function statementsOf(template: Template, principal: IConstruct): Statement[] {
  const wanted = JSON.stringify({ Ref: logicalId(principal) });
  return policies(template)
    .filter(({ Roles = [], Users = [] }) => [...Roles, ...Users].some((one) => JSON.stringify(one) === wanted))
    .flatMap(({ PolicyDocument }) => PolicyDocument!.Statement);
}

/** All that the rotation function's role is allowed. */
export function rotationStatements(template: Template): Statement[] {
  return policies(template)
    .filter(({ Roles = [] }) => Roles.some((role) => JSON.stringify(role).includes('RotationRole')))
    .flatMap(({ PolicyDocument }) => PolicyDocument!.Statement);
}

function policies(template: Template): CfnPolicyProperties[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).map(({ Properties }) => Properties as CfnPolicyProperties);
}

/** The statements of the secret's own policy. */
export function secretPolicy(template: Template): Statement[] {
  return Object.values(template.findResources('AWS::SecretsManager::ResourcePolicy'))
    .flatMap(({ Properties }) => (Properties as CfnPolicyProperties).ResourcePolicy!.Statement);
}

/** The statements of the policy of the one key in a template. */
export function keyPolicy(template: Template): Statement[] {
  return Object.values(template.findResources('AWS::KMS::Key'))
    .flatMap(({ Properties }) => (Properties as CfnPolicyProperties).KeyPolicy!.Statement);
}

export function actionsOf(statements: Statement[]): string[] {
  return statements.flatMap(({ Action }) => Action).sort();
}

/** The logical id of the rotation function, which alone has settings. */
export function rotationFunctionIn(template: Template): string {
  const told = { Properties: { Environment: { Variables: { SETTINGS: Match.anyValue() } } } };
  const [id] = Object.keys(template.findResources('AWS::Lambda::Function', told));
  return id;
}

/** The settings that the rotation function gets, with references shown as `<LogicalId.Attribute>`. */
export function settingsOf<T = IamKeySettings>(template: Template): T {
  const rotationFunction = template.findResources('AWS::Lambda::Function')[rotationFunctionIn(template)];
  return JSON.parse(flatten(rotationFunction.Properties.Environment.Variables.SETTINGS));
}

/** A joined string in one piece. */
export function flatten(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const intrinsic = value as { 'Fn::Join'?: [string, unknown[]]; 'Ref'?: string; 'Fn::GetAtt'?: string[] };
  if (intrinsic['Fn::Join'] !== undefined) {
    const [separator, parts] = intrinsic['Fn::Join'];
    return parts.map(flatten).join(separator);
  }
  return `<${intrinsic.Ref ?? intrinsic['Fn::GetAtt']?.join('.') ?? JSON.stringify(value).replaceAll('"', "'")}>`;
}

/** The single resource of a type; `any`, as each type has its own properties, and what a test asks for is asserted anyway. */
export function only(template: Template, type: string): any {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}
