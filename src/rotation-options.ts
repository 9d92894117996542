import { RotationFunctionOptions } from './rotation-function-options';
import { SecretRotationSchedule } from './secret-rotation-schedule';

/** Options of every rotation, whatever the secret holds. */
export interface RotationOptions {
  /**
   * When the secret is rotated.
   *
   * @default SecretRotationSchedule.rate(Duration.days(30))
   */
  readonly schedule?: SecretRotationSchedule;

  /**
   * How the rotation function runs.
   *
   * @default - 256 MB, 5 minutes, outside a VPC, its own log group
   */
  readonly functionOptions?: RotationFunctionOptions;
}
