// Signs sessions with the current value of the secret, and accepts those that were signed with the current or the previous one.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SessionKeyCache, SessionKeys } from './session-keys';

/** What is asked of this function. In a web app `signIn` sets a cookie, and each request brings it. */
type Request = { readonly signIn: string } | { readonly session: string };

const keys = new SessionKeyCache(process.env.SESSION_SECRET!, Number(process.env.CACHE_SECONDS) * 1000);

export async function handler(request: Request): Promise<{ session?: string; user?: string }> {
  return 'signIn' in request ? { session: await signIn(request.signIn) } : { user: await userOf(request.session) };
}

/** A session of a user: `<user>.<signature>`. New ones are always signed with the current value. */
async function signIn(user: string): Promise<string> {
  const payload = Buffer.from(user).toString('base64url');
  return `${payload}.${sign(payload, (await keys.get()).current)}`;
}

/** Whose session it is; undefined if it is nobody's, or too old. */
async function userOf(session: string): Promise<string | undefined> {
  const [payload, signature] = session.split('.');
  if (!payload || !signature) return undefined;
  const accepted = isSigned(payload, signature, await keys.get()) || isSigned(payload, signature, await keys.getNewer());
  return accepted ? Buffer.from(payload, 'base64url').toString() : undefined;
}

function isSigned(payload: string, signature: string, known: SessionKeys | undefined): boolean {
  return [known?.current, known?.previous].some((key) => key !== undefined && isEqual(signature, sign(payload, key)));
}

function sign(payload: string, key: string): string {
  return createHmac('sha256', key).update(payload).digest('base64url');
}

/** Takes as long for a wrong signature as for a right one, so that nobody can guess it letter by letter. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
