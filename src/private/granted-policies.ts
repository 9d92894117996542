/** What users grant to a rotation function: it is called for the first time, and for the last time, when that is there. */
import { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Dependable, IDependable } from 'constructs';

const POLICIES: string[] = [iam.CfnPolicy.CFN_RESOURCE_TYPE_NAME, iam.CfnManagedPolicy.CFN_RESOURCE_TYPE_NAME];

/** The policies alone: other things beneath a function, such as a permission, may wait for what waits for the first value. */
export class GrantedPolicies implements IDependable {
  constructor(rotationFunction: lambda.Function) {
    Dependable.implement(this, {
      // asked when the template is rendered: grants come after the construct
      get dependencyRoots() {
        return [rotationFunction.role!, rotationFunction].flatMap((scope) => scope.node.findAll())
          .filter((construct) => CfnResource.isCfnResource(construct) && POLICIES.includes(construct.cfnResourceType));
      },
    });
  }
}
