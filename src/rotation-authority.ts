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
   * The external id that the role's trust policy asks for.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   * @default - none
   */
  readonly externalId?: string;
}

/** What an authority is bound to. */
interface AuthorityContext {
  /** Where policies are put. */
  readonly scope: Construct;
  readonly secret: secretsmanager.ISecret;
  readonly user: iam.IUser;
  readonly fields: AccessKeyFields;
}

/** What an authority comes to. */
interface BoundAuthority {
  readonly settings: AuthoritySettings;
  /** What the function's role needs for it. */
  readonly statements: iam.PolicyStatement[];
  /** What must be there before the function calls IAM. */
  readonly dependables: IDependable[];
}

const ACTIONS = ['iam:ListAccessKeys', 'iam:CreateAccessKey', 'iam:UpdateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed'];

/**
 * Whose credentials call IAM to make and delete the user's keys.
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
   * The access key in the secret itself, which rotates itself: the function's role gets no right in IAM, and the user gets the right
   * to list, create, update and delete its own keys.
   *
   * Only for a secret that holds a working key of its user already; whoever steals the key can make others.
   */
  public static ownKey(): RotationAuthority {
    return new RotationAuthority((context) => {
      refuseOtherAccount(context);
      const policy = new iam.Policy(context.scope, 'OwnKeyPolicy', { users: [context.user], statements: [statementFor(context.user)] });
      return { settings: { kind: 'ownKey' }, statements: [], dependables: [policy] };
    });
  }

  /**
   * An administrator's access key in another secret. Its user must be allowed to call `ListAccessKeys`, `CreateAccessKey`,
   * `UpdateAccessKey`, `DeleteAccessKey` and `GetAccessKeyLastUsed` of IAM on the user whose key is rotated; the function's role gets no
   * right in IAM, and may read the administrator's secret.
   *
   * @param secret the secret that holds the administrator's key
   * @param fields the names of its JSON fields; if not given, they are those of the rotated secret
   */
  public static adminSecret(secret: secretsmanager.ISecret, fields?: AccessKeyFields): RotationAuthority {
    return new RotationAuthority((context) => {
      const stack = Stack.of(context.scope);
      if (secret === context.secret || JSON.stringify(stack.resolve(secret.secretArn)) === JSON.stringify(stack.resolve(context.secret.secretArn))) {
        throw new Error(`'adminSecret' of ${context.scope.node.path} must be another secret than the rotated one, got: ${secret.node.path}: `
          + 'use RotationAuthority.ownKey() for a key that rotates itself');
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
   * A role that the function assumes: for a user in another account.
   *
   * The role must trust the function's role (`rotationFunction.role`), and be allowed `ListAccessKeys`, `CreateAccessKey`, `UpdateAccessKey`,
   * `DeleteAccessKey` and `GetAccessKeyLastUsed` of IAM on the user. A role of this app is given these rights; what it trusts, and an
   * imported role, are in your hands.
   *
   * @param role the role to assume
   * @param options the external id, if the role asks for one
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
   * Gives the rights that the authority needs.
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

function refuseOtherAccount({ scope, user }: AuthorityContext): void {
  const { account } = Stack.of(scope);
  if (isOther(account, user.principalAccount)) {
    throw new Error(`'user' of ${scope.node.path} must be of the stack's account, ${account}, got a user of ${user.principalAccount}: `
      + "the rotation function has no authority there, put the secret in a stack of that account, or give 'authority' a "
      + 'RotationAuthority.assumedRole() or .adminSecret() of that account');
  }
}

function refuseTwoAccounts({ scope, user }: AuthorityContext, role: iam.IRole): void {
  const [ofRole, ofUser] = [role.principalAccount ?? role.env.account, user.principalAccount];
  if (isOther(ofRole, ofUser)) {
    throw new Error(`'assumedRole' of ${scope.node.path} must be of the user's account, ${ofUser}, got a role of ${ofRole}: `
      + 'a role acts on users of its own account alone');
  }
}

function isOther(account: string, other: string | undefined): boolean {
  return other !== undefined && Token.compareStrings(account, other) === TokenComparison.DIFFERENT;
}
