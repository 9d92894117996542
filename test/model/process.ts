/** A run of the function: what is to go wrong in it, and what it has seen and done. */
import type { Fault } from './history';

export class Process {
  public calls = 0;
  public dead = false;
  /** Of which time it has last seen the labels. */
  public lookedAt = -Infinity;
  /** So often it asked STS about a key that not all of AWS knows. */
  public asked = 0;
  /** When it has deactivated a key, or was told that it is inactive. */
  public readonly off = new Map<string, number>();
  public constructor(
    public readonly plan: ReadonlyMap<number, Fault>, public readonly deadline: number, public readonly die: (error: Error) => void,
  ) {}
}
