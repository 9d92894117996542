import { AccessKeyFields } from './access-key-fields';
import { PreviousKeyPolicy } from './previous-key-policy';
import { RotationAuthority } from './rotation-authority';
import { RotationOptions } from './rotation-options';
import { UnrecordedKeyPolicy } from './unrecorded-key-policy';

/** Options of the rotation of an IAM user's access key. */
export interface IamKeyRotationOptions extends RotationOptions {
  /**
   * The names of the JSON fields that hold the key. They cannot be changed once the secret holds a key.
   *
   * @default AccessKeyFields.AWS_CONFIG
   */
  readonly fields?: AccessKeyFields;

  /**
   * Whose credentials call IAM to create and delete keys.
   *
   * @default RotationAuthority.executionRole()
   */
  readonly authority?: RotationAuthority;

  /**
   * What happens to the key that a rotation replaces.
   *
   * @default PreviousKeyPolicy.keepUntilNextRotation()
   */
  readonly previousKeyPolicy?: PreviousKeyPolicy;

  /**
   * What happens to keys of the user that the secret does not record.
   *
   * @default - `UnrecordedKeyPolicy.KEEP`, or `UnrecordedKeyPolicy.RECLAIM_UNUSED` for a user that the construct creates
   */
  readonly unrecordedKeyPolicy?: UnrecordedKeyPolicy;
}
