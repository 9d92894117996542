/** A run of the function: what it was called for, what is to go wrong in it, and what it has seen and done. */
import type { Fault } from './history';

/** What the function may be sent, as far as the invariants look at it. */
export interface Event {
  readonly RequestType?: string;
  readonly Step?: string;
  readonly ClientRequestToken?: string;
  readonly Action?: string;
  readonly KeyId?: string;
  readonly [field: string]: unknown;
}

export class Process {
  public calls = 0;
  public dead = false;
  /** Of which time it has last seen the labels. */
  public lookedAt = -Infinity;
  /** Of which time it has last seen the list of keys. */
  public listedAt = -Infinity;
  /** So often it has asked STS about a key that not all of AWS knows. */
  public triesOfNewKey = 0;
  /** When it has deactivated a key, or was told that it is inactive. */
  public readonly off = new Map<string, number>();
  public constructor(
    private readonly event: Event, public readonly startedAt: number, public readonly plan: ReadonlyMap<number, Fault>,
    public readonly deadline: number, public readonly die: (error: Error) => void,
  ) {}

  /** It acts on the word of the owner of the replaced keys. */
  public get isOwnersWord(): boolean {
    return this.event.Action === 'retire';
  }

  /** The version that it fills, in a rotation. */
  public get token(): string | undefined {
    return this.event.ClientRequestToken;
  }

  /** The key that it is about, of an owner's word about one key. */
  public get askedFor(): string | undefined {
    return this.event.KeyId;
  }

  /** Nobody needs the place of a replaced key: it goes when it is due. */
  public get isRetirement(): boolean {
    return this.event.Action === 'retireDue' || this.event.Step === 'finishSecret';
  }
}
