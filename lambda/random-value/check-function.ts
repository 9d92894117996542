/** A user's own function that is asked whether a new value works. It is told where the value is, never the value. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { Advice, call } from '../protocol/aws-call';
import { RotationError } from '../protocol/errors';
import type { Clock } from '../protocol/rotator';
import { RESERVE_MILLIS, within } from '../protocol/within';

export class CheckFunction {
  constructor(
    private readonly lambda: Pick<LambdaClient, 'send'>,
    private readonly functionArn: string,
    private readonly secretArn: () => Promise<string>,
    private readonly clock: Clock,
  ) {}

  /**
   * Why the version is not accepted; undefined if it is. A function that cannot be asked, or does not answer, has not accepted it either:
   * that is tried again, and in the end given up, like a refusal.
   */
  public async ask(version: string): Promise<string | undefined> {
    const who = `the check function ${this.functionArn}`;
    const Payload = JSON.stringify({ SecretArn: await this.secretArn(), VersionId: version });
    const abort = new AbortController();
    try {
      const asked = call('lambda:InvokeFunction', `function ${this.functionArn}`,
        () => this.lambda.send(new InvokeCommand({ FunctionName: this.functionArn, Payload }), { abortSignal: abort.signal }), ADVICE, false);
      const answer = await within(asked, this.clock, RESERVE_MILLIS, who);
      if (answer.FunctionError !== undefined) return `${who} failed with ${errorType(answer.Payload)}: its own log says why`;
      return textOf(answer.Payload).trim() === 'false' ? `${who} answered false` : undefined;
    } catch (error) {
      if (error instanceof RotationError) return error.message;
      throw error;
    } finally {
      abort.abort(); // an answer that nobody waits for would still be waited for when Lambda thaws this process
    }
  }
}

const ADVICE: Advice = (code) => (code === 'ResourceNotFoundException' ? 'the function does not exist (any more)' : undefined);

/** What a function says in an error may hold the value: only its type is told, and only if it looks like one. */
function errorType(payload: Uint8Array | undefined): string {
  try {
    const { errorType: type } = JSON.parse(textOf(payload)) as { errorType?: unknown };
    return typeof type === 'string' && /^(Function|Runtime|Sandbox|Extension)\.\w{1,40}$|^[\w.]{0,80}(Error|Exception)$/.test(type) ? type : 'an error';
  } catch {
    return 'an error'; // whatever it answered, it is not shown
  }
}

function textOf(payload: Uint8Array | undefined): string {
  return Buffer.from(payload ?? []).toString();
}
