/** The rotation of a user's access key in a secret, whoever owns the secret. */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { bundled } from './bundled';
import { functionTimeout } from './function-timeout';
import { claimUser } from './one-rotation-per-user';
import { scheduleRetirement } from './retirement-schedule';
import { SecretRotation } from './secret-rotation';
import { IamKeySettings } from './settings';
import { AccessKeyFields } from '../access-key-fields';
import { IamKeyRotationOptions } from '../iam-key-rotation-options';
import { PreviousKeyPolicy } from '../previous-key-policy';
import { RotationAuthority } from '../rotation-authority';
import { SecretRotationSchedule } from '../secret-rotation-schedule';
import { UnrecordedKeyPolicy } from '../unrecorded-key-policy';

export interface KeyRotationProps extends IamKeyRotationOptions {
  readonly secret: secretsmanager.ISecret;
  /** 'true' or 'false' when the template is rendered. */
  readonly secretIsRetained: string;
  readonly user: iam.IUser;
  /** The user was made for this secret. */
  readonly ownsUser: boolean;
}

/** How sure to be that all of AWS knows a new key: one good answer failed one time in ten. */
const PROPAGATION = { answers: 3, pauseMillis: 2000 };

export class KeyRotation extends Construct {
  public readonly fields: AccessKeyFields;
  public readonly rotation: SecretRotation;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const { secret, secretIsRetained, user, ownsUser } = props;
    claimUser(this, user);
    this.fields = props.fields ?? AccessKeyFields.AWS_CONFIG;
    const options = props.functionOptions ?? {};
    const timeout = functionTimeout(options.timeout);
    const schedule = (props.schedule ?? SecretRotationSchedule._default())._render();
    const authority = (props.authority ?? RotationAuthority.executionRole())._bind({ scope: this, secret, user, fields: this.fields });
    const previousKeyPolicy = props.previousKeyPolicy ?? PreviousKeyPolicy.keepUntilNextRotation();
    const previousKey = previousKeyPolicy._render({ scope: this, interval: schedule?.interval, timeout });
    this.rotation = new SecretRotation(this, {
      secret,
      secretIsRetained,
      settings: Stack.of(this).toJsonString({
        kind: 'iam-key',
        secretArn: secret.secretArn,
        userName: user.userName,
        userArn: user.userArn,
        ownsUser,
        fields: this.fields._names(),
        otherPresets: this.fields._otherPresets(),
        authority: authority.settings,
        previousKey,
        unrecordedKey: `${props.unrecordedKeyPolicy ?? defaultPolicy(ownsUser)}`,
        intervalSeconds: schedule?.interval.seconds,
        timeoutSeconds: timeout.toSeconds(),
        propagation: PROPAGATION,
      } satisfies IamKeySettings),
      description: 'Rotates the access key of an IAM user in Secrets Manager',
      code: bundled('rotation.lambda'),
      timeout,
      options,
      schedule,
      statements: authority.statements,
      dependables: [...authority.dependables, ...resourceOf(user)],
      resourceType: 'Custom::IamKeyRotationFirstKey',
    });
    if (previousKey.retire !== undefined) {
      scheduleRetirement(this, this.rotation.rotationFunction, previousKey.retire, [this.rotation.firstValue]);
    }
  }
}

/** Whoever has given the user may have made keys for it, too. */
function defaultPolicy(ownsUser: boolean): UnrecordedKeyPolicy {
  return ownsUser ? UnrecordedKeyPolicy.RECLAIM_UNUSED : UnrecordedKeyPolicy.KEEP;
}

/** The user alone: what it was granted may wait for something that waits for the key. An imported user has no resource. */
function resourceOf(user: iam.IUser): IDependable[] {
  return user.node.defaultChild === undefined ? [] : [user.node.defaultChild];
}
