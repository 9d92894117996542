import { NeverFinishes, RotationError } from './errors';
import { holdSame, nameOf } from './held';
import { CURRENT, TESTED } from './labels';
import { guard, Outcome, READ_LAG_MILLIS, Rotation } from './rotation';
import type { Held } from './rotator';
import type { Look } from './secret';

interface Stored {
  readonly text: string;
  readonly held?: Held;
}

/** Tries the pending credential until the service knows it everywhere. In a dry run, which stores none, tries the current one. */
export async function testSecret(rotation: Rotation): Promise<Outcome> {
  const { secret, token, rotator } = rotation;
  const first = await guard(rotation);
  let pending = await readPending(rotation);
  if (!await isOurs(rotation, first, pending)) {
    await rotation.clock.sleep(READ_LAG_MILLIS); // what looks like a dry run may be a late read
    const look = await guard(rotation);
    pending = await readPending(rotation);
    const current = await currentText(rotation, look);
    const label = [first, look].flatMap((one) => one.labelsOf(token)).find((one) => rotator.kept?.isId(one)); // each look may be late
    if (pending === undefined && label !== undefined) throw new RotationError(`version ${token} holds ${label}, but cannot be read yet`);
    if (pending === undefined || (current !== undefined && holdSame(rotator, pending.text, current))) return dryRun(rotation, look, current);
  }
  if (pending?.held === undefined) throw new NeverFinishes('its version holds no credential');

  const verdict = await rotator.verify({ text: pending.text, version: token, registeredAt: () => secret.registeredAt(token) });
  if (verdict.kind === 'never') throw new NeverFinishes(verdict.why);
  if (verdict.kind === 'notYet') {
    throw new RotationError(`${nameOf(pending.held)} does not work yet: ${verdict.why}`);
  }
  if (!first.labelsOf(token).some((label) => label === TESTED || label === CURRENT)) await secret.move(TESTED, first.versionWith(TESTED), token);
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

async function readPending({ secret, rotator, token }: Rotation): Promise<Stored | undefined> {
  const text = await secret.text(token);
  return text === undefined ? undefined : { text, held: rotator.identify(text) };
}

async function dryRun(rotation: Rotation, look: Look, current: string | undefined): Promise<Outcome> {
  const held = current === undefined ? undefined : rotation.rotator.identify(current);
  if (current === undefined || held === undefined) return { decision: 'nothing', why: 'a dry run, and the secret holds no credential yet' };
  const version = look.versionWith(CURRENT)!;
  const verdict = await rotation.rotator.verify({ text: current, version, registeredAt: async () => undefined });
  if (verdict.kind !== 'works') throw new RotationError(`${nameOf(held)}, the current credential of secret ${rotation.secret.id}, does not work: ${verdict.why}`);
  return { decision: 'works', why: 'a dry run: the current credential was tried', ids: { current: held.id } };
}
