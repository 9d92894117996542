import { abandon } from './abandon';
import { RotationError, UnusableValue } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT, replacedAt, replacedLabel } from './labels';
import { retireAtOnce } from './retire';
import { guard, Outcome, Rotation } from './rotation';
import type { Look } from './secret';

/** Makes the pending version current, unless somebody has edited the secret since the version was filled. */
export async function finishSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token } = rotation;
  const look = await guard(rotation); // one answer says both that the token is pending and which version it replaces
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) {
    await retireAtOnce(rotation);
    return { decision: 'nothing', why: 'the version is current already' };
  }

  const { pendingId, currentId } = await compare(rotation, look, currentVersion);
  if (currentId) await markReplaced(rotation, look, currentVersion!, currentId);
  await secret.move(CURRENT, currentVersion, token); // fails if AWSCURRENT is elsewhere by now
  await retireAtOnce(rotation); // if this fails, the step is repeated, and comes here again
  return { decision: 'rotated', why: 'the new credential works', ids: { current: pendingId, previous: currentId } };
}

async function compare(rotation: Rotation, look: Look, currentVersion: string | undefined) {
  const { secret, token, rotator } = rotation;
  try {
    const [pending, current] = await Promise.all([secret.text(token), secret.currentText(currentVersion)]);
    if (pending === undefined) throw new RotationError(`version ${token} of secret ${secret.id} has no value: createSecret has not stored one`);
    const held = rotator.identify(pending);
    if (held === undefined) return await abandon(rotation, 'its version holds no credential');
    if (holdSame(rotator, pending, current)) return await abandon(rotation, 'its version holds the current credential');
    if (rotator.carry(pending, current, look.arn) !== pending) {
      return await abandon(rotation, `the secret was edited since ${nameOf(held)} was made for it; the edit is kept`);
    }
    return { pendingId: held.id, currentId: rotator.identify(current)?.id };
  } catch (error) {
    if (error instanceof UnusableValue) return abandon(rotation, error.message);
    throw error;
  }
}

/** From now on the credential of this version counts as replaced. An edit may have left its id on an older version: it moves along. */
async function markReplaced({ secret, clock }: Rotation, look: Look, version: string, id: string): Promise<void> {
  const labelled = look.versionWith(id);
  if (labelled !== version) await secret.move(id, labelled, version);
  await secret.move(replacedLabel(clock.now()), undefined, version);
  for (const holder of new Set([version, labelled ?? version])) {
    for (const earlier of look.labelsOf(holder).filter(replacedAt)) await secret.unlabel(holder, earlier); // it had become current again
  }
}
