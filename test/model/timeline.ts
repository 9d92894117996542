/** A clock of its own, and what happens when: calls of the function, people and consumers, in one order. */
import { MINUTE } from './history';

export class Timeline {
  public now = Date.parse('2026-01-01T00:00:00.000Z');
  public readonly createdAt = this.now;
  /** What happened, for whoever wants to read it. */
  public readonly story: string[] = [];
  /** Code of the function can go on. */
  protected woken = false;
  private readonly queue: Array<{ at: number; order: number; run: () => void }> = [];
  private order = 0;
  private count = 0;

  /** Numbers what is made, keys and versions alike. */
  public next(): number {
    return ++this.count;
  }

  public tell(what: string): void {
    const minutes = ((this.now - this.createdAt) / MINUTE).toFixed(2);
    this.story.push(`${minutes.padStart(12)} min  ${what}`);
  }

  public at(time: number, run: () => void): void {
    const event = { at: Math.max(time, this.now), order: this.order++, run };
    let index = this.queue.length;
    const comesFirst = (other: typeof event) => other.at < event.at || (other.at === event.at && other.order < event.order);
    while (index > 0 && comesFirst(this.queue[index - 1])) index--;
    this.queue.splice(index, 0, event);
  }

  /** Lets everything happen up to a time, or until `over`. */
  public async run(until: number, over: () => boolean): Promise<void> {
    while (this.queue.length > 0 && !over()) {
      const next = this.queue[this.queue.length - 1];
      if (next.at > until) break;
      this.queue.pop();
      this.now = next.at;
      next.run();
      if (this.woken) { // code of the function runs until it waits again
        this.woken = false;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    if (!over()) this.now = Math.max(this.now, until);
  }

  public sleep(millis: number, isOver: () => boolean = () => false): Promise<void> {
    return new Promise((resolve) => this.at(this.now + millis, () => {
      if (isOver()) return;
      this.woken = true;
      resolve();
    }));
  }
}
