/** The rotation of a credential by a user's own function, whoever owns the secret. */
import { Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { functionTimeout } from './function-timeout';
import { GrantedRights } from './granted-rights';
import { checkOverlapFits, defaultOverlap } from './overlap';
import { SecretRotation, SETTINGS } from './secret-rotation';
import { CustomRotationSettings } from './settings';
import { CustomRotationOptions } from '../custom-rotation-options';
import { SecretRotationSchedule } from '../secret-rotation-schedule';

export interface CredentialRotationProps extends CustomRotationOptions {
  readonly secret: secretsmanager.ISecret;
  /** 'true' or 'false' when the template is rendered. */
  readonly secretIsRetained: string;
}

/** Services tell each other of a new credential in seconds. */
const PAUSE_MILLIS = 2000;

export class CredentialRotation extends Construct {
  public readonly rotation: SecretRotation;

  constructor(scope: Construct, id: string, props: CredentialRotationProps) {
    super(scope, id);
    const { code, handler, environment = {}, secret, secretIsRetained, functionOptions: options = {} } = props;
    if (Object.hasOwn(environment, SETTINGS)) {
      throw new Error(`'environment' of ${scope.node.path} must not have ${SETTINGS}, which is the construct's own, got: '${environment[SETTINGS]}', choose another name`);
    }
    const timeout = functionTimeout(options.timeout);
    const schedule = (props.schedule ?? SecretRotationSchedule._default())._render();
    if (props.overlap !== undefined) checkOverlapFits(props.overlap, schedule?.interval, timeout);
    this.rotation = new SecretRotation(this, {
      secret,
      secretIsRetained,
      settings: Stack.of(this).toJsonString({
        kind: 'custom',
        secretArn: secret.secretArn,
        overlapSeconds: (props.overlap ?? defaultOverlap(schedule?.interval)).toSeconds(),
        timeoutSeconds: timeout.toSeconds(),
        verify: { pauseMillis: PAUSE_MILLIS },
      } satisfies CustomRotationSettings),
      description: 'Rotates a credential in Secrets Manager',
      code,
      isUsersCode: true,
      handler,
      environment,
      timeout,
      options,
      schedule,
      resourceType: 'Custom::CustomRotationFirstValue',
    });
    this.rotation.firstValue.node.addDependency(new GrantedRights(this.rotation.rotationFunction));
  }
}
