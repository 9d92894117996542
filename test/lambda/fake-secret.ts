/**
 * Secrets Manager in memory, as far as a rotation function calls it, and the function's process, with time that passes only when somebody
 * waits. What else a kind of credential calls is added by a class of its own.
 *
 * Simulated: versions and staging labels, at most 20 of them, pages of one version, the token conflict, empty pending versions, a rotation in
 * progress, faults, deaths and events at a chosen call, and processes that Lambda freezes and thaws. The emulator's end-to-end tests check
 * that AWS's interfaces are spoken correctly; here are the faults that cannot be had there.
 */
import { randomUUID } from 'node:crypto';
import type { Handler, SecretClients } from '../../lambda/protocol/handle';
import type { Outcome } from '../../lambda/protocol/rotation';
import type { Clock } from '../../lambda/protocol/rotator';
import { ALIASES } from '../../src/private/settings';

export const ACCOUNT = '111122223333';
export const SECRET_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:uploader-AbCdEf`;
export const FUNCTION_ARN = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:rotation`;
export const TIMEOUT_MILLIS = 300_000;
/** After it no copy of a step is alive, and what it has stored is read by everybody. */
export const GRACE = TIMEOUT_MILLIS + 60_000;

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;

export interface FakeVersion {
  text?: string;
  binary?: boolean;
  createdAt: number;
  readonly labels: Set<string>;
}

/** What goes wrong at a call: `nth` counts the calls of this action from the moment the fault is set. */
export interface Fault {
  readonly action: string;
  readonly nth?: number;
  /** `before`: AWS did nothing; `after`: it did, but the answer is lost. */
  readonly when: 'before' | 'after';
  /** An error code, or the death of the process, or something that happens meanwhile. */
  readonly does: string | 'die' | (() => void | Promise<void>);
  /** AWS's words to an error code. */
  readonly says?: string;
}

/** The process that ran the step is gone: nothing of it runs any more. */
export class Died extends Error {}

export class ServiceError extends Error {
  public readonly $metadata: { attempts: number; httpStatusCode: number };
  public readonly $fault: 'client' | 'server';
  constructor(public readonly name: string, message = 'as the test wants it', client = true) {
    super(message);
    this.$fault = client ? 'client' : 'server';
    this.$metadata = { attempts: 1, httpStatusCode: client ? 400 : 500 };
  }
}

/** A client's command, and how it is sent. */
export interface Sent {
  readonly command: { readonly constructor: { readonly name: string }; readonly input: unknown };
  /** The client sends no request twice. */
  readonly once: boolean;
  readonly credentials?: { readonly accessKeyId: string };
}
export type Send = (sent: Sent) => Promise<unknown>;

export interface RequestOptions {
  readonly RequestId?: string;
  readonly retained?: boolean;
  readonly PhysicalResourceId?: string;
  readonly properties?: Record<string, unknown>;
  readonly old?: Record<string, unknown>;
}

export abstract class FakeSecret<C extends SecretClients> {
  public now = Date.parse('2026-03-01T10:00:00.250Z');
  public readonly versions = new Map<string, FakeVersion>();
  public readonly secretCreatedAt = this.now;
  public rotationEnabled = true;
  public secretExists = true;
  /** How long an invocation may take. */
  public timeoutMillis = TIMEOUT_MILLIS;
  /** So many times DescribeSecret does not show the youngest version yet. */
  public lagging = 0;
  /** Every call, as `Action`. */
  public readonly calls: string[] = [];
  /** What was sent with each call. */
  public readonly inputs: Array<{ action: string; input: Record<string, unknown>; once: boolean }> = [];
  /** What the function wrote to its log. */
  public readonly log: Array<Record<string, unknown>> = [];
  /** What CloudFormation was told last. */
  public answer?: { Status: string; Reason: string; PhysicalResourceId: string };
  /** What CloudFormation's bucket answers; 200 when there are no more. */
  public readonly answerStatuses: number[] = [];
  /** The function that rotates the secret, as far as Secrets Manager knows. */
  public rotatedBy: string | undefined = FUNCTION_ARN;
  /** Its service rotates it, and no function. */
  public isManaged = false;
  public replicas: Array<{ Region: string; Status: 'InSync' | 'InProgress' | 'Failed' }> = [];
  /** DescribeSecret tells the versions the other way round: their order means nothing. */
  public reversed = false;
  /** The secret that the deployed function serves, where it is not the one of the request. */
  public secretInEnvironment = SECRET_ARN;
  /** What CloudFormation sent with the last request that was answered well, and its resource's id. */
  public deployed: Record<string, unknown> = {};
  public physicalId = 'first-value';
  public logicalId = 'Lifecycle';
  protected abstract readonly handle: Handler<C>;
  private readonly faults: Array<Fault & { seen: number }> = [];
  private readonly timers: Array<{ at: number; resolve: () => void }> = [];
  private readonly dead = new Set<number>();
  private run = 0;

  constructor(public settings: unknown) {
    this.put(randomUUID(), JSON.stringify({ placeholder: 'x'.repeat(32) }), ['AWSCURRENT']);
  }

  /** What must never be written anywhere. */
  protected abstract secrets(): string[];

  /** The clients that the function works with. */
  protected abstract clientsWith(send: Send): C;

  /** What a service asks before it answers. */
  protected authorize(action: string, accessKeyId: string | undefined): void {
    void [action, accessKeyId];
  }

  // ---- what people and Secrets Manager do

  /** Registers a rotation, as RotateSecret does, and runs the four steps. */
  public async rotate(): Promise<{ token: string; error?: Error }> {
    const token = randomUUID();
    this.register(token);
    return this.retry(token);
  }

  /** Runs the four steps for a version that is registered, as Secrets Manager does again and again during the window. */
  public async retry(token: string): Promise<{ token: string; error?: Error }> {
    try {
      for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await this.step(step, token);
      this.versions.get(token)?.labels.delete('AWSPENDING');
      return { token };
    } catch (error) {
      return { token, error: error as Error };
    }
  }

  public register(token: string): void {
    const pending = this.versionWith('AWSPENDING');
    if (pending && pending !== this.versionWith('AWSCURRENT')) throw new Error('A previous rotation isn\'t complete.');
    this.unlabel('AWSPENDING');
    this.rotatedBy ??= FUNCTION_ARN;
    this.versions.set(token, { createdAt: this.now, labels: new Set(['AWSPENDING']) });
  }

  public async step(Step: string, ClientRequestToken: string): Promise<void> {
    await this.invoke({ Step, SecretId: SECRET_ARN, ClientRequestToken, RotationToken: 'the-rotation-token' });
  }

  /** What CloudFormation sends, and the answer's status. An update replaces what was deployed last, unless `old` says otherwise. */
  public async request(RequestType: 'Create' | 'Update' | 'Delete', options: RequestOptions = {}): Promise<string> {
    this.answer = undefined;
    const fetched = jest.spyOn(global, 'fetch').mockImplementation(async (_url, init) => {
      const status = this.answerStatuses.shift() ?? 200;
      this.noSecretIn(String(init?.body));
      if (status === 200) this.answer = JSON.parse(String(init?.body));
      return new Response(undefined, { status });
    });
    const ResourceProperties = {
      SecretArn: SECRET_ARN, Settings: JSON.stringify(this.settings), SecretIsRetained: String(options.retained ?? false), ...options.properties,
    };
    try {
      await this.invoke({
        RequestType,
        RequestId: options.RequestId ?? randomUUID(),
        StackId: 'stack',
        LogicalResourceId: this.logicalId,
        PhysicalResourceId: RequestType === 'Create' ? undefined : options.PhysicalResourceId ?? this.physicalId,
        ResponseURL: 'https://cloudformation.example',
        ResourceProperties,
        OldResourceProperties: RequestType === 'Update' ? { ...ResourceProperties, ...this.deployed, ...options.old } : undefined,
      }, ALIASES.deployment);
    } finally {
      fetched.mockRestore();
    }
    if (this.answer!.Status === 'SUCCESS') {
      this.deployed = ResourceProperties;
      this.physicalId = this.answer!.PhysicalResourceId;
    }
    return this.answer!.Status;
  }

  public pass(millis: number): void {
    this.now += millis;
  }

  public fail(fault: Fault): void {
    this.faults.push({ ...fault, seen: 0 });
  }

  /** No fault strikes any more. */
  public heal(): void {
    this.faults.length = 0;
  }

  /** A person edits the secret: a new version that is current. */
  public edit(change: (value: Record<string, unknown>) => void): void {
    const value = JSON.parse(this.text('AWSCURRENT')!);
    change(value);
    this.put(randomUUID(), JSON.stringify(value), ['AWSCURRENT']);
  }

  public put(version: string, text: string | undefined, labels: string[]): void {
    this.versions.set(version, { text, createdAt: this.now, labels: new Set(this.versions.get(version)?.labels) });
    for (const label of labels) this.label(label, version);
  }

  /** Moves a label, and AWSPREVIOUS with AWSCURRENT. */
  public label(label: string, to: string): void {
    const from = this.versionWith(label);
    this.unlabel(label);
    this.versions.get(to)!.labels.add(label);
    if (label === 'AWSCURRENT' && from && from !== to) this.label('AWSPREVIOUS', from);
  }

  public unlabel(label: string): void {
    for (const version of this.versions.values()) version.labels.delete(label);
  }

  // ---- what is to be seen

  public versionWith(label: string): string | undefined {
    return [...this.versions].find(([, version]) => version.labels.has(label))?.[0];
  }

  public text(label: string): string | undefined {
    return this.versions.get(this.versionWith(label) ?? '')?.text;
  }

  /** All but the one that says which resource has set the rotation up. */
  public labels(): string[] {
    return [...this.versions.values()].flatMap((version) => [...version.labels]).filter((label) => !label.startsWith('owner-')).sort();
  }

  /** What a read shows later only, or another process does meanwhile. */
  public later(millis: number, what: () => void): void {
    this.timers.push({ at: this.now + millis, resolve: what });
  }

  // ---- the function's process

  /** Calls the function by its own name, or by an alias. */
  public async invoke(event: unknown, alias?: string): Promise<Outcome | void> {
    const run = ++this.run;
    const deadline = this.now + this.timeoutMillis;
    const clock: Clock = {
      now: () => new Date(this.now),
      sleep: (millis) => new Promise((resolve) => this.timers.push({ at: this.now + millis, resolve })),
      remaining: () => deadline - this.now,
    };
    let die!: (error: Error) => void;
    const death = new Promise<never>((_, reject) => (die = reject));
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
      this.noSecretIn(String(line));
      this.log.push(JSON.parse(String(line)));
      return true;
    });
    let over = false;
    const clients = this.clientsWith(this.senderOf(run, die));
    const settings = JSON.stringify({ ...this.settings as object, secretArn: this.secretInEnvironment });
    const invocation = { clients, clock, settings, invokedFunctionArn: alias === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${alias}` };
    const work = Promise.race([this.handle(event, invocation), death])
      .finally(() => (over = true));
    try {
      void this.turnTheClock(() => over);
      return await work;
    } catch (error) {
      this.noSecretIn(`${(error as Error).message} ${JSON.stringify(error)}`);
      throw error;
    } finally {
      write.mockRestore();
      this.timers.length = 0;
    }
  }

  /** When all that runs is waiting, the next timer is due. */
  private async turnTheClock(over: () => boolean): Promise<void> {
    while (!over()) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.timers.sort((a, b) => a.at - b.at).shift();
      if (next) {
        this.now = Math.max(this.now, next.at);
        next.resolve();
      }
    }
  }

  /** A method for each action: `onDescribeSecret`, and so on. */
  private get answers(): Record<string, (input: unknown, by?: { accessKeyId: string }) => unknown> {
    return this as never;
  }

  protected noSecretIn(text: string): void {
    for (const secret of [...this.secrets(), 'the-rotation-token']) {
      if (text.includes(secret)) throw new Error('a secret value was written to the log or to an error');
    }
  }

  private senderOf(run: number, die: (error: Error) => void): Send {
    return async ({ command, once, credentials }) => {
      const action = command.constructor.name.replace(/Command$/, '');
      if (this.dead.has(run)) return new Promise(() => undefined);
      this.calls.push(action);
      this.inputs.push({ action, input: command.input as Record<string, unknown>, once });
      this.now += 20; // a call takes some time
      await this.strike(action, 'before', run, die);
      this.authorize(action, credentials?.accessKeyId);
      const answer = this.answers[`on${action}`].call(this, command.input, credentials);
      await this.strike(action, 'after', run, die);
      return answer;
    };
  }

  private async strike(action: string, when: Fault['when'], run: number, die: (error: Error) => void): Promise<void> {
    const meant = this.faults.filter((fault) => (fault.action === action || fault.action === '*') && fault.when === when);
    for (const fault of meant) fault.seen++;
    for (const fault of meant.filter(({ seen, nth = 1 }) => seen === nth)) {
      if (typeof fault.does === 'function') {await fault.does();} else if (fault.does === 'die') {
        this.dead.add(run);
        die(new Died(`died ${when} ${action}`));
        await new Promise(() => undefined);
      } else {throw new ServiceError(fault.does, fault.says, when === 'before' && fault.does !== 'InternalServiceError');}
    }
  }

  // ---- Secrets Manager

  protected onDescribeSecret() {
    if (!this.secretExists) throw new ServiceError('ResourceNotFoundException');
    const versions = [...this.versions].slice(0, this.lagging-- > 0 ? -1 : undefined);
    const staged = versions.filter(([, { labels }]) => labels.size > 0).map(([id, { labels }]) => [id, [...labels]]);
    const VersionIdsToStages = Object.fromEntries(this.reversed ? staged.reverse() : staged);
    return {
      ARN: SECRET_ARN,
      CreatedDate: new Date(this.secretCreatedAt),
      RotationEnabled: this.rotationEnabled && (this.rotatedBy !== undefined || this.isManaged),
      RotationLambdaARN: this.rotatedBy,
      ReplicationStatus: this.replicas,
      VersionIdsToStages,
    };
  }

  protected onGetSecretValue({ SecretId, VersionId }: { SecretId: string; VersionId: string }) {
    const other = this.textOfAnother(SecretId);
    if (other !== undefined) return { SecretString: other };
    const version = this.versions.get(VersionId);
    if (!version || (version.text === undefined && !version.binary)) throw new ServiceError('ResourceNotFoundException');
    return version.binary ? { SecretBinary: new Uint8Array(3) } : { SecretString: version.text };
  }

  /** A page a version. */
  protected onListSecretVersionIds({ NextToken = '0' }: { NextToken?: string }) {
    const page = Number(NextToken);
    const [VersionId, { createdAt }] = [...this.versions][page];
    return { Versions: [{ VersionId, CreatedDate: new Date(createdAt) }], NextToken: page + 1 < this.versions.size ? String(page + 1) : undefined };
  }

  protected onPutSecretValue(input: { ClientRequestToken: string; SecretString: string; VersionStages: string[] }) {
    const version = this.versions.get(input.ClientRequestToken);
    if (version?.text !== undefined && version.text !== input.SecretString) throw new ServiceError('ResourceExistsException');
    if (version?.text === undefined) {
      this.limitLabels(...input.VersionStages);
      this.put(input.ClientRequestToken, input.SecretString, input.VersionStages);
    }
    return {};
  }

  protected onUpdateSecretVersionStage(input: { VersionStage: string; RemoveFromVersionId?: string; MoveToVersionId?: string }) {
    const holder = this.versionWith(input.VersionStage);
    if (input.RemoveFromVersionId && holder !== input.RemoveFromVersionId) throw new ServiceError('InvalidParameterException');
    if (!input.RemoveFromVersionId && holder && holder !== input.MoveToVersionId) throw new ServiceError('InvalidParameterException');
    if (input.MoveToVersionId) {
      this.limitLabels(input.VersionStage);
      this.label(input.VersionStage, input.MoveToVersionId);
    } else {
      this.unlabel(input.VersionStage);
    }
    return {};
  }

  private limitLabels(...added: string[]): void {
    for (const label of added) {
      this.noSecretIn(label); // CloudTrail shows labels
      if (!/^[A-Za-z0-9_-]{1,256}$/.test(label)) throw new Error(`a label of other characters than letters, digits, - and _: ${label}`);
    }
    if (new Set([...this.labels(), ...added]).size > 20) throw new ServiceError('LimitExceededException');
  }

  /** What another secret holds. */
  protected textOfAnother(secretId: string): string | undefined {
    void secretId;
    return undefined;
  }
}

/** A client of any service, by how its commands are sent. */
export function clientOf<T>(send: Send, once = false, credentials?: { accessKeyId: string }): T {
  return { send: (command: Sent['command']) => send({ command, once, credentials }), destroy: () => undefined } as unknown as T;
}
