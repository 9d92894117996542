/**
 * IAM and STS in memory, as far as the rotation function calls them, beside a secret of `fake-secret.ts`.
 *
 * Simulated: the limit of two keys, whole-second dates, pages of two keys, and lists that are late.
 */
import { randomBytes } from 'node:crypto';
import { ACCOUNT, clientOf, DAY, FakeSecret, SECOND, SECRET_ARN, Send, ServiceError, TIMEOUT_MILLIS } from './fake-secret';
import { Clients, handle } from '../../lambda/handler';
import type { Outcome } from '../../lambda/protocol/rotation';
import { ALIASES, IamKeySettings } from '../../src/private/settings';

export { ACCOUNT, DAY, Died, FUNCTION_ARN, GRACE, HOUR, SECOND, SECRET_ARN } from './fake-secret';
export type { FakeVersion, Fault } from './fake-secret';

export const USER = 'uploader';
export const ADMIN_SECRET_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:admin-GhIjKl`;
export const ADMIN_KEY = { accesskey: 'AKIAADMINADMINADMIN1', secretkey: 'the-admin-secret' };
export const ASSUMED = 'ASIAASSUMEDASSUMED11';

export interface FakeKey {
  readonly id: string;
  readonly secret: string;
  readonly user: string;
  active: boolean;
  createdAt: number;
  lastUsedAt?: number;
  /** What it was used for last; 's3' if the test does not say. */
  lastUsedFor?: string;
  /** Until then STS does not know it. */
  knownFrom: number;
}

export class FakeAws extends FakeSecret<Clients> {
  /** A secret with its first key, one day old. */
  public static async withFirstKey(settings: Partial<IamKeySettings> = {}): Promise<FakeAws> {
    const aws = new FakeAws(settings);
    if (await aws.request('Create') !== 'SUCCESS') throw new Error(`no first key: ${aws.answer?.Reason}`);
    aws.pass(DAY);
    aws.calls.length = 0;
    aws.log.length = 0;
    return aws;
  }

  public declare settings: IamKeySettings;
  public readonly keys = new Map<string, FakeKey>();
  public userExists = true;
  /** How long STS does not know a new key. */
  public propagationMillis = 0;
  /** ListAccessKeys still shows these, for so many calls. */
  public late?: { key: FakeKey; times: number };
  public adminText?: string = JSON.stringify(ADMIN_KEY);
  /** Whose credentials have called IAM. */
  public readonly iamCallers = new Set<string>();
  public readonly assumed: Array<{ RoleArn: string; ExternalId?: string }> = [];
  protected readonly handle = handle;

  constructor(settings: Partial<IamKeySettings> = {}) {
    super({
      kind: 'iam-key',
      secretArn: SECRET_ARN,
      userName: USER,
      userArn: `arn:aws:iam::${ACCOUNT}:user/robots/${USER}`,
      ownsUser: false,
      fields: { accessKeyId: 'aws_access_key_id', secretAccessKey: 'aws_secret_access_key' },
      otherPresets: [{ accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn' }],
      authority: { kind: 'executionRole' },
      previousKey: { overlapSeconds: 7 * 86_400, evenIfInUse: false, isForAdministrator: false },
      unrecordedKey: 'reclaimUnused',
      intervalSeconds: 30 * 86_400,
      timeoutSeconds: TIMEOUT_MILLIS / 1000,
      propagation: { answers: 3, pauseMillis: 2000 },
      ...settings,
    } satisfies IamKeySettings);
  }

  /** What EventBridge Scheduler, or a person, sends. */
  public async retire(Action: 'retireDue' | 'retire', KeyId?: string): Promise<Outcome> {
    return (await this.invoke({ Action, KeyId }, Action === 'retire' ? ALIASES.retirement : undefined))!;
  }

  /** A person makes a key. */
  public makeKey(overrides: Partial<FakeKey> = {}): FakeKey {
    const key: FakeKey = {
      id: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secret: randomBytes(20).toString('hex'),
      user: USER,
      active: true,
      createdAt: Math.floor(this.now / SECOND) * SECOND,
      knownFrom: this.now + this.propagationMillis,
      ...overrides,
    };
    this.keys.set(key.id, key);
    return key;
  }

  /** The id of the key in the version with this label. */
  public keyId(label: string): string | undefined {
    const text = this.text(label);
    return text === undefined ? undefined : JSON.parse(text)[this.settings.fields.accessKeyId];
  }

  public keyIds(): string[] {
    return [...this.keys.keys()];
  }

  protected secrets(): string[] {
    return [...[...this.keys.values()].map(({ secret }) => secret), 'the-admin-secret', 'the-assumed-secret', 'the-session-token'];
  }

  protected clientsWith(send: Send): Clients {
    return {
      secretsManager: clientOf(send),
      iam: clientOf(send),
      sts: clientOf(send),
      iamWith: (credentials) => ({ iam: clientOf(send, false, credentials), once: clientOf(send, true, credentials) }),
      once: { secretsManager: clientOf(send, true), iam: clientOf(send, true) },
      stsFor: (key) => clientOf(send, false, key),
    };
  }

  protected textOfAnother(secretId: string): string | undefined {
    return secretId === ADMIN_SECRET_ARN ? this.adminText : undefined;
  }

  // ---- IAM and STS

  /** IAM answers the one whom the settings let call, with a key that works. */
  protected authorize(action: string, accessKeyId: string | undefined): void {
    if (!action.includes('AccessKey')) return;
    this.iamCallers.add(accessKeyId ?? 'execution role');
    if (accessKeyId === undefined || accessKeyId === ASSUMED || accessKeyId === ADMIN_KEY.accesskey) return;
    const key = this.keys.get(accessKeyId);
    if (!key?.active || key.knownFrom > this.now) throw new ServiceError('InvalidClientTokenId');
  }

  protected onAssumeRole(input: { RoleArn: string; ExternalId?: string }) {
    this.assumed.push(input);
    return { Credentials: { AccessKeyId: ASSUMED, SecretAccessKey: 'the-assumed-secret', SessionToken: 'the-session-token' } };
  }

  /** Pages of two keys. */
  protected onListAccessKeys({ Marker = '0' }: { Marker?: string }) {
    if (!this.userExists) throw new ServiceError('NoSuchEntityException');
    const page = Number(Marker);
    const keys = [...this.keys.values()].filter(({ user }) => user === USER);
    if (this.late && this.late.times > 0 && !keys.includes(this.late.key)) keys.push(this.late.key);
    const isLast = 2 * page + 2 >= keys.length;
    if (isLast && this.late) this.late.times--;
    return {
      AccessKeyMetadata: keys.slice(2 * page, 2 * page + 2).map((key) => ({
        AccessKeyId: key.id, Status: key.active ? 'Active' : 'Inactive', CreateDate: new Date(key.createdAt),
      })),
      IsTruncated: !isLast,
      Marker: isLast ? undefined : String(page + 1),
    };
  }

  protected onCreateAccessKey() {
    if ([...this.keys.values()].filter(({ user }) => user === USER).length >= 2) throw new ServiceError('LimitExceededException');
    const key = this.makeKey();
    return { AccessKey: { AccessKeyId: key.id, SecretAccessKey: key.secret } };
  }

  protected onUpdateAccessKey({ AccessKeyId, Status }: { AccessKeyId: string; Status: string }) {
    this.known(AccessKeyId).active = Status === 'Active';
    return {};
  }

  protected onDeleteAccessKey({ AccessKeyId }: { AccessKeyId: string }) {
    this.known(AccessKeyId);
    this.keys.delete(AccessKeyId);
    return {};
  }

  protected onGetAccessKeyLastUsed({ AccessKeyId }: { AccessKeyId: string }) {
    const { lastUsedAt, lastUsedFor = 's3' } = this.known(AccessKeyId);
    return { AccessKeyLastUsed: lastUsedAt === undefined ? { ServiceName: 'N/A' } : { LastUsedDate: new Date(lastUsedAt), ServiceName: lastUsedFor } };
  }

  protected onGetCallerIdentity(_input: unknown, by?: { accessKeyId: string; secretAccessKey?: string }) {
    const key = this.keys.get(by?.accessKeyId ?? '');
    if (!key?.active || key.knownFrom > this.now) throw new ServiceError('InvalidClientTokenId');
    Object.assign(key, { lastUsedAt: this.now, lastUsedFor: 'sts' });
    if (by?.secretAccessKey !== key.secret) throw new ServiceError('SignatureDoesNotMatch');
    return { Arn: `arn:aws:iam::${ACCOUNT}:user/${key.user === USER ? `robots/${USER}` : key.user}` };
  }

  private known(id: string): FakeKey {
    const key = this.keys.get(id);
    if (!key) throw new ServiceError('NoSuchEntityException');
    return key;
  }
}
