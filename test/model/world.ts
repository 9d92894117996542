/**
 * IAM, STS and Secrets Manager in memory, with a clock of their own. Every call of the function is an event: copies of a step, people
 * and consumers interleave at each, answers get lost, reads are late, processes die and stall. It drives the real function.
 *
 * Faithful to: two keys a user, dates in whole seconds, no idempotency of CreateAccessKey, keys that STS knows late and forgets late,
 * last-used dates that are published 15 minutes late, empty pending versions, the token conflict, labels that move as one, AWSPREVIOUS
 * that follows AWSCURRENT, unlabelled versions that are cleaned up. Left out: paging, KMS, replicas, other users' keys.
 */
import { Fault, History, HOUR, MINUTE, Plan, SECOND } from './history';
import { Clients, handle } from '../../lambda/handler';
import type { IamKeySettings } from '../../src/private/settings';

export const USER = 'robot';
const ACCOUNT = '111122223333';
export const SECRET_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:robot-AbCdEf`;
const ADMIN_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:admin-GhIjKl`;
/** The function's timeout: a copy of a step that stalls is dead after it. */
export const TIMEOUT = 5 * MINUTE;
/** IAM publishes a use so late. */
export const USE_LAG = 15 * MINUTE;
/** So long a key that was deactivated or deleted may still answer. */
const FORGET_MILLIS = 5 * SECOND;
/** A call takes so long. */
const LATENCY = 200;
/** Unlabelled versions that are kept. */
const KEPT_VERSIONS = 100;

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
export interface Version {
  text?: string;
  readonly registeredAt: number;
  storedAt?: number;
}
type Labels = ReadonlyMap<string, string>;

/** What watches over the invariants; each is called before the function's call takes effect. */
export interface Watch {
  /**
   * @param lookedAt of which time the process has last seen the labels.
   * @param offAt when the process has deactivated this key, or was told that it is inactive.
   */
  beforeKeyChange(key: Key, to: Status, lookedAt: number, offAt: number | undefined): void;
  beforeCurrentMoves(to: string): void;
  onLine(line: string): void;
}

class Process {
  public calls = 0;
  public dead = false;
  public lookedAt = -Infinity;
  public asked = 0;
  public readonly off = new Map<string, number>();
  public constructor(
    public readonly plan: ReadonlyMap<number, Fault>, public readonly deadline: number, public readonly die: (error: Error) => void,
  ) {}
}

class ServiceError extends Error {
  public readonly $metadata: object;
  public constructor(public readonly name: string, public readonly $fault: 'client' | 'server' = 'client') {
    super('a message of AWS');
    this.$metadata = { attempts: 1, httpStatusCode: $fault === 'client' ? 400 : 500 };
  }
}

export class World {
  public now = Date.parse('2026-01-01T00:00:00.000Z');
  public readonly keys = new Map<string, Key>();
  public readonly versions = new Map<string, Version>();
  public readonly createdAt = this.now;
  public rotationEnabled = true;
  public rolesAreGone = false;
  public currentMovedAt = 0;
  /** Processes that did not end by themselves. */
  public deaths = 0;
  public watch!: Watch;
  /** What happened, for whoever wants to read it. */
  public readonly story: string[] = [];
  private labels: Labels = new Map();
  private readonly labelHistory: Array<{ at: number; labels: Labels }> = [];
  private readonly queue: Array<{ at: number; order: number; run: () => void }> = [];
  private order = 0;
  private count = 0;
  private woken = false;

  public constructor(public readonly settings: IamKeySettings, private readonly propagationMillis: number) {}

  public tell(what: string): void {
    const minutes = ((this.now - this.createdAt) / MINUTE).toFixed(2);
    this.story.push(`${minutes.padStart(12)} min  ${what}`);
  }

  // ---- time

  public at(time: number, run: () => void): void {
    const event = { at: Math.max(time, this.now), order: this.order++, run };
    let index = this.queue.length;
    const comesFirst = (other: typeof event) => other.at < event.at || (other.at === event.at && other.order < event.order);
    while (index > 0 && comesFirst(this.queue[index - 1])) index--;
    this.queue.splice(index, 0, event);
  }

  /** Lets everything happen up to a time, or until `over`. */
  public async run(until: number, over: () => boolean): Promise<void> {
    while (this.queue.length > 0 && !over()) {
      const next = this.queue[this.queue.length - 1];
      if (next.at > until) break;
      this.queue.pop();
      this.now = next.at;
      next.run();
      if (this.woken) { // code of the function runs until it waits again
        this.woken = false;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    if (!over()) this.now = Math.max(this.now, until);
  }

  public sleep(millis: number, process?: Process): Promise<void> {
    return new Promise((resolve) => this.at(this.now + millis, () => {
      if (process?.dead) return;
      this.woken = true;
      resolve();
    }));
  }

  // ---- the function

  /** Invokes the function; the promise tells its error, if any. */
  public invoke(event: Parameters<typeof handle>[0], plan: Plan): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const process = new Process(new Map(plan), this.now + TIMEOUT, resolve);
      this.woken = true;
      this.at(process.deadline, () => this.kill(process, 'timed out'));
      const clock = {
        now: () => new Date(this.now),
        sleep: (millis: number) => this.sleep(millis, process),
        remaining: () => process.deadline - this.now,
      };
      handle(event, { clients: this.clientsOf(process), clock, settings: JSON.stringify(this.settings) })
        .then(() => resolve(undefined), resolve).finally(() => { process.dead = true; });
    });
  }

  private kill(process: Process, why: string): void {
    if (process.dead) return;
    this.deaths++;
    process.dead = true;
    this.woken = true;
    this.tell(`a process ${why}`);
    process.die(new Error(why));
  }

  private clientsOf(process: Process): Clients {
    type Command = { constructor: { name: string }; input: Record<string, any> /* each command has its own */ };
    const send = (command: Command, by?: string) => new Promise((resolve, reject) => {
      const fault = process.plan.get(process.calls++);
      const settle = (action: () => void) => { this.woken = true; action(); };
      this.at(this.now + LATENCY + (fault?.kind === 'stall' ? fault.millis : 0), () => {
        if (process.dead) return;
        if (fault?.kind === 'dieBefore') return this.kill(process, 'died');
        if (fault?.kind === 'refused') return settle(() => reject(new ServiceError('AccessDeniedException')));
        if (fault?.kind === 'throttled') return settle(() => reject(new ServiceError('ThrottlingException')));
        if (fault?.kind === 'unclear') return settle(() => reject(new ServiceError('InternalServiceError', 'server')));
        let answer: unknown;
        try {
          const stale = fault?.kind === 'stale' ? fault.millis : 0;
          answer = this.answer(process, command.constructor.name.replace(/Command$/, ''), command.input, stale, by);
        } catch (error) {
          return settle(() => reject(error as Error));
        }
        if (fault?.kind === 'dieAfter') return this.kill(process, 'died');
        if (fault?.kind === 'lost') return settle(() => reject(new ServiceError('TimeoutError', 'server')));
        settle(() => resolve(answer));
      });
    });
    const client = { send: (command: Command) => send(command) } as unknown as Clients['secretsManager'] & Clients['iam'];
    return {
      secretsManager: client,
      iam: client,
      sts: client as unknown as Clients['sts'],
      iamWith: ({ accessKeyId }) => {
        const signed = { send: (command: Command) => send(command, accessKeyId) } as unknown as Clients['iam'];
        return { iam: signed, once: signed };
      },
      once: { secretsManager: client, iam: client },
      stsFor: ({ accessKeyId }) => ({
        send: (command: Command) => send(command, accessKeyId), destroy: () => undefined,
      }) as unknown as ReturnType<Clients['stsFor']>,
    };
  }

  // ---- Secrets Manager

  public versionWith(label: string): string | undefined {
    return this.labels.get(label);
  }

  public idIn(version: string | undefined): string | undefined {
    const text = version === undefined ? undefined : this.versions.get(version)?.text;
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>).id;
  }

  public get currentId(): string | undefined {
    return this.idIn(this.versionWith('AWSCURRENT'));
  }

  /** What the secret held at a time, as somebody read it then. */
  public currentTextAt(time: number): string | undefined {
    return this.versions.get(this.labelsAt(time).get('AWSCURRENT') ?? '')?.text;
  }

  public register(version: string, text?: string): void {
    this.versions.set(version, { registeredAt: this.now, text, storedAt: text === undefined ? undefined : this.now });
    this.tell(`${version} is registered`);
    this.setLabels((labels) => labels.set('AWSPENDING', version));
  }

  public put(version: string, text: string, stages: string[]): void {
    const known = this.versions.get(version);
    this.versions.set(version, { registeredAt: known?.registeredAt ?? this.now, text, storedAt: this.now });
    for (const stage of stages) this.moveLabel(stage, version);
    const labelled = new Set(this.labels.values());
    const bare = [...this.versions.keys()].filter((id) => !labelled.has(id));
    for (const id of bare.slice(0, Math.max(0, bare.length - KEPT_VERSIONS))) this.versions.delete(id);
  }

  public moveLabel(label: string, to: string): void {
    const from = this.labels.get(label);
    if (from !== to || label !== 'AWSCURRENT') this.tell(`${label} moves from ${from} to ${to}, with ${this.idIn(to)}`);
    const [before, beforeId] = [from, label === 'AWSCURRENT' ? this.currentId : undefined];
    this.setLabels((labels) => {
      labels.set(label, to);
      if (label === 'AWSCURRENT' && before !== undefined && before !== to) labels.set('AWSPREVIOUS', before);
    });
    if (label !== 'AWSCURRENT') return;
    this.currentMovedAt = this.now;
    const now = this.currentId;
    const [old, current] = [this.keys.get(beforeId ?? ''), this.keys.get(now ?? '')];
    if (old && beforeId !== now) old.leftAt = this.now;
    if (current) {
      current.wasCurrent = true;
      current.leftAt = undefined;
    }
  }

  public takeOff(label: string): void {
    this.tell(`${label} is taken off ${this.labels.get(label)}`);
    this.setLabels((labels) => labels.delete(label));
  }

  /** Whether a label says since when this key is replaced. */
  public isDated(id: string): boolean {
    return [...this.labels].some(([label, version]) => label.startsWith('replaced-') && this.idIn(version) === id);
  }

  public labelCount(): number {
    return this.labels.size;
  }

  private setLabels(change: (labels: Map<string, string>) => void): void {
    const labels = new Map(this.labels);
    change(labels);
    this.labels = labels;
    this.labelHistory.push({ at: this.now, labels });
  }

  private labelsAt(time: number): Labels {
    for (let index = this.labelHistory.length - 1; index >= 0; index--) {
      if (this.labelHistory[index].at <= time) return this.labelHistory[index].labels;
    }
    return this.labelHistory[0].labels;
  }

  // ---- IAM

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
    const id = `AKIA${String(++this.count).padStart(16, '0')}`;
    const changes: Key['changes'] = [{ at: this.now, status: 'active', by: maker }];
    const key: Key = { id, secret: `secret-of-${id}`, maker, madeAt: this.now, changes, uses: [], wasCurrent: false };
    this.keys.set(id, key);
    this.tell(`${maker} makes ${id}`);
    return key;
  }

  public change(key: Key, status: Status, by: Key['maker']): void {
    key.changes.push({ at: this.now, status, by });
    this.tell(`${by} makes ${key.id} ${status}`);
    if (status === 'active') return;
    for (const use of key.uses) use.to ??= this.now;
  }

  /** Whether all of AWS knows a key. Until then STS answers now so, now so, and at first not at all. */
  public isKnownEverywhere(key: Key): boolean {
    return key.maker === 'person' || this.now >= key.madeAt + this.propagationMillis;
  }

  private isKnown(key: Key, process: Process): boolean {
    return this.isKnownEverywhere(key) || (this.now >= key.madeAt + this.propagationMillis / 2 && process.asked++ % 2 === 0);
  }

  private works(key: Key, process: Process): boolean {
    return this.isKnown(key, process) && this.statusAt(key, Math.max(key.madeAt, this.now - FORGET_MILLIS)) === 'active';
  }

  /** Nobody but whom the settings name calls IAM, and a key of the user only while it works; that is a use of it. */
  private mayCallIam(process: Process, by: string | undefined): void {
    const names = { executionRole: undefined, ownKey: by, adminSecret: 'administrator', assumedRole: 'assumed' };
    const { kind } = this.settings.authority;
    if (by !== names[kind] || (kind === 'ownKey' && by === undefined)) throw new Error(`${by} calls IAM, but the authority is ${kind}`);
    if (kind !== 'ownKey') return;
    const key = this.keys.get(by!);
    if (!key || !this.works(key, process)) throw new ServiceError('InvalidClientTokenId');
    key.uses.push({ from: this.now, to: this.now, test: false });
  }

  /** When it was last used, up to a time; our own tests of a new key do not count. */
  public usedUpTo(key: Key, time: number): number | undefined {
    const moments = key.uses.filter(({ from, test }) => !test && from <= time).map(({ to }) => Math.min(to ?? time, time));
    return moments.length > 0 ? Math.max(...moments) : undefined;
  }

  public newVersion(): string {
    return `version-${++this.count}`;
  }

  // ---- what AWS answers

  private answer(process: Process, action: string, input: Record<string, any> /* each action has its own */, stale: number, by?: string): unknown {
    const time = this.now - stale;
    if (this.rolesAreGone) throw new ServiceError('AccessDeniedException');
    if (action.includes('AccessKey')) this.mayCallIam(process, by);
    switch (action) {
      case 'AssumeRole':
        return { Credentials: { AccessKeyId: 'assumed', SecretAccessKey: 'secret-of-role', SessionToken: 'secret-of-session' } };
      case 'DescribeSecret': {
        process.lookedAt = time;
        const versions: Record<string, string[]> = {};
        for (const [label, version] of this.labelsAt(time)) (versions[version] ??= []).push(label);
        return { ARN: SECRET_ARN, CreatedDate: new Date(this.createdAt), RotationEnabled: this.rotationEnabled, VersionIdsToStages: versions };
      }
      case 'GetSecretValue': {
        if (input.SecretId === ADMIN_ARN) return { SecretString: '{"id":"administrator","secret":"secret-of-administrator"}' };
        const version = this.versions.get(input.VersionId);
        if (version?.text === undefined || version.storedAt! > time) throw new ServiceError('ResourceNotFoundException');
        return { SecretString: version.text };
      }
      case 'ListSecretVersionIds':
        return {
          Versions: [...this.versions].filter(([, { registeredAt }]) => registeredAt <= time)
            .map(([VersionId, { registeredAt }]) => ({ VersionId, CreatedDate: new Date(registeredAt) })),
        };
      case 'PutSecretValue': {
        const known = this.versions.get(input.ClientRequestToken)?.text;
        if (known !== undefined && known !== input.SecretString) throw new ServiceError('ResourceExistsException');
        if (known === undefined) this.put(input.ClientRequestToken, input.SecretString, input.VersionStages);
        return {};
      }
      case 'UpdateSecretVersionStage': {
        const { VersionStage, RemoveFromVersionId, MoveToVersionId } = input;
        const holder = this.labels.get(VersionStage);
        const isElsewhere = RemoveFromVersionId ? holder !== RemoveFromVersionId : holder && holder !== MoveToVersionId;
        if (isElsewhere) throw new ServiceError('InvalidParameterException');
        if (MoveToVersionId && this.labels.size >= 20 && !this.labels.has(VersionStage)) throw new ServiceError('LimitExceededException');
        if (VersionStage === 'AWSCURRENT') this.watch.beforeCurrentMoves(MoveToVersionId);
        if (MoveToVersionId) this.moveLabel(VersionStage, MoveToVersionId);
        else this.takeOff(VersionStage);
        return {};
      }
      case 'ListAccessKeys': {
        const keys = [...this.keys.values()].map((key) => ({ key, status: this.statusAt(key, time) }))
          .filter(({ status }) => status && status !== 'deleted');
        for (const { key, status } of keys) if (status === 'inactive') process.off.set(key.id, this.now);
        return {
          AccessKeyMetadata: keys.map(({ key, status }) => ({
            AccessKeyId: key.id, Status: status === 'active' ? 'Active' : 'Inactive', CreateDate: new Date(Math.floor(key.madeAt / SECOND) * SECOND),
          })),
        };
      }
      case 'CreateAccessKey': {
        if (this.living().length >= 2) throw new ServiceError('LimitExceededException');
        const key = this.makeKey('function');
        return { AccessKey: { AccessKeyId: key.id, SecretAccessKey: key.secret } };
      }
      case 'UpdateAccessKey':
      case 'DeleteAccessKey': {
        const key = this.keys.get(input.AccessKeyId);
        if (!key || this.status(key) === 'deleted') throw new ServiceError('NoSuchEntityException');
        const to: Status = action === 'DeleteAccessKey' ? 'deleted' : input.Status === 'Active' ? 'active' : 'inactive';
        this.watch.beforeKeyChange(key, to, process.lookedAt, process.off.get(key.id));
        if (to === 'inactive') process.off.set(key.id, this.now);
        this.change(key, to, 'function');
        return {};
      }
      case 'GetAccessKeyLastUsed': {
        const key = this.keys.get(input.AccessKeyId)!;
        const known = this.now - USE_LAG;
        const published = key.uses.filter(({ from }) => from <= known).map(({ to, test }) => ({ at: Math.min(to ?? Infinity, known), test }));
        const last = published.sort((a, b) => a.at - b.at).at(-1);
        return { AccessKeyLastUsed: last ? { LastUsedDate: new Date(last.at), ServiceName: last.test ? 'sts' : 's3' } : { ServiceName: 'N/A' } };
      }
      case 'GetCallerIdentity': {
        const key = this.keys.get(by ?? '');
        if (!key || !this.works(key, process)) throw new ServiceError('InvalidClientTokenId');
        key.uses.push({ from: this.now, to: this.now, test: true });
        return { Arn: `arn:aws:iam::${ACCOUNT}:user/${USER}` };
      }
      default:
        throw new Error(`the model does not know ${action}`);
    }
  }
}

/** The settings that the construct would write. */
export function settingsOf({ intervalMillis, evenIfInUse, ownsUser, authority, policy, unrecorded, adopted }: History['config']): IamKeySettings {
  const interval = intervalMillis === undefined ? undefined : intervalMillis / SECOND;
  const overlap = paceOf(intervalMillis) / SECOND;
  const fields = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const policies: Record<History['config']['policy'], IamKeySettings['previousKey']> = {
    keepUntilNextRotation: { overlapSeconds: overlap, evenIfInUse, isForAdministrator: false },
    retireAfter: {
      overlapSeconds: overlap,
      evenIfInUse,
      isForAdministrator: false,
      retire: { deactivateSeconds: overlap, deleteSeconds: 1.5 * overlap, atOnce: false },
    },
    retireImmediately: {
      overlapSeconds: 0, evenIfInUse: true, isForAdministrator: false, retire: { deactivateSeconds: 0, deleteSeconds: 0, atOnce: true },
    },
    keepForAdministrator: { overlapSeconds: overlap, evenIfInUse: false, isForAdministrator: true },
  };
  const authorities: Record<History['config']['authority'], IamKeySettings['authority']> = {
    executionRole: { kind: 'executionRole' },
    ownKey: { kind: 'ownKey' },
    adminSecret: { kind: 'adminSecret', secretArn: ADMIN_ARN, fields },
    assumedRole: { kind: 'assumedRole', roleArn: `arn:aws:iam::${ACCOUNT}:role/keys` },
  };
  return {
    kind: 'iam-key',
    userName: USER,
    userArn: `arn:aws:iam::${ACCOUNT}:user/${USER}`,
    ownsUser: ownsUser && !adopted && authority !== 'ownKey',
    fields,
    otherPresets: [],
    authority: authorities[authority],
    previousKey: policies[policy],
    unrecordedKey: unrecorded,
    intervalSeconds: interval,
    timeoutSeconds: TIMEOUT / SECOND,
    propagation: { answers: 3, pauseMillis: 2 * SECOND },
  };
}

/** The usual overlap: consumers read the secret some times in it. */
export function paceOf(intervalMillis: number | undefined): number {
  return Math.min(7 * 24 * HOUR, (intervalMillis ?? Infinity) / 2);
}
