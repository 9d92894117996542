import type { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { AccessKey, readAccessKey } from './access-key-value';
import type { AuthoritySettings, IamKeySettings } from '../../src/private/settings';
import { Advice, call } from '../protocol/aws-call';
import { failedWith, Refusal } from '../protocol/errors';

/** What a request is signed with. */
export interface Credentials extends AccessKey {
  readonly sessionToken?: string;
}

/** A client of IAM, and the same one sending no request twice: CreateAccessKey has no idempotency token. */
export interface IamClients {
  readonly iam: Pick<IAMClient, 'send'>;
  readonly once: Pick<IAMClient, 'send'>;
}

/** Clients that sign with an authority's credentials. */
export interface Connection extends IamClients {
  /** The key of the user itself that they sign with, if it is one. */
  readonly ownKeyId?: string;
}

/** Where credentials come from. */
export interface Sources {
  /** Signed by the execution role. */
  readonly ofRole: IamClients & { readonly sts: Pick<STSClient, 'send'> };
  readonly signedBy: (credentials: Credentials) => IamClients;
  /** The text of the rotated secret's current version. */
  readonly currentText: () => Promise<string>;
  /** The text of the current version of another secret. */
  readonly textOf: (secretArn: string) => Promise<string>;
}

/** Who calls IAM. */
export interface Authority {
  /** Finds the credentials; done when IAM is first needed, and once in an invocation. */
  readonly connect: () => Promise<Connection>;
  /** The way out when IAM refuses the caller, rather than what was asked. */
  readonly advise: Advice;
}

/** What IAM answers to a key that is gone, inactive or not known yet. */
export const UNKNOWN_CALLER = ['InvalidClientTokenId', 'SignatureDoesNotMatch'];

const RIGHTS = 'iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey, DeleteAccessKey and GetAccessKeyLastUsed';

/** Whose credentials call IAM, by the settings. */
export function authorityOf(settings: IamKeySettings, sources: Sources): Authority {
  const { authority, userName } = settings;
  switch (authority.kind) {
    case 'executionRole':
      return { connect: async () => sources.ofRole, advise: () => undefined };
    case 'ownKey':
      return {
        connect: async () => {
          const key = ownKey(await sources.currentText(), settings);
          return { ...sources.signedBy(key), ownKeyId: key.accessKeyId };
        },
        advise: (code) => {
          if (UNKNOWN_CALLER.includes(code)) {
            return 'the key in the secret is gone or inactive, and with RotationAuthority.ownKey() no other can call IAM: activate it, or let an administrator '
              + `make a key for user "${userName}" and put it into the secret; or deploy with another authority`;
          }
          return isDenied(code) ? `user "${userName}" needs ${RIGHTS} on itself: the construct gave it a policy, look for what takes it away` : undefined;
        },
      };
    case 'adminSecret':
      return {
        connect: async () => sources.signedBy(adminKey(await administratorsText(sources, authority), authority)),
        advise: (code) => {
          if (UNKNOWN_CALLER.includes(code)) return `the administrator's key in secret ${authority.secretArn} is gone or inactive: put a working one there`;
          return isDenied(code) ? `the administrator whose key is in secret ${authority.secretArn} needs ${RIGHTS} on user "${userName}"` : undefined;
        },
      };
    case 'assumedRole':
      return {
        connect: async () => sources.signedBy(await assume(authority, sources.ofRole.sts)),
        advise: (code) => (isDenied(code) ? `role ${authority.roleArn} needs ${RIGHTS} on user "${userName}"` : undefined),
      };
  }
}

function ownKey(text: string, settings: IamKeySettings): AccessKey {
  const key = readAccessKey(text, settings);
  if (key) return key;
  throw new Refusal('with RotationAuthority.ownKey() the secret must hold a key of its user already, and it holds none: put one into it, '
    + 'or deploy with RotationAuthority.executionRole() first, which makes one');
}

/** That this secret is gone must not be taken for the end of the rotated one. */
async function administratorsText({ textOf }: Sources, { secretArn }: AuthoritySettings & { kind: 'adminSecret' }): Promise<string> {
  try {
    return await textOf(secretArn);
  } catch (error) {
    const isMarked = failedWith(error, 'InvalidRequestException') && error.message.includes('for deletion');
    if (!isMarked && !failedWith(error, 'ResourceNotFoundException')) throw error;
    throw new Refusal(`the administrator's secret ${secretArn} ${isMarked ? 'is marked for deletion' : 'does not exist (any more)'}, and without it nothing `
      + 'can call IAM: restore it (aws secretsmanager restore-secret), or deploy with another authority first');
  }
}

function adminKey(text: string, { secretArn, fields }: AuthoritySettings & { kind: 'adminSecret' }): AccessKey {
  // Whose key it is, is not written down; only the two fields count.
  const key = readAccessKey(text, { userName: '', fields: { accessKeyId: fields.accessKeyId, secretAccessKey: fields.secretAccessKey }, otherPresets: [] });
  if (key) return key;
  throw new Refusal(`the administrator's secret ${secretArn} has no fields "${fields.accessKeyId}" and "${fields.secretAccessKey}": `
    + 'put an access key into them, or name the fields it has in RotationAuthority.adminSecret()');
}

async function assume({ roleArn, externalId }: AuthoritySettings & { kind: 'assumedRole' }, sts: Pick<STSClient, 'send'>): Promise<Credentials> {
  const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'cdk-iam-key-rotation', ExternalId: externalId, DurationSeconds: 900 });
  const { Credentials: given } = await call('sts:AssumeRole', `role ${roleArn}`, () => sts.send(command), (code) => (isDenied(code)
    ? `the role's trust policy must allow the function's execution role to assume it${externalId === undefined ? '' : ', with this external id'}` : undefined));
  return { accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken };
}

function isDenied(code: string): boolean {
  return code.startsWith('AccessDenied');
}
