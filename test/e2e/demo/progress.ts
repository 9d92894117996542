/** What the demo shows while it runs: one line a thing, with the time that has passed. */
export class Progress {
  private readonly started = Date.now();

  get seconds(): number {
    return Math.round((Date.now() - this.started) / 100) / 10;
  }

  headline(text: string): void {
    process.stdout.write(`\n${text}\n`);
  }

  /** Tells what is being done, does it, and tells that it is done. */
  async step<T>(text: string, action: () => Promise<T>): Promise<T> {
    this.line('…', text);
    const result = await action();
    this.line('✓', text);
    return result;
  }

  /** Tells what was found, and whether that is what should be. */
  seen(text: string, asExpected: boolean): boolean {
    this.line(asExpected ? '✓' : '✗', text);
    return asExpected;
  }

  /** Shows something word for word. */
  quote(text: string): void {
    process.stdout.write(`          │ ${text}\n`);
  }

  private line(mark: string, text: string): void {
    process.stdout.write(`${this.seconds.toFixed(1).padStart(6)} s  ${mark} ${text}\n`);
  }
}
