import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RotationOptions } from './rotation-options';

/** Options of the rotation of a credential by a function of yours. */
export interface CustomRotationOptions extends RotationOptions {
  /**
   * The code of the rotation function, for Node.js. `rotationHandler()` of `cdk-iam-key-rotation/protocol` creates its handler.
   *
   * Use one bundle, or a folder with its `node_modules`. The code must contain the kit; it may leave out the AWS SDK, which is part of Lambda's
   * runtime. For instance:
   *
   * ```ts
   * lambda.Code.fromCustomCommand('dist/rotator', [
   *   'npx', 'esbuild', 'rotator.ts', '--bundle', '--platform=node', '--external:@aws-sdk/*', '--outfile=dist/rotator/index.js',
   * ]);
   * ```
   */
  readonly code: lambda.Code;

  /**
   * The file and the exported name of the handler.
   *
   * @default 'index.handler'
   */
  readonly handler?: string;

  /**
   * Environment variables of the function, such as the address of the service. The construct sets `SETTINGS` itself.
   *
   * Anyone who can view the function can read them: do not put secrets here.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * The minimum time a replaced credential stays valid, if the service can revoke credentials. The first rotation after the overlap revokes it.
   *
   * Every consumer must read the new credential before the overlap ends. The overlap and the function's timeout together must not exceed the time
   * between two scheduled rotations.
   *
   * @default - 7 days, or half the time between two scheduled rotations if that is shorter
   */
  readonly overlap?: Duration;
}
