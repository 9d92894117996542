/** Whether a secret outlives its stack, according to the rendered template. */
import { CfnDeletionPolicy, CfnResource, IAspect, RemovalPolicy } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The priority of an aspect: after those that change policies (200 and 500), before those that only read them (1000). */
export const AFTER_POLICY_CHANGES = 900;

/** The policy in the template, which can differ from the prop: `RemovalPolicies`, `cfnOptions` and `addOverride` change it. */
export function deletionPolicy(resource: CfnResource): string {
  const { rawOverrides } = resource as unknown as { rawOverrides?: { DeletionPolicy?: string } };
  return rawOverrides?.DeletionPolicy ?? resource.cfnOptions.deletionPolicy ?? CfnDeletionPolicy.DELETE;
}

/** The function cannot distinguish the rollback of a creation from a deletion, so `RetainExceptOnCreate` cannot be supported. */
export function refuseRetainExceptOnCreate(resource: CfnResource): string[] {
  return deletionPolicy(resource) !== CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE ? [] : [
    `'removalPolicy' must not be RETAIN_ON_UPDATE_OR_DELETE, got: '${CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE}'. `
    + 'Use RETAIN or DESTROY: the rotation cannot distinguish the rollback of a creation from a deletion.',
  ];
}

/** Whether the credentials of an existing secret outlive the rotation. By default they do. */
export function isRetained(construct: IConstruct, removalPolicy: RemovalPolicy = RemovalPolicy.RETAIN): boolean {
  if (removalPolicy !== RemovalPolicy.RETAIN && removalPolicy !== RemovalPolicy.DESTROY) {
    throw new Error(`'removalPolicy' of ${construct.node.path} must be RETAIN or DESTROY, got: '${removalPolicy}'`);
  }
  return removalPolicy === RemovalPolicy.RETAIN;
}

/** Retains a user and its policies if its secret is retained: without them, the key in the secret would be useless. */
export class FollowRetention implements IAspect {
  constructor(private readonly secret: CfnResource) {}

  public visit(node: IConstruct): void {
    if (CfnResource.isCfnResource(node) && deletionPolicy(this.secret) === CfnDeletionPolicy.RETAIN) {
      node.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}
