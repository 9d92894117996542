import { abandon } from './abandon';
import { RotationError, UnusableValue } from './errors';
import { CURRENT } from './labels';
import { guard, Outcome, Rotation } from './rotation';

/** A read can be this far behind a write: what looks like a dry run is looked at again after it. */
const READ_LAG_MILLIS = 3000;

/** Tries the pending credential until the service knows it everywhere. In a dry run, which stores none, tries the current one. */
export async function testSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  let look = await guard(rotation);
  let pending = await readPending(rotation);
  if (pending?.id === undefined || !look.labelsOf(token).includes(pending.id)) { // our createSecret labels what it stores, a dry run does not
    await rotation.clock.sleep(READ_LAG_MILLIS);
    look = await guard(rotation);
    pending = await readPending(rotation);
    const currentVersion = look.versionWith(CURRENT);
    const current = currentVersion && await secret.text(currentVersion);
    const currentId = current && rotator.identify(current);
    const stored = look.labelsOf(token).find((label) => rotator.isId(label));
    if (pending === undefined && stored !== undefined) throw new RotationError(`version ${token} holds ${stored}, but cannot be read yet`);
    if (pending === undefined || pending.id === currentId) return dryRun(rotation, current, currentId);
  }
  if (pending.id === undefined) return abandon(rotation, 'its version holds no credential');

  const verdict = await rotator.verify(pending.text, () => secret.registeredAt(token));
  if (verdict.kind === 'never') return abandon(rotation, verdict.why);
  if (verdict.kind === 'notYet') {
    throw new RotationError(`${pending.id} does not work yet: ${verdict.why}${rotation.registered ? '; Secrets Manager tries again' : ''}`);
  }
  return { decision: 'works', why: 'the service answered it several times in a row', ids: { pending: pending.id } };
}

async function readPending(rotation: Rotation): Promise<{ text: string; id?: string } | undefined> {
  try {
    const text = await rotation.secret.text(rotation.token);
    return text === undefined ? undefined : { text, id: rotation.rotator.identify(text) };
  } catch (error) {
    if (error instanceof UnusableValue) return abandon(rotation, error.message);
    throw error;
  }
}

async function dryRun(rotation: Rotation, current: string | undefined, currentId: string | undefined): Promise<Outcome> {
  if (!current || !currentId) return { decision: 'nothing', why: 'a dry run, and the secret holds no credential yet' };
  const verdict = await rotation.rotator.verify(current, async () => undefined);
  if (verdict.kind !== 'works') throw new RotationError(`${currentId}, the current credential of secret ${rotation.secret.id}, does not work: ${verdict.why}`);
  return { decision: 'works', why: 'a dry run: the current credential was tried', ids: { current: currentId } };
}
