import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * The grantee for rights on something that itself depends on the user. The policies of a user of another stack are in that stack, so a grant would
 * make both stacks depend on each other. Such a user gets a policy in the construct's stack instead.
 */
export function granteeIn(scope: Construct, user: iam.IUser): iam.IGrantable {
  return Stack.of(user) === Stack.of(scope) ? user : new UserOfAnotherStack(scope, user);
}

class UserOfAnotherStack implements iam.IPrincipal {
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly assumeRoleAction: string;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount?: string;

  constructor(private readonly scope: Construct, private readonly user: iam.IUser) {
    this.assumeRoleAction = user.assumeRoleAction;
    this.policyFragment = user.policyFragment;
    this.principalAccount = user.principalAccount;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const id = 'UserPolicy';
    const policy = this.scope.node.tryFindChild(id) as iam.Policy | undefined ?? new iam.Policy(this.scope, id, { users: [this.user] });
    policy.addStatements(statement);
    return { statementAdded: true, policyDependable: policy };
  }
}
