/**
 * IAM, STS and Secrets Manager in memory, with a clock of their own. Every call of the function is an event: copies of a step, people
 * and consumers interleave at each, answers get lost, reads are late, processes die and stall. It drives the real function.
 *
 * Faithful to: two keys a user, dates in whole seconds, no idempotency of CreateAccessKey, keys that STS knows late and forgets late,
 * last-used dates that are published 15 minutes late, empty pending versions, the token conflict, labels that move as one, AWSPREVIOUS
 * that follows AWSCURRENT, unlabelled versions that are cleaned up. Left out: paging, KMS, other users' keys.
 */
import type { History, Plan } from './history';
import { Event, Process } from './process';
import { SecretVersions } from './secret-versions';
import { ServiceError } from './service-error';
import { FUNCTION_ARN, settingsOf, TIMEOUT } from './settings';
import { Timeline } from './timeline';
import { Key, Status, UserKeys } from './user-keys';
import { Clients, handle } from '../../lambda/handler';
import type { IamKeySettings } from '../../src/private/settings';

/** A call takes so long. */
const LATENCY = 200;

/** What watches over the invariants; each is called before the function's call takes effect. */
export interface Watch {
  beforeKeyIsMade(process: Process): void;
  beforeKeyChange(key: Key, to: Status, process: Process): void;
  beforeCurrentMoves(to: string): void;
  onLine(line: string): void;
}

export class World extends Timeline {
  public readonly settings: IamKeySettings;
  public readonly secret: SecretVersions;
  public readonly iam: UserKeys;
  public rolesAreGone = false;
  /** Processes that did not end by themselves. */
  public deaths = 0;
  public watch!: Watch;

  public constructor(config: History['config']) {
    super();
    this.settings = settingsOf(config);
    this.iam = new UserKeys(this, this.settings, config.propagationMillis, () => this.watch);
    this.secret = new SecretVersions(this, config.replica, (to) => this.watch.beforeCurrentMoves(to), (before, now) => this.iam.handOut(before, now));
  }

  // ---- the function

  /** Invokes the function, by its own name or by an alias; the promise tells its error, if any. */
  public invoke(event: Event, plan: Plan, alias?: string): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const process = new Process(event, this.now, new Map(plan), this.now + TIMEOUT, resolve);
      this.woken = true;
      this.at(process.deadline, () => this.kill(process, 'timed out'));
      const clock = {
        now: () => new Date(this.now),
        sleep: (millis: number) => this.sleep(millis, () => process.dead),
        remaining: () => process.deadline - this.now,
      };
      const invokedFunctionArn = alias === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${alias}`;
      handle(event, { clients: this.clientsOf(process), clock, settings: JSON.stringify(this.settings), invokedFunctionArn })
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

  private answer(process: Process, action: string, input: Record<string, any> /* each action has its own */, stale: number, by?: string): unknown {
    const time = this.now - stale;
    if (this.rolesAreGone) throw new ServiceError('AccessDeniedException');
    if (action === 'DescribeSecret') process.lookedAt = time;
    return /Secret/.test(action) ? this.secret.answer(action, input, time) : this.iam.answer(action, input, time, process, by);
  }
}
