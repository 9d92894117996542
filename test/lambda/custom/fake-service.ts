/**
 * A service in memory beside a secret of `fake-secret.ts`: it keeps tokens, each under an id and at most two of them, and accounts with passwords. What it
 * is asked goes the way of the calls to AWS, so faults, deaths and events strike it in the same manner.
 *
 * It watches while the function works: whether the current credential works after each call, and whether a replaced one goes before its overlap is over.
 */
import type { CredentialDefinition } from '../../../lambda/custom/definition';
import { handleFor } from '../../../lambda/custom/handler';
import type { Handler, SecretClients } from '../../../lambda/protocol/handle';
import type { CustomRotationSettings } from '../../../src/private/settings';
import { clientOf, DAY, FakeSecret, SECRET_ARN, Send, ServiceError, TIMEOUT_MILLIS } from '../fake-secret';

export { DAY, Died, GRACE, HOUR, SECOND, SECRET_ARN } from '../fake-secret';

export type { Fault } from '../fake-secret';

export const OVERLAP = 7 * DAY;

/** How the hooks reach the service: `call('IssueToken')`. */
export type Call = <T = void>(action: string, input?: Record<string, unknown>) => Promise<T>;
/** A definition whose hooks call the service. */
export type Define = (call: Call) => CredentialDefinition;

export interface Token {
  readonly id: string;
  readonly token: string;
}

interface Clients extends SecretClients {
  readonly send: Send;
}

export class FakeService extends FakeSecret<Clients> {
  /** A secret with its first credential, one day old. */
  public static async withFirst(define: Define, settings: Partial<CustomRotationSettings> = {}): Promise<FakeService> {
    const service = new FakeService(define, settings);
    if (await service.request('Create') !== 'SUCCESS') throw new Error(`no first credential: ${service.answer?.Reason}`);
    service.pass(DAY);
    service.calls.length = 0;
    service.log.length = 0;
    return service;
  }

  public readonly tokens = new Map<string, Token & { readonly knownFrom: number }>();
  public readonly accounts = new Map([['app-a', 'password-of-app-a'], ['app-b', 'password-of-app-b']]);
  /** What must not have happened. */
  public readonly violations: string[] = [];
  /** How long the service does not know a new token everywhere. */
  public propagationMillis = 0;
  public mostTokens = 2;
  /** What was answered to each idempotency key, as long as it was not revoked. */
  public readonly answered = new Map<string, Token>();
  /** One account alone: between apply and finish consumers are refused. */
  public mayRefuseWhilePending = false;
  /** Whether credentials go whose overlap is not over, as at a deletion. */
  public mayRevokeAll = false;
  /** Only who shows a token that works may revoke. */
  public asksForToken = false;
  protected readonly handle: Handler<Clients>;
  private readonly everMade: string[] = [...this.accounts.values()];
  private readonly lastCurrent = new Map<string, number>();

  constructor(define: Define, settings: Partial<CustomRotationSettings> = {}) {
    super({
      kind: 'custom', secretArn: SECRET_ARN, overlapSeconds: OVERLAP / 1000, timeoutSeconds: TIMEOUT_MILLIS / 1000, verify: { pauseMillis: 2000 }, ...settings,
    } satisfies CustomRotationSettings);
    this.handle = async (event, invocation) => {
      const { send } = invocation.clients;
      const call: Call = async (name, input = {}) => send({ command: { constructor: { name }, input }, once: true }) as Promise<never>;
      return handleFor(define(call))(event, invocation);
    };
  }

  /** The parsed value of the version with this label. */
  public value(label = 'AWSCURRENT'): Record<string, string> {
    return JSON.parse(this.text(label)!) as Record<string, string>;
  }

  /** Whether what consumers are given works. */
  public currentWorks(): boolean {
    const { id, token, username, password } = this.value();
    if (username !== undefined) return this.accounts.get(username) === password;
    return id === undefined || this.tokens.get(id)?.token === token;
  }

  /** A person, or an attempt that died, makes a token. */
  public makeToken(): Token {
    const n = this.everMade.length;
    const made = { id: `tok-${n}`, token: this.newSecret(`token-${n}`), knownFrom: this.now + this.propagationMillis };
    this.tokens.set(made.id, made);
    return { id: made.id, token: made.token };
  }

  /** A text that is never to be seen outside of the secret. */
  public newSecret(name: string): string {
    const made = `${name} "secret" ${'x'.repeat(8)}`;
    this.everMade.push(made);
    return made;
  }

  /** Also as they would be written into JSON, or a URL. */
  public secrets(): string[] {
    return this.everMade.flatMap((value) => {
      const json = JSON.stringify(value).slice(1, -1);
      return [value, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString('base64url').slice(0, -1)];
    });
  }

  protected clientsWith(send: Send): Clients {
    const watched: Send = async (sent) => {
      try {
        return await send(sent);
      } finally {
        this.watch();
      }
    };
    return { send: watched, secretsManager: clientOf(watched), once: { secretsManager: clientOf(watched, true) } };
  }

  // ---- what the service answers

  protected onIssueToken({ key }: { key?: string }): Token {
    const known = key === undefined ? undefined : this.answered.get(key);
    if (known) return known;
    if (this.tokens.size >= this.mostTokens) throw new ServiceError('TooManyTokens', `there are ${this.mostTokens} tokens already`);
    const made = this.makeToken();
    if (key !== undefined) this.answered.set(key, made);
    return made;
  }

  protected onListTokens(): string[] {
    return [...this.tokens.keys()];
  }

  protected onTryToken({ id, token }: Token): void {
    const known = this.tokens.get(id);
    if (known?.token !== token || known.knownFrom > this.now) throw new ServiceError('Unauthorized', `no such token: ${token}`);
  }

  protected onRevokeToken({ id, by }: { id: string; by?: Token }): void {
    if (this.asksForToken && (by === undefined || this.tokens.get(by.id)?.token !== by.token)) throw new ServiceError('Unauthorized', 'who are you?');
    const current = this.lastCurrent.get(id);
    if (!this.mayRevokeAll && current !== undefined && this.now - current < OVERLAP) this.violations.push(`${id} was revoked before its overlap was over`);
    this.tokens.delete(id);
    for (const [key, made] of this.answered) {
      if (made.id === id) this.answered.delete(key);
    }
  }

  protected onNewPassword(): string {
    return this.newSecret(`password-${this.everMade.length}`);
  }

  /** Whoever has the password of an account may set that of each. */
  protected onSetPassword({ username, password, by }: { username: string; password: string; by?: { username: string; password: string } }): void {
    if (by && this.accounts.get(by.username) !== by.password) throw new ServiceError('Unauthorized', `wrong password: ${by.password}`);
    this.accounts.set(username, password);
  }

  protected onTryPassword({ username, password }: { username: string; password: string }): void {
    if (this.accounts.get(username) !== password) throw new ServiceError('Unauthorized', `wrong password: ${password}`);
  }

  private watch(): void {
    if (!this.secretExists) return;
    const { id } = this.value();
    if (id !== undefined) this.lastCurrent.set(id, this.now);
    const isPending = this.versionWith('AWSPENDING') !== undefined && this.versionWith('AWSPENDING') !== this.versionWith('AWSCURRENT');
    if (!this.currentWorks() && !(this.mayRefuseWhilePending && isPending)) this.violations.push(`the current credential does not work after ${this.calls.at(-1)}`);
  }
}
