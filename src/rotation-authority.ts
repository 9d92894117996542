import { Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { AccessKeyFields } from './access-key-fields';
import { keyUse } from './private/customer-managed-key';
import { secretArnPattern } from './private/secret-arn';
import { AuthoritySettings } from './private/settings';

/** How the function assumes a role. */
export interface AssumedRoleOptions {
  /**
   * The external id that the role's trust policy requires.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   * @default - none
   */
  readonly externalId?: string;
}

/** The rotation that an authority is bound to. */
interface AuthorityContext {
  /** Where the authority's policies go. */
  readonly scope: Construct;
  /** The public construct, which errors name. */
  readonly owner: Construct;
  readonly secret: secretsmanager.ISecret;
  readonly user: iam.IUser;
  readonly fields: AccessKeyFields;
}

/** What an authority contributes to a rotation. */
interface BoundAuthority {
  readonly settings: AuthoritySettings;
  /** Rights of the rotation function's role. */
  readonly statements: iam.PolicyStatement[];
  /** What must exist before the function calls IAM. */
  readonly dependables: IDependable[];
}

const ACTIONS = ['iam:ListAccessKeys', 'iam:CreateAccessKey', 'iam:UpdateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed'];

/**
 * Whose credentials call IAM to create and delete the user's keys.
 *
 * @example
 * declare const secret: secretsmanager.ISecret; // holds an access key of its user
 * declare const user: iam.IUser;
 * new IamKeyRotation(this, 'Rotation', { secret, user, authority: RotationAuthority.ownKey() });
 */
export class RotationAuthority {
  /** The rotation function's own role. */
  public static executionRole(): RotationAuthority {
    return new RotationAuthority((context) => {
      refuseOtherAccount(context);
      return { settings: { kind: 'executionRole' }, statements: [statementFor(context.user)], dependables: [] };
    });
  }

  /**
   * The access key in the secret, which rotates itself. The function's role gets no rights in IAM; the user may list, create, update and delete its
   * own keys.
   *
   * The secret must already hold a working key of the user. Risk: a thief can use a stolen key to create others.
   */
  public static ownKey(): RotationAuthority {
    return new RotationAuthority((context) => {
      refuseOtherAccount(context);
      const policy = new iam.Policy(context.scope, 'OwnKeyPolicy', { users: [context.user], statements: [statementFor(context.user)] });
      return { settings: { kind: 'ownKey' }, statements: [], dependables: [policy] };
    });
  }

  /**
   * An administrator's access key in another secret. The function's role gets no rights in IAM; it may read the administrator's secret.
   *
   * The administrator must be allowed `iam:ListAccessKeys`, `iam:CreateAccessKey`, `iam:UpdateAccessKey`, `iam:DeleteAccessKey` and
   * `iam:GetAccessKeyLastUsed` on the user whose key is rotated.
   *
   * @param secret the secret that holds the administrator's key
   * @param fields the names of its JSON fields; by default those of the rotated secret
   */
  public static adminSecret(secret: secretsmanager.ISecret, fields?: AccessKeyFields): RotationAuthority {
    return new RotationAuthority((context) => {
      const stack = Stack.of(context.scope);
      if (secret === context.secret || JSON.stringify(stack.resolve(secret.secretArn)) === JSON.stringify(stack.resolve(context.secret.secretArn))) {
        throw new Error(`'adminSecret' of ${context.owner.node.path} must not be the rotated secret, got: ${secret.node.path}. `
          + 'Use RotationAuthority.ownKey() for a key that rotates itself.');
      }
      return {
        settings: { kind: 'adminSecret', secretArn: secret.secretArn, fields: (fields ?? context.fields)._names() },
        statements: [
          new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArnPattern(secret)] }),
          ...(secret.encryptionKey === undefined ? [] : [
            new iam.PolicyStatement({ actions: ['kms:Decrypt'], ...keyUse(secret, secret.encryptionKey) }),
          ]),
        ],
        dependables: [],
      };
    });
  }

  /**
   * A role that the function assumes, for a user in another account.
   *
   * The role must trust the function's role (`rotationFunction.role`). It must be allowed `iam:ListAccessKeys`, `iam:CreateAccessKey`,
   * `iam:UpdateAccessKey`, `iam:DeleteAccessKey` and `iam:GetAccessKeyLastUsed` on the user. The construct grants these rights to a role of the same
   * stack. It changes no trust policy, and cannot change the policies of any other role.
   *
   * @param role the role to assume
   * @param options the external id, if the role requires one
   */
  public static assumedRole(role: iam.IRole, options: AssumedRoleOptions = {}): RotationAuthority {
    return new RotationAuthority((context) => {
      refuseTwoAccounts(context, role);
      const policy = !Resource.isOwnedResource(role) || Stack.of(role) !== Stack.of(context.scope) ? [] : [
        new iam.Policy(context.scope, 'AssumedRolePolicy', { roles: [role], statements: [statementFor(context.user)] }),
      ];
      return {
        settings: { kind: 'assumedRole', roleArn: role.roleArn, externalId: options.externalId },
        statements: [new iam.PolicyStatement({ actions: ['sts:AssumeRole'], resources: [role.roleArn] })],
        dependables: policy,
      };
    });
  }

  private constructor(private readonly bind: (context: AuthorityContext) => BoundAuthority) {}

  /**
   * Grants what the authority needs outside the function's role, and returns the rest.
   *
   * @internal
   */
  public _bind(context: AuthorityContext): BoundAuthority {
    return this.bind(context);
  }
}

function statementFor(user: iam.IUser): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ACTIONS, resources: [user.userArn] });
}

function refuseOtherAccount({ scope, owner, user }: AuthorityContext): void {
  const { account } = Stack.of(scope);
  if (isOther(account, user.principalAccount)) {
    throw new Error(`'user' of ${owner.node.path} must belong to the stack's account, ${account}, got: a user of ${user.principalAccount}. `
      + 'Move the secret to a stack of that account, or use RotationAuthority.assumedRole() or .adminSecret() with a role or secret of that '
      + 'account.');
  }
}

function refuseTwoAccounts({ owner, user }: AuthorityContext, role: iam.IRole): void {
  const [ofRole, ofUser] = [role.principalAccount ?? role.env.account, user.principalAccount];
  if (isOther(ofRole, ofUser)) {
    throw new Error(`'assumedRole' of ${owner.node.path} must belong to the user's account, ${ofUser}, got: a role of ${ofRole}. `
      + 'A role can only manage users of its own account.');
  }
}

function isOther(account: string, other: string | undefined): boolean {
  return other !== undefined && Token.compareStrings(account, other) === TokenComparison.DIFFERENT;
}
