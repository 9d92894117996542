/** A user's own function that is asked whether a new value works. It is told where the value is, never the value. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { call } from '../protocol/aws-call';
import type { Clock } from '../protocol/rotator';
import { within } from '../protocol/within';

/** Kept back to say that it did not answer. */
const RESERVE_MILLIS = 10_000;

export class CheckFunction {
  constructor(
    private readonly lambda: Pick<LambdaClient, 'send'>,
    private readonly functionArn: string,
    private readonly secretArn: () => Promise<string>,
    private readonly clock: Clock,
  ) {}

  /** Why the version is refused; undefined if it is not. What the function says in an error may hold the value, so only its type is told. */
  public async ask(version: string): Promise<string | undefined> {
    const Payload = JSON.stringify({ SecretArn: await this.secretArn(), VersionId: version });
    const asked = call('lambda:InvokeFunction', `function ${this.functionArn}`,
      () => this.lambda.send(new InvokeCommand({ FunctionName: this.functionArn, Payload })), () => undefined, false);
    const answer = await within(asked, this.clock, RESERVE_MILLIS, `the check function ${this.functionArn}`);
    if (answer.FunctionError === undefined) return undefined;
    return `the check function ${this.functionArn} failed with ${errorType(answer.Payload)}: its own log says why`;
  }
}

function errorType(payload: Uint8Array | undefined): string {
  try {
    const { errorType: type } = JSON.parse(Buffer.from(payload ?? []).toString()) as { errorType?: unknown };
    return typeof type === 'string' && /^[\w.:]{1,100}$/.test(type) ? type : 'an error';
  } catch {
    return 'an error'; // whatever it answered, it is not shown
  }
}
