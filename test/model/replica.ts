/** The secret's replica in another region: it follows each change of the current value a little later, unless it is broken. */
import { MINUTE } from './history';
import type { Timeline } from './timeline';

/** It is brought up to date so long after a change. */
const REPLICATION = 2 * MINUTE;

type Status = 'InSync' | 'InProgress' | 'Failed';

export class Replica {
  private isBroken = false;
  private readonly changes: Array<{ at: number; status: Status }> = [{ at: -Infinity, status: 'InSync' }];

  public constructor(private readonly time: Timeline) {}

  public break(): void {
    this.isBroken = true;
  }

  public mend(): void {
    if (!this.isBroken) return;
    this.isBroken = false;
    this.follow();
  }

  /** The current value has changed. */
  public follow(): void {
    if (this.isBroken) return this.become('Failed');
    this.become('InProgress');
    const last = this.changes.length;
    this.time.at(this.time.now + REPLICATION, () => this.changes.length === last && this.become('InSync'));
  }

  public statusAt(time: number): Status {
    return this.changes.filter(({ at }) => at <= time).at(-1)!.status;
  }

  /** Whether whoever looked from then on was told that its readers may be given an old value. */
  public isBehindSince(time: number): boolean {
    return this.statusAt(time) !== 'InSync' && this.changes.every(({ at, status }) => at < time || status !== 'InSync');
  }

  private become(status: Status): void {
    this.changes.push({ at: this.time.now, status });
    this.time.tell(`the replica is ${status}`);
  }
}
