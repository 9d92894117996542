/**
 * Writes one line of JSON to the function's log: what was decided and why, with ids only. Straight to the stream: Lambda would
 * put a prefix before what `console.log` writes, and CloudWatch Logs Insights finds the fields only in a line that is all JSON.
 */
export function logLine(fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}
