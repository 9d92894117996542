/** The kind of credential that a user's own function rotates. */
import { checkOverlapFits, defaultOverlap } from './overlap';
import { RotationKind } from './rotation-kind';
import { SETTINGS_VARIABLE } from './settings';
import { CustomRotationOptions } from '../custom-rotation-options';

/** The pause between two attempts to verify a credential: a service takes seconds to distribute a new one. */
const PAUSE_MILLIS = 2000;

export function customKind({ code, handler, environment = {}, overlap }: CustomRotationOptions): RotationKind {
  return {
    bind({ owner, secret, interval, timeout }) {
      if (Object.hasOwn(environment, SETTINGS_VARIABLE)) {
        throw new Error(`'environment' of ${owner.node.path} must not contain ${SETTINGS_VARIABLE}, which the construct sets, `
          + `got: '${environment[SETTINGS_VARIABLE]}'. Choose another name.`);
      }
      if (overlap !== undefined) checkOverlapFits(overlap, interval, timeout);
      return {
        settings: {
          kind: 'custom',
          secretArn: secret.secretArn,
          overlapSeconds: (overlap ?? defaultOverlap(interval)).toSeconds(),
          timeoutSeconds: timeout.toSeconds(),
          verify: { pauseMillis: PAUSE_MILLIS },
        },
        description: 'Rotates a credential in Secrets Manager',
        code,
        isUsersCode: true,
        handler,
        environment,
        resourceType: 'Custom::CustomRotationFirstValue',
      };
    },
  };
}
