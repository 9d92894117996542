import { abandon, discard } from './abandon';
import { RotationError, UnusableValue } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT } from './labels';
import { guard, Outcome, Rotation } from './rotation';
import type { Held } from './rotator';
import type { Look } from './secret';

/** A read can be this far behind a write: what looks like a dry run is looked at again after it. */
const READ_LAG_MILLIS = 3000;

interface Stored {
  readonly text: string;
  readonly held?: Held;
}

/** Tries the pending credential until the service knows it everywhere. In a dry run, which stores none, tries the current one. */
export async function testSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  let look = await guard(rotation);
  let pending = await readPending(rotation);
  if (!await isOurs(rotation, look, pending)) {
    await rotation.clock.sleep(READ_LAG_MILLIS);
    look = await guard(rotation);
    pending = await readPending(rotation);
    const current = await currentText(rotation, look);
    const label = look.labelsOf(token).find((one) => rotator.kept?.isId(one));
    if (pending === undefined && label !== undefined) throw new RotationError(`version ${token} holds ${label}, but cannot be read yet`);
    if (pending === undefined || (current !== undefined && holdSame(rotator, pending.text, current))) return dryRun(rotation, look, current);
  }
  if (pending?.held === undefined) return abandon(rotation, 'its version holds no credential');

  const verdict = await rotator.verify({ text: pending.text, version: token, registeredAt: () => secret.registeredAt(token) });
  if (verdict.kind === 'never') return verdict.revoke ? discard(rotation, pending.held, verdict.why) : abandon(rotation, verdict.why);
  if (verdict.kind === 'notYet') {
    throw new RotationError(`${nameOf(pending.held)} does not work yet: ${verdict.why}${rotation.registered ? '; Secrets Manager tries again' : ''}`);
  }
  return { decision: 'works', why: 'it was tried', ids: { pending: pending.held.id } };
}

/** Our createSecret labels what it stores with its id, a dry run does not; what has no id differs from the current value. */
async function isOurs(rotation: Rotation, look: Look, pending: Stored | undefined): Promise<boolean> {
  if (pending?.held === undefined) return false;
  if (pending.held.id !== undefined) return look.labelsOf(rotation.token).includes(pending.held.id);
  const current = await currentText(rotation, look);
  return current === undefined || look.labelsOf(rotation.token).includes(CURRENT) || !holdSame(rotation.rotator, pending.text, current);
}

async function currentText({ secret }: Rotation, look: Look): Promise<string | undefined> {
  const version = look.versionWith(CURRENT);
  return version && secret.text(version);
}

async function readPending(rotation: Rotation): Promise<Stored | undefined> {
  try {
    const text = await rotation.secret.text(rotation.token);
    return text === undefined ? undefined : { text, held: rotation.rotator.identify(text) };
  } catch (error) {
    if (error instanceof UnusableValue) return abandon(rotation, error.message);
    throw error;
  }
}

async function dryRun(rotation: Rotation, look: Look, current: string | undefined): Promise<Outcome> {
  const held = current === undefined ? undefined : rotation.rotator.identify(current);
  if (current === undefined || held === undefined) return { decision: 'nothing', why: 'a dry run, and the secret holds no credential yet' };
  const version = look.versionWith(CURRENT)!;
  const verdict = await rotation.rotator.verify({ text: current, version, registeredAt: async () => undefined });
  if (verdict.kind !== 'works') throw new RotationError(`${nameOf(held)}, the current credential of secret ${rotation.secret.id}, does not work: ${verdict.why}`);
  return { decision: 'works', why: 'a dry run: the current credential was tried', ids: { current: held.id } };
}
