// The two axes of the crash matrix: who calls IAM, and what becomes of the replaced key.
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PreviousKeyPolicy, RotationAuthority } from '../../../src';

/** What an authority may need to be made from. */
interface Surroundings {
  readonly scope: Construct;
  /** Holds the access key of a user who may manage the keys of the others. */
  readonly adminSecret: () => ISecret;
}

export const AUTHORITIES = {
  executionRole: () => RotationAuthority.executionRole(),
  ownKey: () => RotationAuthority.ownKey(),
  adminSecret: ({ adminSecret }: Surroundings) => RotationAuthority.adminSecret(adminSecret()),
  assumedRole: ({ scope }: Surroundings) => {
    const externalId = 'crash-matrix';
    const role = new iam.Role(scope, 'Role', { assumedBy: new iam.AccountRootPrincipal(), externalIds: [externalId] });
    return RotationAuthority.assumedRole(role, { externalId });
  },
};

export const POLICIES = {
  keepUntilNextRotation: () => PreviousKeyPolicy.keepUntilNextRotation(),
  retireAfter: () => PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) }),
  retireImmediately: () => PreviousKeyPolicy.retireImmediately(),
  keepForAdministrator: () => PreviousKeyPolicy.keepForAdministrator(),
};

export type AuthorityName = keyof typeof AUTHORITIES;
export type PolicyName = keyof typeof POLICIES;

export const AUTHORITY_NAMES = Object.keys(AUTHORITIES) as AuthorityName[];
export const POLICY_NAMES = Object.keys(POLICIES) as PolicyName[];
