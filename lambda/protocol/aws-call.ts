import { AwsCallFailed } from './errors';

/** What is known of an error that the SDK threw; it has more, such as the raw answer, which must not reach a log. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number };
}

/** What to tell a person about an error code. */
export type Advice = (code: string, awsMessage: string) => string | undefined;

/**
 * Sends one request, and turns what the SDK throws into an error that names the action, the resource and the way out.
 *
 * @param action as IAM writes it, such as `iam:CreateAccessKey`.
 * @param advise the way out for an error code; without one the error is AWS's own words.
 * @param quote whether AWS's own words may be shown: not where AWS might repeat a secret value in them.
 */
export async function call<T>(action: string, resource: string, send: () => Promise<T>, advise: Advice = () => undefined, quote = true): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    const error = thrown as SdkError;
    const code = error.name ?? 'UnknownError';
    // More than one attempt: an earlier one may have worked although the last one was refused.
    const refused = error.$fault === 'client' && (error.$metadata?.httpStatusCode ?? 0) < 500 && (error.$metadata?.attempts ?? 1) === 1;
    const denied = code.startsWith('AccessDenied');
    const said = quote || denied ? `: ${error.message}` : '';
    const advice = advise(code, error.message ?? '') ?? (denied ? DENIED : undefined);
    throw new AwsCallFailed(`${action} on ${resource} failed with ${code}${said}${advice ? ` — ${advice}` : ''}`, code, refused);
  }
}

/** Where nothing better is known of a refusal. */
export const DENIED = 'the execution role was given this right by the construct: look for a permissions boundary, a service control policy or a '
  + 'resource policy that takes it away, or for a change made to the role by hand';
