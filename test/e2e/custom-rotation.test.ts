// The examples with a third-party service: deployed, rotated while consumers are at work, made to fail, and destroyed.
import { join } from 'node:path';
import { Deployment, Emulator } from './harness';
import { reason } from './rotating-key';
import { ThirdPartyService } from '../../examples/third-party-service/service';

const EXAMPLES = join(__dirname, '../../examples/typescript');

let emulator: Emulator;
let service: ThirdPartyService;
let stack: Deployment;
let consumers: Consumers;

interface Example {
  readonly name: string;
  /** How a consumer signs in with what the secret holds. */
  readonly authorization: (value: Record<string, string>) => string;
  /** What tells one credential from another. */
  readonly secretOf: (value: Record<string, string>) => string;
  /** The request that makes the service keep a new one. */
  readonly making: { readonly method: string; readonly path: string };
}

const TOKEN: Example = {
  name: 'service-token',
  authorization: ({ token }) => `Bearer ${token}`,
  secretOf: ({ token }) => token,
  making: { method: 'POST', path: '/tokens' },
};
const PASSWORD: Example = {
  name: 'service-password',
  authorization: ({ account, password }) => `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`,
  secretOf: ({ password }) => password,
  making: { method: 'PUT', path: '/accounts' },
};

async function value(stage = 'AWSCURRENT'): Promise<Record<string, string>> {
  const { SecretString } = await emulator.clients.secretsManager.getSecretValue({ SecretId: stack.outputs.SecretArn, VersionStage: stage });
  return JSON.parse(SecretString!) as Record<string, string>;
}

async function works(example: Example, credential: Record<string, string>): Promise<boolean> {
  return (await fetch(`${service.url}/hello`, { headers: { authorization: example.authorization(credential) } })).status === 200;
}

/** One reads the secret before each call, the other one keeps what it has until it is told to read again. */
class Consumers {
  public calls = 0;
  public readonly refused: number[] = [];
  private kept: Record<string, string> | undefined;
  private over = false;
  private readonly running: Promise<void>;

  constructor(private readonly example: Example) {
    this.running = this.run();
  }

  public async readAgain(): Promise<void> {
    this.kept = await value();
  }

  public async stop(): Promise<{ calls: number; refused: number[] }> {
    this.over = true;
    await this.running;
    return { calls: this.calls, refused: this.refused };
  }

  private async run(): Promise<void> {
    while (!this.over) {
      for (const credential of [await value(), this.kept ??= await value()]) {
        this.calls++;
        if (!await works(this.example, credential)) this.refused.push(this.calls);
      }
      await new Promise((done) => setTimeout(done, 10));
    }
  }
}

async function rotate(): Promise<boolean> {
  return (await stack.rotate(stack.outputs.SecretArn)).ok;
}

beforeAll(async () => {
  emulator = await Emulator.start();
  service = await ThirdPartyService.start();
  await emulator.clients.secretsManager.createSecret({ Name: 'service/administrator', SecretString: JSON.stringify({ key: service.adminKey }) });
  await emulator.controls.change({ rotationRetries: 1 });
});
afterAll(async () => {
  await service.stop();
  await emulator.stop();
});

describe.each([TOKEN, PASSWORD])('$name', (example) => {
  beforeAll(async () => {
    stack = await emulator.deployDirectoryQuickly(join(EXAMPLES, example.name), { service: service.url, overlapHours: '0' });
    service.refused = 0;
    consumers = new Consumers(example);
  });
  beforeEach(async () => consumers.readAgain());
  afterEach(() => service.setFaults());

  test('has a credential that works when the deployment has ended', async () => {
    expect(await works(example, await value())).toBe(true);
  });

  test('rotates twice, and the replaced credential goes on working until the next rotation', async () => {
    for (let rotation = 0; rotation < 2; rotation++) {
      const before = await value();
      expect(await rotate()).toBe(true);
      const [current, previous] = [await value(), await value('AWSPREVIOUS')];
      expect(example.secretOf(current)).not.toBe(example.secretOf(before));
      expect(previous).toEqual(before);
      expect([await works(example, current), await works(example, previous)]).toEqual([true, true]);
      await consumers.readAgain();
    }
  });

  test('goes on working when the service fails, and rotates once it is mended', async () => {
    const before = await value();
    service.setFaults({ ...example.making, what: 'fails', times: 100 });
    const refused = await stack.rotate(stack.outputs.SecretArn);
    expect(refused.ok).toBe(false);
    expect(reason(refused)).toContain('was answered with 503');
    expect(await value()).toEqual(before);
    expect(await works(example, before)).toBe(true);

    service.setFaults();
    expect((await stack.rotate(stack.outputs.SecretArn, refused.token)).ok).toBe(true);
  });

  test('rotates although the service has forgotten its answer, and nothing is left there that the secret does not know', async () => {
    service.setFaults({ ...example.making, what: 'forgets' });
    expect(await rotate()).toBe(true); // at the second attempt
    await consumers.readAgain();
    const known = [await value(), await value('AWSPREVIOUS')].map(example.secretOf);
    const there = example === TOKEN ? [...service.tokens.values()].map(({ token }) => token) : [...service.passwords.values()];
    expect(there.sort()).toEqual(known.sort());
  });

  test('keeps the current credential when the new one never works, and rotates the next time', async () => {
    const before = await value();
    service.forgetful = true;
    const { ok, token } = await stack.rotate(stack.outputs.SecretArn);
    expect(ok).toBe(false);
    await emulator.controls.timePasses(2 * 3600);
    const givenUp = await stack.rotate(stack.outputs.SecretArn, token);
    expect(reason(givenUp)).toContain(`rotation ${token} of secret ${stack.outputs.SecretArn} is abandoned`);

    service.forgetful = false;
    expect(await value()).toEqual(before);
    expect(await works(example, before)).toBe(true);
    await emulator.controls.timePasses(301); // until then a copy of a step could make current what was given up
    expect(await rotate()).toBe(true);
  });

  test('has never refused a consumer, and leaves nothing behind', async () => {
    const { calls, refused } = await consumers.stop();
    expect(calls).toBeGreaterThan(5);
    expect(refused).toEqual([]);
    const log = JSON.stringify(await stack.logLines(stack.outputs.FunctionName));
    for (const secret of [example.secretOf(await value()), example.secretOf(await value('AWSPREVIOUS')), service.adminKey]) expect(log).not.toContain(secret);

    await stack.destroy();
    expect(await stack.leftBehind()).toEqual([]);
    if (example === TOKEN) expect(service.tokens.size).toBe(0);
  });
});
