import { createSecret } from './create-secret';
import { finishSecret } from './finish-secret';
import type { Outcome, Rotation } from './rotation';
import { setSecret } from './set-secret';
import { testSecret } from './test-secret';

/**
 * What Secrets Manager sends for each step.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export interface RotationEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  /** A credential: never logged. */
  readonly RotationToken?: string;
}

/** The four steps, in Secrets Manager's order. */
export const STEPS: Readonly<Record<string, (rotation: Rotation) => Promise<Outcome>>> = { createSecret, setSecret, testSecret, finishSecret };
