/** The keys of the user in IAM, and what STS knows of them. */
import { MINUTE, SECOND } from './history';
import type { Process } from './process';
import { ServiceError } from './service-error';
import { ACCOUNT, ADMIN_KEY_ID, USER } from './settings';
import type { Timeline } from './timeline';
import type { Watch } from './world';
import type { IamKeySettings } from '../../src/private/settings';

/** IAM publishes a use so late. */
export const USE_LAG = 15 * MINUTE;
/** So long a key that was deactivated or deleted may still answer. */
const FORGET_MILLIS = 5 * SECOND;

export type Status = 'active' | 'inactive' | 'deleted';
export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly maker: 'function' | 'person';
  readonly madeAt: number;
  /** What became of it, in order. */
  readonly changes: Array<{ at: number; status: Status; by: 'function' | 'person' }>;
  /** When somebody used it, in order: moments of our own tests, and spans of consumers and people. */
  readonly uses: Array<{ from: number; to?: number; test: boolean }>;
  /** It was handed out, and since when it is not any more. */
  wasCurrent: boolean;
  leftAt?: number;
}
export class UserKeys {
  public readonly keys = new Map<string, Key>();

  public constructor(
    private readonly time: Timeline, private readonly settings: IamKeySettings, private readonly propagationMillis: number,
    private readonly watch: () => Watch,
  ) {}

  public statusAt(key: Key, time: number): Status | undefined {
    return key.changes.filter(({ at }) => at <= time).at(-1)?.status;
  }

  public status(key: Key): Status {
    return key.changes[key.changes.length - 1].status;
  }

  public living(): Key[] {
    return [...this.keys.values()].filter((key) => this.status(key) !== 'deleted');
  }

  public makeKey(maker: Key['maker']): Key {
    const id = `AKIA${String(this.time.next()).padStart(16, '0')}`;
    const changes: Key['changes'] = [{ at: this.time.now, status: 'active', by: maker }];
    const key: Key = { id, secret: `secret-of-${id}`, maker, madeAt: this.time.now, changes, uses: [], wasCurrent: false };
    this.keys.set(id, key);
    this.time.tell(`${maker} makes ${id}`);
    return key;
  }

  public change(key: Key, status: Status, by: Key['maker']): void {
    key.changes.push({ at: this.time.now, status, by });
    this.time.tell(`${by} makes ${key.id} ${status}`);
    if (status === 'active') return;
    for (const use of key.uses) use.to ??= this.time.now;
  }

  /** The secret has another current key, or the same in another version. */
  public handOut(before: string | undefined, now: string | undefined): void {
    const [old, current] = [this.keys.get(before ?? ''), this.keys.get(now ?? '')];
    if (old && before !== now) old.leftAt = this.time.now;
    if (current) {
      current.wasCurrent = true;
      current.leftAt = undefined;
    }
  }

  /** Whether all of AWS knows a key. Until then STS answers now so, now so, and at first not at all. */
  public isKnownEverywhere(key: Key): boolean {
    return key.maker === 'person' || this.time.now >= key.madeAt + this.propagationMillis;
  }

  private isKnown(key: Key, process: Process): boolean {
    return this.isKnownEverywhere(key) || (this.time.now >= key.madeAt + this.propagationMillis / 2 && process.triesOfNewKey++ % 2 === 0);
  }

  private works(key: Key, process: Process): boolean {
    return this.isKnown(key, process) && this.statusAt(key, Math.max(key.madeAt, this.time.now - FORGET_MILLIS)) === 'active';
  }

  /** Nobody but whom the settings name calls IAM, and a key of the user only while it works; that is a use of it. */
  public mayCallIam(process: Process, by: string | undefined): void {
    const names = { executionRole: undefined, ownKey: by, adminSecret: ADMIN_KEY_ID, assumedRole: 'assumed' };
    const { kind } = this.settings.authority;
    if (by !== names[kind] || (kind === 'ownKey' && by === undefined)) throw new Error(`${by} calls IAM, but the authority is ${kind}`);
    if (kind !== 'ownKey') return;
    const key = this.keys.get(by!);
    if (!key || !this.works(key, process)) throw new ServiceError('InvalidClientTokenId');
    key.uses.push({ from: this.time.now, to: this.time.now, test: false });
  }

  /** When it was last used, up to a time; our own tests of a new key do not count. */
  public usedUpTo(key: Key, time: number): number | undefined {
    const moments = key.uses.filter(({ from, test }) => !test && from <= time).map(({ to }) => Math.min(to ?? time, time));
    return moments.length > 0 ? Math.max(...moments) : undefined;
  }

  /**
   * What IAM and STS answer.
   * @param time a read is of then.
   * @param by the key that the request is signed with.
   */
  public answer(action: string, input: Record<string, any> /* each action has its own */, time: number, process: Process, by?: string): unknown {
    if (action.includes('AccessKey')) this.mayCallIam(process, by);
    switch (action) {
      case 'AssumeRole':
        return { Credentials: { AccessKeyId: 'assumed', SecretAccessKey: 'secret-of-role', SessionToken: 'secret-of-session' } };
      case 'ListAccessKeys': {
        process.listedAt = time;
        const keys = [...this.keys.values()].map((key) => ({ key, status: this.statusAt(key, time) }))
          .filter(({ status }) => status && status !== 'deleted');
        for (const { key, status } of keys) if (status === 'inactive') process.off.set(key.id, this.time.now);
        return {
          AccessKeyMetadata: keys.map(({ key, status }) => ({
            AccessKeyId: key.id, Status: status === 'active' ? 'Active' : 'Inactive', CreateDate: new Date(Math.floor(key.madeAt / SECOND) * SECOND),
          })),
        };
      }
      case 'CreateAccessKey': {
        if (this.living().length >= 2) throw new ServiceError('LimitExceededException');
        this.watch().beforeKeyIsMade(process);
        const key = this.makeKey('function');
        return { AccessKey: { AccessKeyId: key.id, SecretAccessKey: key.secret } };
      }
      case 'UpdateAccessKey':
      case 'DeleteAccessKey': {
        const key = this.keys.get(input.AccessKeyId);
        if (!key || this.status(key) === 'deleted') throw new ServiceError('NoSuchEntityException');
        const to: Status = action === 'DeleteAccessKey' ? 'deleted' : input.Status === 'Active' ? 'active' : 'inactive';
        this.watch().beforeKeyChange(key, to, process);
        if (to === 'inactive') process.off.set(key.id, this.time.now);
        this.change(key, to, 'function');
        return {};
      }
      case 'GetAccessKeyLastUsed': {
        const key = this.keys.get(input.AccessKeyId)!;
        const known = this.time.now - USE_LAG;
        const published = key.uses.filter(({ from }) => from <= known).map(({ to, test }) => ({ at: Math.min(to ?? Infinity, known), test }));
        const last = published.sort((a, b) => a.at - b.at).at(-1);
        return { AccessKeyLastUsed: last ? { LastUsedDate: new Date(last.at), ServiceName: last.test ? 'sts' : 's3' } : { ServiceName: 'N/A' } };
      }
      case 'GetCallerIdentity': {
        const key = this.keys.get(by ?? '');
        if (!key || !this.works(key, process)) throw new ServiceError('InvalidClientTokenId');
        key.uses.push({ from: this.time.now, to: this.time.now, test: true });
        return { Arn: `arn:aws:iam::${ACCOUNT}:user/${USER}` };
      }
      default:
        throw new Error(`the model does not know ${action}`);
    }
  }
}
