/** What a kind of credential contributes to a rotation. */
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { RotationInterval } from './rotation-interval';
import { CustomRotationSettings, IamKeySettings, RandomValueRotationSettings, RetireSettings } from './settings';

export interface RotationKind {
  /** Checks the options of the kind, and turns them into data. */
  bind(context: KindContext): BoundKind;
}

/** The rotation that a kind is bound to. */
export interface KindContext {
  /** Where the kind's own resources go. */
  readonly scope: Construct;
  /** The public construct, which errors and warnings name. */
  readonly owner: Construct;
  readonly secret: secretsmanager.ISecret;
  /** Absent if there is no schedule. */
  readonly interval?: RotationInterval;
  /** The rotation function's timeout. */
  readonly timeout: Duration;
}

export interface BoundKind {
  readonly settings: IamKeySettings | RandomValueRotationSettings | CustomRotationSettings;
  readonly code: lambda.Code;
  /** The code is a user's, and may fail to load: another function then answers CloudFormation, and a deployment with new code invokes it. */
  readonly isUsersCode?: boolean;
  readonly handler?: string;
  readonly environment?: Record<string, string>;
  /** The description of the function. */
  readonly description: string;
  /** The type of the custom resource that stands for the first value. */
  readonly resourceType: string;
  /** Rights of the function beyond reading and writing the secret. */
  readonly statements?: iam.PolicyStatement[];
  /** What must exist before the first value is created. */
  readonly dependables?: IDependable[];
  /** When replaced credentials are retired; absent if no scheduled check does so. */
  readonly retire?: RetireSettings;
}
