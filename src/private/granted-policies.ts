/** Waits for the policies that users grant to a rotation function: they exist before its first invocation, and until after its last one. */
import { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Dependable, IDependable } from 'constructs';

const POLICIES: string[] = [iam.CfnPolicy.CFN_RESOURCE_TYPE_NAME, iam.CfnManagedPolicy.CFN_RESOURCE_TYPE_NAME];

/** Only the policies: other resources beneath a function, such as a permission, may depend on something that waits for the first value. */
export class GrantedPolicies implements IDependable {
  constructor(rotationFunction: lambda.Function) {
    Dependable.implement(this, {
      // evaluated when the template is rendered, because users grant after creating the construct
      get dependencyRoots() {
        return [rotationFunction.role!, rotationFunction].flatMap((scope) => scope.node.findAll())
          .filter((construct) => CfnResource.isCfnResource(construct) && POLICIES.includes(construct.cfnResourceType));
      },
    });
  }
}
