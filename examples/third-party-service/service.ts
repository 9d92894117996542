// A small third-party service, for the examples: it keeps tokens, two for each note, and accounts with passwords. It can be told to
// fail, to forget its answer, or to forget what it was told. `npx tsx service.ts` starts it on this machine alone.
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A third token for the same note is refused. */
const TOKENS_PER_NOTE = 2;

/** What goes wrong at the next requests of a kind. */
export interface Fault {
  readonly method: string;
  /** How the path begins. */
  readonly path: string;
  /** The service does nothing and answers 503, or it does what it was asked, and its answer is lost. */
  readonly what: 'fails' | 'forgets';
  /** How often; once by default. */
  readonly times?: number;
}

export class ThirdPartyService {
  public static async start(port = 0): Promise<ThirdPartyService> {
    const service = new ThirdPartyService();
    await new Promise<void>((done) => service.server.listen(port, '127.0.0.1', done));
    return service;
  }

  /** Who has it may make tokens and set passwords. */
  public readonly adminKey = randomBytes(24).toString('base64url');
  /** So often somebody came with a token or a password that is not, or no longer, good. */
  public refused = 0;
  public readonly tokens = new Map<string, { readonly token: string; readonly note: string }>();
  public readonly passwords = new Map<string, string>();
  /** It takes tokens and passwords from now on, and does not know them afterwards. */
  public forgetful = false;
  private faults: Fault[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Replaces what goes wrong. */
  public setFaults(...faults: Fault[]): void {
    this.faults = faults.flatMap((fault) => Array.from({ length: fault.times ?? 1 }, () => fault));
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/' } = request;
    const fault = this.take(method, url);
    if (fault?.what === 'fails') return send(response, 503, { error: 'the service has a bad day' });
    const { status, body } = this.handle(method, new URL(url, this.url), request.headers.authorization ?? '', await read(request));
    if (fault?.what === 'forgets') return void response.destroy();
    send(response, status, body);
  }

  private take(method: string, url: string): Fault | undefined {
    const index = this.faults.findIndex((fault) => fault.method === method && url.startsWith(fault.path));
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  private handle(method: string, url: URL, authorization: string, body: Record<string, string>): { status: number; body?: unknown } {
    const [, kind, name = ''] = url.pathname.split('/');
    if (kind === 'hello') return this.hello(authorization);
    if (!isSame(authorization, `Bearer ${this.adminKey}`)) return { status: 401, body: { error: 'the administrator\'s key is wrong' } };
    switch (`${method} /${kind}`) {
      case 'POST /tokens': return this.makeToken(body.note);
      case 'GET /tokens': return { status: 200, body: this.idsOf(url.searchParams.get('note') ?? '') };
      case 'DELETE /tokens': return { status: this.tokens.delete(name) ? 204 : 404 };
      case 'PUT /accounts':
        this.passwords.set(name, this.forgetful ? randomUUID() : body.password);
        return { status: 204 };
      default: return { status: 404, body: { error: `there is no ${method} ${url.pathname}` } };
    }
  }

  /** What a consumer comes for. */
  private hello(authorization: string): { status: number; body: unknown } {
    const byToken = [...this.tokens.values()].some(({ token }) => isSame(authorization, `Bearer ${token}`));
    const byPassword = [...this.passwords].some(([name, password]) => isSame(authorization, `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`));
    if (byToken || byPassword) return { status: 200, body: { hello: 'world' } };
    this.refused++;
    return { status: 401, body: { error: 'unknown' } };
  }

  private makeToken(note: string): { status: number; body: unknown } {
    if (this.idsOf(note).length >= TOKENS_PER_NOTE) return { status: 409, body: { error: `there are ${TOKENS_PER_NOTE} tokens for "${note}" already` } };
    const id = randomUUID();
    const token = randomBytes(24).toString('base64url');
    this.tokens.set(id, { token: this.forgetful ? randomUUID() : token, note });
    return { status: 201, body: { id, token } };
  }

  private idsOf(note: string): string[] {
    return [...this.tokens].filter(([, token]) => token.note === note).map(([id]) => id);
  }
}

async function read(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return JSON.parse(text || '{}') as Record<string, string>;
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? undefined : JSON.stringify(body));
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

if (require.main === module) {
  void ThirdPartyService.start().then(({ url, adminKey }) => process.stdout.write(`${url}, administrator's key: ${adminKey}\n`));
}
