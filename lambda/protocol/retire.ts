import { Refusal, RotationError } from './errors';
import { CURRENT } from './labels';
import { Ledger } from './ledger';
import type { Outcome, Rotation, Subject } from './rotation';
import type { Retired } from './rotator';
import type { RetirementEvent } from '../../src/private/settings';

/** A read can be this far behind a write, as a rule. */
const READ_LAG_MILLIS = 3000;
const READ_ATTEMPTS = 5;

/** The scheduled check, and its owner's word that nobody needs a replaced credential any more. */
export async function retire(subject: Subject, { Action, KeyId }: RetirementEvent): Promise<Outcome> {
  const retirement = subject.rotator.kept?.retirement;
  if (!retirement) throw new Refusal(`action "${String(Action)}" is not for this secret: what it replaces does not go by itself`);
  const ledger = await Ledger.open(subject, await subject.secret.look());
  switch (Action) {
    case 'retireDue': return outcomeOf(await retirement.retireDue(ledger), 'nothing is due');
    case 'retire': return outcomeOf(await retirement.retireNow(ledger, KeyId), 'no replaced credential is left');
    default: throw new Refusal(`unknown action "${String(Action)}": expected "retireDue" or "retire"`);
  }
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
