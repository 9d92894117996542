import { HasEnded, NotUnderWay } from './errors';
import { CURRENT, dateIn, PENDING, PREVIOUS } from './labels';
import type { Clock, Rotator } from './rotator';
import type { Look, Secret } from './secret';

/** A read can be this far behind a write, as a rule. */
export const READ_LAG_MILLIS = 3000;

/** A secret, and what kind of credential it holds. */
export interface Subject {
  readonly secret: Secret;
  readonly rotator: Rotator;
  readonly clock: Clock;
  /** The version that is being filled, if one is. */
  readonly token?: string;
  /** Secrets Manager has registered that version, as it does for every rotation. It has not for the first credential of a stack. */
  readonly registered: boolean;
  /** When this invocation began. Where nobody has registered the rotation, a credential that is older is not its own. */
  readonly startedAt?: Date;
}

/** One rotation: the version that it fills, of which secret, with what kind of credential. */
export interface Rotation extends Subject {
  /** Secrets Manager's ClientRequestToken: the id of the version to be filled. */
  readonly token: string;
  /** Called right before a credential is made. */
  readonly onIssue?: () => void;
  /** Called with the id of what was made; undefined where nobody keeps it under an id. */
  readonly onIssued?: (id: string | undefined) => void;
  /** The ARN of this function, without an alias. */
  readonly functionArn?: string;
}

/** What a step did, and why: the line in the log. Ids only. */
export interface Outcome {
  readonly decision: string;
  readonly why: string;
  readonly ids?: Record<string, string | undefined>;
}

/** Looks at the secret, and refuses to go on for a version that is neither pending nor current: its rotation is over. */
export async function guard(rotation: Rotation): Promise<Look> {
  const { secret, token, registered } = rotation;
  const look = await secret.look();
  if (registered && !look.rotationEnabled) {
    throw new NotUnderWay(`rotation is not switched on for secret ${secret.id}: start it with RotateSecret, do not invoke the function yourself`);
  }
  if (registered && look.arn !== secret.id) throw new NotUnderWay(`"SecretId" must be the whole ARN of the secret, ${look.arn}, as Secrets Manager sends it`);
  const labels = look.labelsOf(token);
  const isUnderWay = labels.includes(PENDING) && !labels.includes(CURRENT);
  if (registered && isUnderWay && labels.some((label) => label === PREVIOUS || dateIn(label, 'replaced'))) {
    throw new HasEnded(`version ${token} of secret ${secret.id} was current before, and is not made so again: rotate without its id`);
  }
  if (!labels.includes(PENDING) && !labels.includes(CURRENT)) {
    throw new NotUnderWay(
      `version ${token} of secret ${secret.id} is neither ${PENDING} nor ${CURRENT}: its rotation is over or was never started; start one with RotateSecret`);
  }
  return look;
}
