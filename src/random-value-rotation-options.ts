import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RandomValue } from './random-value';
import { RotationOptions } from './rotation-options';

/** Options of the rotation of random values. */
export interface RandomValueRotationOptions extends RotationOptions {
  /**
   * The names of the JSON fields, and what each holds. Rotations keep every other field of the secret.
   *
   * The deployment that adds a field gives it its first value; the other fields keep theirs until the next rotation. A field that you remove
   * here stays in the secret and is no longer rotated. A new length or character set applies from the next rotation.
   *
   * All fields together must fit into 65,536 bytes.
   */
  readonly fields: { [name: string]: RandomValue };

  /**
   * A function that checks new values before they become current.
   *
   * It is invoked with `{ "SecretArn": "…", "VersionId": "…" }`, never with a value, and is granted read access to the secret, unless it
   * is imported without its role. It rejects values by throwing an error or by returning `false`.
   *
   * It may be invoked several times for one version. It also checks the first values, and the current values when the schedule is set up.
   *
   * If it has not accepted the new values one hour after the rotation started, the rotation is abandoned and the current values stay. Its error
   * messages appear only in its own log.
   *
   * @default - values are checked against `fields` only
   */
  readonly checkFunction?: lambda.IFunction;
}
