/** The kind of credential that is an access key of an IAM user. */
import * as iam from 'aws-cdk-lib/aws-iam';
import { IDependable } from 'constructs';
import { bundledCode } from './bundled-code';
import { claimUser } from './one-rotation-per-user';
import { RotationKind } from './rotation-kind';
import { AccessKeyFields } from '../access-key-fields';
import { IamKeyRotationOptions } from '../iam-key-rotation-options';
import { PreviousKeyPolicy } from '../previous-key-policy';
import { RotationAuthority } from '../rotation-authority';
import { UnrecordedKeyPolicy } from '../unrecorded-key-policy';

export interface IamKeyKindProps extends IamKeyRotationOptions {
  readonly fields: AccessKeyFields;
  readonly user: iam.IUser;
  /** The construct created the user for this secret. */
  readonly ownsUser: boolean;
}

/** How many STS calls must accept a new key before it counts as known everywhere. After a single success, one call in ten still failed. */
const PROPAGATION = { answers: 3, pauseMillis: 2000 };

export function iamKeyKind(props: IamKeyKindProps): RotationKind {
  const { user, ownsUser, fields } = props;
  return {
    bind({ scope, owner, secret, interval, timeout }) {
      claimUser(scope, user);
      const authority = (props.authority ?? RotationAuthority.executionRole())._bind({ scope, owner, secret, user, fields });
      const previousKey = (props.previousKeyPolicy ?? PreviousKeyPolicy.keepUntilNextRotation())._render({ scope, interval, timeout });
      return {
        settings: {
          kind: 'iam-key',
          secretArn: secret.secretArn,
          userName: user.userName,
          userArn: user.userArn,
          ownsUser,
          fields: fields._names(),
          otherPresets: fields._otherPresets(),
          authority: authority.settings,
          previousKey,
          unrecordedKey: `${props.unrecordedKeyPolicy ?? defaultPolicy(ownsUser)}`,
          intervalSeconds: interval?.seconds,
          timeoutSeconds: timeout.toSeconds(),
          propagation: PROPAGATION,
        },
        description: 'Rotates the access key of an IAM user in Secrets Manager',
        code: bundledCode('rotation.lambda'),
        resourceType: 'Custom::IamKeyRotationFirstKey',
        statements: authority.statements,
        dependables: [...authority.dependables, ...resourceOf(user)],
        retire: previousKey.retire,
      };
    },
  };
}

/** People may have created keys for a user that is passed in. */
function defaultPolicy(ownsUser: boolean): UnrecordedKeyPolicy {
  return ownsUser ? UnrecordedKeyPolicy.RECLAIM_UNUSED : UnrecordedKeyPolicy.KEEP;
}

/** The user without its policies: those may depend on something that waits for the key. An imported user has no resource. */
function resourceOf(user: iam.IUser): IDependable[] {
  return user.node.defaultChild === undefined ? [] : [user.node.defaultChild];
}
