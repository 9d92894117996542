/** Whether a secret outlives its stack: as rendered, whoever has set it. */
import { CfnDeletionPolicy, CfnResource, IAspect, RemovalPolicy } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** After everything that changes policies (aspects of priority 200 and 500), before what only reads them (1000). */
export const AFTER_POLICY_CHANGES = 900;

/** The policy that stands in the template: `RemovalPolicies`, `cfnOptions` and `addOverride` change it, a prop does not follow. */
export function deletionPolicy(resource: CfnResource): string {
  const { rawOverrides } = resource as unknown as { rawOverrides?: { DeletionPolicy?: string } };
  return rawOverrides?.DeletionPolicy ?? resource.cfnOptions.deletionPolicy ?? CfnDeletionPolicy.DELETE;
}

/** `RetainExceptOnCreate` cannot be followed: the function cannot tell the rollback of a creation from a deletion. */
export function refuseRetainExceptOnCreate(resource: CfnResource): string[] {
  return deletionPolicy(resource) !== CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE ? [] : [
    '\'removalPolicy\' must not be RETAIN_ON_UPDATE_OR_DELETE: whether its keys go with the secret could not be told when a creation is rolled back, '
    + `use RETAIN or DESTROY, got: '${CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE}'`,
  ];
}

/** Whether what a secret that is not the construct's own holds outlives the rotation: by default it does. */
export function isRetained(construct: IConstruct, removalPolicy: RemovalPolicy = RemovalPolicy.RETAIN): boolean {
  if (removalPolicy !== RemovalPolicy.RETAIN && removalPolicy !== RemovalPolicy.DESTROY) {
    throw new Error(`'removalPolicy' of ${construct.node.path} must be RETAIN or DESTROY, got: '${removalPolicy}': it says whether what the secret holds stays`);
  }
  return removalPolicy === RemovalPolicy.RETAIN;
}

/**
 * Retains a user, and what it was granted, when its secret is retained: a key without its user is worth nothing, and one whose user
 * has lost its policies little more.
 */
export class FollowRetention implements IAspect {
  constructor(private readonly secret: CfnResource) {}

  public visit(node: IConstruct): void {
    if (CfnResource.isCfnResource(node) && deletionPolicy(this.secret) === CfnDeletionPolicy.RETAIN) {
      node.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}
