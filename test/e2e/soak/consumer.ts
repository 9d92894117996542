// A consumer: it reads the secret now and then, and uses the key that it has read all the while.
import { Clients, Deployment, Emulator } from '../harness';

/** What it has seen. */
export interface Use {
  calls: number;
  /** Of these, with a key that was replaced already. */
  withReplaced: number;
  reads: number;
  /** The errors of calls that were refused or failed. */
  readonly refusals: string[];
}

export class Consumer {
  readonly use: Use = { calls: 0, withReplaced: 0, reads: 0, refusals: [] };
  private clients?: Clients;
  private keyId = '';
  private stopped = false;
  private running?: Promise<void>;
  private objects = 0;

  /** @param currentKey the key that is current, as far as the driver of the rotations knows. */
  constructor(
    private readonly emulator: Emulator,
    private readonly stack: Deployment,
    private readonly name: string,
    private readonly currentKey: () => string,
  ) {}

  /** Reads the secret: from now on it uses the key that is in there. */
  async read(): Promise<void> {
    const { SecretString } = await this.emulator.clients.secretsManager.getSecretValue({ SecretId: this.stack.outputs.SecretArn });
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = JSON.parse(SecretString!) as Record<string, string>;
    this.use.reads++;
    if (accessKeyId === this.keyId) return;
    this.keyId = accessKeyId;
    this.clients = this.emulator.clientsFor({ accessKeyId, secretAccessKey }); // the one before may still have a call under way
  }

  /** Writes objects and reads them, one after the other, without a pause, until it is stopped. */
  start(): void {
    this.running = (async () => {
      while (!this.stopped) await this.call();
    })();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Waits until it has made so many calls more. */
  async made(more: number): Promise<void> {
    const enough = this.use.calls + more;
    while (this.use.calls < enough) await new Promise((done) => setTimeout(done, 2));
  }

  private async call(): Promise<void> {
    const { s3 } = this.clients!;
    const { keyId } = this;
    const object = { Bucket: this.stack.outputs.BucketName, Key: this.name };
    const content = String(++this.objects);
    try {
      await s3.putObject({ ...object, Body: content });
      const { Body } = await s3.getObject(object);
      const found = await Body!.transformToString();
      if (found !== content) throw new Error(`wrote ${content} and read ${found}`);
    } catch (error) {
      this.use.refusals.push(`${this.name}, ${keyId}: ${(error as Error).name}: ${(error as Error).message}`);
    }
    this.use.calls += 2;
    if (keyId !== this.currentKey()) this.use.withReplaced += 2;
  }
}
