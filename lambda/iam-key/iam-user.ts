import {
  CreateAccessKeyCommand, DeleteAccessKeyCommand, GetAccessKeyLastUsedCommand, ListAccessKeysCommand, StatusType, UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { AccessKey } from './access-key-value';
import { Authority, Connection, IamClients, UNKNOWN_CALLER } from './authority';
import { Advice, call, DENIED } from '../protocol/aws-call';
import { failedWith, RotationError } from '../protocol/errors';

/** An access key in IAM's list. */
export interface ListedKey {
  readonly id: string;
  readonly active: boolean;
  /** In whole seconds. */
  readonly createdAt: Date;
}

/** The last use of a key, as far as IAM has published it. */
export interface LastUse {
  readonly at?: Date;
  readonly service?: string;
}

/** The access keys of one IAM user. */
export class IamUser {
  private connection?: Promise<Connection>;
  private ownKeyId?: string;

  constructor(private readonly authority: Authority, public readonly name: string) {}

  /** The key of this user that has called IAM, if the authority is such a key; undefined if IAM does not know it (any more). */
  public get callingKeyId(): string | undefined {
    return this.ownKeyId;
  }

  /** The next call finds its credentials anew. */
  public disconnect(): void {
    this.connection = undefined;
    this.ownKeyId = undefined;
  }

  public async keys(): Promise<ListedKey[]> {
    const keys: ListedKey[] = [];
    let Marker: string | undefined;
    do {
      const page = await this.call('ListAccessKeys', ({ iam }) => iam.send(new ListAccessKeysCommand({ UserName: this.name, Marker })));
      for (const key of page.AccessKeyMetadata ?? []) {
        keys.push({ id: key.AccessKeyId!, active: key.Status === StatusType.Active, createdAt: key.CreateDate ?? new Date(0) });
      }
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker);
    return keys;
  }

  public async createKey(): Promise<AccessKey> {
    const { AccessKey: key } = await this.call('CreateAccessKey', ({ once }) => once.send(new CreateAccessKeyCommand({ UserName: this.name })));
    if (!key?.AccessKeyId || !key.SecretAccessKey) throw new RotationError(`iam:CreateAccessKey for user ${this.name} answered without a key`);
    return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
  }

  /** When and by what service the key was last used, as far as IAM has published it. Undefined if the key is gone. */
  public async lastUse(id: string): Promise<LastUse | undefined> {
    const answer = await this.unlessGone('GetAccessKeyLastUsed', ({ iam }) => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: id })));
    return answer && { at: answer.AccessKeyLastUsed?.LastUsedDate, service: answer.AccessKeyLastUsed?.ServiceName };
  }

  /** False if there is no such key. */
  public async setActive(id: string, active: boolean): Promise<boolean> {
    const Status = active ? StatusType.Active : StatusType.Inactive;
    const command = new UpdateAccessKeyCommand({ UserName: this.name, AccessKeyId: id, Status });
    return await this.unlessGone('UpdateAccessKey', ({ iam }) => iam.send(command)) !== undefined;
  }

  /** False if there is no such key. */
  public async deleteKey(id: string): Promise<boolean> {
    const command = new DeleteAccessKeyCommand({ UserName: this.name, AccessKeyId: id });
    return await this.unlessGone('DeleteAccessKey', ({ iam }) => iam.send(command)) !== undefined;
  }

  private async unlessGone<T>(action: string, send: (clients: IamClients) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call(action, send);
    } catch (error) {
      if (failedWith(error, 'NoSuchEntityException')) return undefined;
      throw error;
    }
  }

  private async call<T>(action: string, send: (clients: IamClients) => Promise<T>): Promise<T> {
    const clients = await (this.connection ??= this.authority.connect());
    this.ownKeyId = clients.ownKeyId;
    try {
      return await call(`iam:${action}`, `user ${this.name}`, () => send(clients), (code, said) => this.advise(code, said));
    } catch (error) {
      if (failedWith(error, ...UNKNOWN_CALLER)) this.disconnect(); // the secret may hold another key by now
      throw error;
    }
  }

  /** Of a user that is gone IAM knows no ARN, so a policy that names one user does not cover it: who has no more than that is denied access. */
  private advise(code: string, said: string): string | undefined {
    const advice = ADVICE(code, said) ?? this.authority.advise(code, said);
    return code.startsWith('AccessDenied') ? `${advice ?? DENIED}; or ${GONE}` : advice;
  }
}

const GONE = 'the user does not exist (any more): create it again under the same name, or remove the rotation';

const ADVICE: Advice = (code) => {
  switch (code) {
    case 'NoSuchEntityException':
      return GONE;
    case 'LimitExceededException':
      return 'another key was made meanwhile: delete the one that is not needed; a user can have two';
    default:
      return undefined;
  }
};
