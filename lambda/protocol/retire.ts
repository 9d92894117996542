import { Refusal, RotationError } from './errors';
import { CURRENT } from './labels';
import { Ledger } from './ledger';
import { Outcome, READ_LAG_MILLIS, Rotation, Subject } from './rotation';
import type { Retired, Retirement } from './rotator';

const READ_ATTEMPTS = 5;

/** The scheduled check. */
export async function retireDue(subject: Subject): Promise<Outcome> {
  return outcomeOf(await retirementOf(subject).retireDue(await openLedger(subject)), 'nothing is due');
}

/** One that nobody needs any more. */
export async function retireNow(subject: Subject, id: unknown): Promise<Outcome> {
  const retirement = retirementOf(subject);
  if (typeof id !== 'string' || !subject.rotator.kept?.isId(id)) { // which may be a secret value, and is not quoted
    throw new Refusal('"KeyId" must be the id of the access key to retire, such as AKIA…, got something else: DescribeSecret shows it among the labels of its version');
  }
  return outcomeOf(await retirement.retireNow(await openLedger(subject), id), 'it is gone already');
}

function retirementOf({ rotator }: Subject): Retirement {
  if (!rotator.kept?.retirement) throw new Refusal('this function retires nothing: what it replaces does not go by itself');
  return rotator.kept.retirement;
}

async function openLedger(subject: Subject): Promise<Ledger> {
  return Ledger.open(subject, await subject.secret.look());
}

/** Right after a rotation, where the replaced credential is not to live any longer. */
export async function retireAtOnce(rotation: Rotation): Promise<void> {
  const { secret, token, rotator, clock } = rotation;
  const retirement = rotator.kept?.retirement;
  if (!retirement?.retiresAtOnce) return;
  for (let attempt = 1; ; attempt++) {
    const look = await secret.look();
    const seen = look.versionWith(CURRENT) === token;
    const { held } = seen ? await retirement.retireDue(await Ledger.open(rotation, look)) : { held: `${CURRENT} is not on version ${token}` };
    if (held === undefined) return;
    if (attempt === READ_ATTEMPTS) throw new RotationError(`the replaced credential of secret ${secret.id} still works: ${held}`);
    await clock.sleep(READ_LAG_MILLIS); // what was just written may not be read yet
  }
}

function outcomeOf({ deactivated, removed, held }: Retired, otherwise: string): Outcome {
  if (deactivated.length + removed.length === 0) return { decision: 'nothing', why: held ?? otherwise };
  return { decision: 'retired', why: 'they are replaced', ids: { deactivated: deactivated.join(' ') || undefined, removed: removed.join(' ') || undefined } };
}
