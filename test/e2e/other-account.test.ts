// The user and the role that is assumed are in another account than the secret and the function. The emulator keeps two accounts apart
// (users, roles and keys of the same name are others), asks the role's trust policy for the external id, and the caller's policy for AssumeRole.
import * as iam from 'aws-cdk-lib/aws-iam';
import { ByHand } from './by-hand';
import { ACCOUNT, Clients, Deployment, Emulator } from './harness';
import { reason } from './rotating-key';
import { RotationAuthority } from '../../src';

const OTHER_ACCOUNT = '222222222222';
const ROLE_ARN = `arn:aws:iam::${OTHER_ACCOUNT}:role/KeyAdministrator`;

let emulator: Emulator;
/** With the rights of the other account's root user. */
let other: Clients;
let made: ByHand;
let stack: Deployment;

function trust(principal: string, externalId: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole', Condition: { StringEquals: { 'sts:ExternalId': externalId } } }],
  });
}

async function trusts(principal: string, externalId = 'agreed'): Promise<void> {
  await other.iam.updateAssumeRolePolicy({ RoleName: 'KeyAdministrator', PolicyDocument: trust(principal, externalId) });
}

beforeAll(async () => {
  emulator = await Emulator.start();
  other = emulator.clientsFor({ accessKeyId: OTHER_ACCOUNT, secretAccessKey: 'test' });
  made = await ByHand.make(emulator, other);
  await other.iam.createRole({ RoleName: 'KeyAdministrator', AssumeRolePolicyDocument: trust(`arn:aws:iam::${ACCOUNT}:root`, 'agreed') });
  const Action = ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'].map((action) => `iam:${action}`);
  await other.iam.putRolePolicy({
    RoleName: 'KeyAdministrator', PolicyName: 'keys', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: made.userArn }] }),
  });
  await emulator.clients.iam.createUser({ UserName: made.name }); // a stranger, in the account of the function
  await emulator.clients.iam.createAccessKey({ UserName: made.name });
  stack = await made.takeOver((scope) => ({
    authority: RotationAuthority.assumedRole(iam.Role.fromRoleArn(scope, 'Assumed', ROLE_ARN), { externalId: 'agreed' }),
  }));
});
afterAll(async () => emulator.stop());

async function strangersKeys(): Promise<string[]> {
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: made.name });
  return AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId!);
}

test('the key of a user of another account is taken over as it is', async () => {
  expect(made.userArn).toContain(`:${OTHER_ACCOUNT}:user/robots/`);
  expect(await made.isUnchanged()).toBe(true);
  expect(await made.keys()).toEqual({ [made.keyId]: 'Active' });
});

test('it is rotated by the assumed role alone, and a user of the same name in the function\'s account is left alone', async () => {
  const strangers = await strangersKeys();
  await trusts(stack.outputs.RoleArn); // from now on the function's role alone
  expect(await stack.rotate(made.secretArn)).toMatchObject({ ok: true });
  expect(await made.identity()).toBe(made.userArn);
  expect(await made.keys()).toEqual({ [made.keyId]: 'Active', [(await made.current()).aws_access_key_id]: 'Active' });
  expect((await made.current()).bot).toBe('token');
  expect(await strangersKeys()).toEqual(strangers);
});

test('a previous key that nobody needs is retired there', async () => {
  const retired = await stack.retire(stack.outputs.FunctionName, made.keyId);
  expect(retired).toMatchObject({ payload: { ids: { removed: made.keyId } } });
  expect(Object.keys(await made.keys())).toEqual([(await made.current()).aws_access_key_id]);
});

test.each([
  ['asks for another external id', () => trusts(stack.outputs.RoleArn, 'another'), 'the role\'s trust policy must allow the function\'s execution role to assume it, with this external id'],
  ['does not trust the function\'s role', () => trusts(`arn:aws:iam::${ACCOUNT}:role/somebody-else`), 'the role\'s trust policy must allow the function\'s execution role to assume it'],
])('where the role %s the rotation says so, changes nothing, and succeeds once that is mended', async (_what, change, message) => {
  const [{ aws_access_key_id: before }, keys] = [await made.current(), await made.keys()];
  await change();
  const refused = await stack.rotate(made.secretArn);
  expect(refused.ok).toBe(false);
  expect(reason(refused)).toContain(`sts:AssumeRole on role ${ROLE_ARN} failed with AccessDenied`);
  expect(reason(refused)).toContain(message);
  expect((await made.current()).aws_access_key_id).toBe(before);
  expect(await made.keys()).toEqual(keys);

  await trusts(stack.outputs.RoleArn);
  expect(await stack.rotate(made.secretArn, refused.token)).toMatchObject({ ok: true });
  await stack.retireReplaced(stack.outputs.FunctionName, made.secretArn); // room for the next
});

test('a role that has no right on the user is named, with the rights that it needs', async () => {
  await other.iam.deleteRolePolicy({ RoleName: 'KeyAdministrator', PolicyName: 'keys' });
  const refused = await stack.rotate(made.secretArn);
  expect(reason(refused)).toContain(`role ${ROLE_ARN} needs iam:ListAccessKeys, CreateAccessKey`);
  expect(await made.identity()).toBe(made.userArn);
});
