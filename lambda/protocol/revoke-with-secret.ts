import { failedWith, Refusal } from './errors';
import { CURRENT, OWNER, PENDING } from './labels';
import { Ledger, ledgerOfNothing } from './ledger';
import type { Outcome, Rotation } from './rotation';
import type { Look } from './secret';

/**
 * Before the secret is deleted: no rotation goes on, and what the secret has issued is revoked. A secret that stays keeps its credentials, and so
 * does one that another resource has set up by now, or that another function rotates: the construct may have moved, or refer to the secret in another way.
 *
 * @param mark of the resource that goes
 */
export async function revokeWithSecret(rotation: Rotation, secretIsRetained: boolean, mark: string): Promise<Outcome> {
  const { secret, rotator: { kept }, functionArn, clock } = rotation;
  const look = await lookUnlessGone(rotation);
  if (look === undefined) {
    if (secretIsRetained || !kept?.ownsAll) return { decision: 'nothing', why: 'the secret is gone already' };
    return revoked(await kept.revokeAll(async () => ledgerOfNothing(clock.now())), 'the secret is gone already, and its owner goes');
  }
  const owner = look.labels.find((label) => label.startsWith(OWNER));
  if (owner !== undefined && owner !== `${OWNER}${mark}`) return { decision: 'nothing', why: 'another resource has set up the rotation of the secret since' };
  if (look.rotatedBy !== undefined && look.rotatedBy !== functionArn) {
    if (!secretIsRetained && kept?.ownsAll) {
      throw new Refusal(`secret ${secret.id} goes with its user, and another function rotates it, ${look.rotatedBy}: `
        + 'switch that off (aws secretsmanager cancel-rotate-secret), and delete again');
    }
    return { decision: 'nothing', why: `another function rotates the secret, ${look.rotatedBy}` };
  }
  await endRotation(rotation, look);
  if (secretIsRetained) return { decision: 'nothing', why: 'the secret is retained, and so are its credentials' };
  if (!kept) return { decision: 'nothing', why: 'what it holds goes with the secret' };
  // Looked at anew each time: a rotation that was under way may just have stored one.
  const lookAgain = async () => Ledger.open(rotation, await endRotation(rotation, await rotation.secret.look()));
  return revoked(await kept.revokeAll(lookAgain), 'the secret is deleted');
}

async function lookUnlessGone({ secret }: Rotation): Promise<Look | undefined> {
  try {
    return await secret.look();
  } catch (error) {
    if (failedWith(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

async function endRotation({ secret }: Rotation, look: Look): Promise<Look> {
  const pending = look.versionWith(PENDING);
  if (pending && pending !== look.versionWith(CURRENT)) await secret.unlabel(pending, PENDING);
  return look;
}

function revoked(ids: readonly string[], why: string): Outcome {
  return { decision: 'revoked', why, ids: { revoked: ids.join(' ') } };
}
