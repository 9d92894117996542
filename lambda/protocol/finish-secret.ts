import { IsCurrent, nameAndMessage, NeverFinishes, OutOfOrder } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT, datedLabel, dateIn, PENDING, TESTED } from './labels';
import { retireAtOnce } from './retire';
import { guard, Outcome, READ_LAG_MILLIS, Rotation } from './rotation';
import type { Look } from './secret';

/** Makes the pending version current, unless somebody has edited the secret since the version was filled. */
export async function finishSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, clock } = rotation;
  let look = await guard(rotation); // one answer says both that the token is pending and which version it replaces
  if (!hasPassed(look, token)) {
    await clock.sleep(READ_LAG_MILLIS);
    look = await guard(rotation);
  }
  if (!hasPassed(look, token)) throw new OutOfOrder(`version ${token} of secret ${secret.id} has not passed testSecret, which comes before finishSecret`);
  const currentVersion = look.versionWith(CURRENT);
  if (currentVersion === token) {
    await tidyUp(rotation, look);
    return { decision: 'nothing', why: 'the version is current already' };
  }

  const { pendingId, currentId } = await compare(rotation, look, currentVersion);
  if (currentId) await markReplaced(rotation, look, currentVersion!, currentId);
  await secret.move(CURRENT, currentVersion, token); // fails if AWSCURRENT is elsewhere by now
  await tidyUp(rotation, look);
  return { decision: 'rotated', why: 'the new credential works', ids: { current: pendingId, previous: currentId } };
}

/** What is left to do once the version is current. If it fails, the step is repeated, and comes here again; there is nothing to give up any more. */
async function tidyUp(rotation: Rotation, look: Look): Promise<void> {
  const { secret, token } = rotation;
  try {
    // Secrets Manager may leave it: after a person's edit it would block RotateSecret for good.
    if (look.labelsOf(token).includes(PENDING)) await secret.unlabel(token, PENDING);
    await retireAtOnce(rotation);
  } catch (error) {
    throw new IsCurrent(`the new credential is current, but ${nameAndMessage(error)}`);
  }
}

/** Anybody who may rotate can send the steps in another order. What is current has passed, or was made current by a person. */
function hasPassed(look: Look, version: string): boolean {
  return look.labelsOf(version).some((label) => label === TESTED || label === CURRENT);
}

async function compare(rotation: Rotation, look: Look, currentVersion: string | undefined) {
  const { secret, token, rotator } = rotation;
  const [pending, current] = await Promise.all([secret.text(token), secret.currentText(currentVersion)]);
  if (pending === undefined) throw new OutOfOrder(`version ${token} of secret ${secret.id} has no value: createSecret has not stored one`);
  const held = rotator.identify(pending);
  if (held === undefined) throw new NeverFinishes('its version holds no credential');
  if (holdSame(rotator, pending, current)) throw new NeverFinishes('its version holds the current credential');
  if (rotator.carry(pending, current, look.arn) !== pending) {
    throw new NeverFinishes(`the secret was edited since ${nameOf(held)} was made for it; the edit is kept`);
  }
  return { pendingId: held.id, currentId: rotator.identify(current)?.id };
}

/** From now on the credential of this version counts as replaced. An edit may have left its id on an older version: it moves along. */
async function markReplaced({ secret, clock }: Rotation, look: Look, version: string, id: string): Promise<void> {
  const labelled = look.versionWith(id);
  if (labelled !== version) await secret.move(id, labelled, version);
  await secret.move(datedLabel('replaced', clock.now()), undefined, version);
  for (const holder of new Set([version, labelled ?? version])) {
    for (const earlier of look.labelsOf(holder).filter((label) => dateIn(label, 'replaced'))) await secret.unlabel(holder, earlier); // it had become current again
  }
}
