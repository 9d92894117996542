// The values that sessions are signed with: the current one, and the one before it, kept in memory for some minutes.
import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The field of the secret. */
const FIELD = 'session_secret_key';

/** However many bad sessions come in, the secret is read again for them at most this often. */
const SHORTEST_PAUSE_MILLIS = 5_000;

export interface SessionKeys {
  readonly current: string;
  /** There is none before the first rotation. */
  readonly previous?: string;
}

export class SessionKeyCache {
  private keys?: SessionKeys;
  private readAt = 0;

  /** @param cacheMillis how long values are kept: much shorter than the time between two rotations. */
  constructor(
    private readonly secretArn: string,
    private readonly cacheMillis: number,
    private readonly client: Pick<SecretsManagerClient, 'send'> = new SecretsManagerClient(),
  ) {}

  /** The values as they were a few minutes ago, or are now. */
  public async get(): Promise<SessionKeys> {
    return this.keys !== undefined && this.age() < this.cacheMillis ? this.keys : this.read();
  }

  /**
   * For a session that no known value has signed: another copy of the app may have read the secret after a rotation, and this one not yet.
   * Undefined if the secret was read only just now.
   */
  public async getNewer(): Promise<SessionKeys | undefined> {
    return this.age() < Math.min(this.cacheMillis, SHORTEST_PAUSE_MILLIS) ? undefined : this.read();
  }

  private async read(): Promise<SessionKeys> {
    // One after the other, the current one first: if a rotation comes in between, it is read as the previous one too, and neither is missed.
    const current = await this.fieldOf('AWSCURRENT');
    if (current === undefined) throw new Error(`the secret has no field '${FIELD}'`);
    const previous = await this.fieldOf('AWSPREVIOUS');
    this.readAt = Date.now();
    return this.keys = { current, previous };
  }

  /** The field of a version; undefined if there is no such version (yet), or if it does not hold one, as before the first value. */
  private async fieldOf(VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<string | undefined> {
    try {
      const { SecretString } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretArn, VersionStage }));
      const value: unknown = JSON.parse(SecretString ?? '{}')[FIELD];
      return typeof value === 'string' ? value : undefined;
    } catch (error) {
      if (error instanceof ResourceNotFoundException && VersionStage === 'AWSPREVIOUS') return undefined;
      throw error;
    }
  }

  private age(): number {
    return Date.now() - this.readAt;
  }
}
