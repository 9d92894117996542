/** What is there: to tell what a destroyed stack has left behind. */
import type { Clients } from './clients';

export class Inventory {
  constructor(private readonly clients: Clients) {}

  /** Every stack, user, access key, role, secret, function, log group and bucket, as `kind name`. */
  async list(): Promise<Set<string>> {
    const { cloudFormation, iam, lambda, logs, s3, secretsManager } = this.clients;
    const [stacks, users, roles, functions, groups, buckets, secrets] = await Promise.all([
      cloudFormation.listStacks({}),
      iam.listUsers({}),
      iam.listRoles({}),
      lambda.listFunctions({}),
      logs.describeLogGroups({}),
      s3.listBuckets({}),
      secretsManager.listSecrets({ IncludePlannedDeletion: true }),
    ]);
    const userNames = named(users.Users, ({ UserName }) => UserName);
    const keys = await Promise.all(userNames.map(async (UserName) => iam.listAccessKeys({ UserName })));
    const alive = stacks.StackSummaries?.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    return new Set([
      ...named(alive, ({ StackName }) => StackName).map((name) => `stack ${name}`),
      ...userNames.map((name) => `user ${name}`),
      ...keys.flatMap(({ AccessKeyMetadata }) => named(AccessKeyMetadata, ({ AccessKeyId }) => AccessKeyId)).map((id) => `access key ${id}`),
      ...named(roles.Roles, ({ RoleName }) => RoleName).map((name) => `role ${name}`),
      ...named(functions.Functions, ({ FunctionName }) => FunctionName).map((name) => `function ${name}`),
      ...named(groups.logGroups, ({ logGroupName }) => logGroupName).map((name) => `log group ${name}`),
      ...named(buckets.Buckets, ({ Name }) => Name).map((name) => `bucket ${name}`),
      ...named(secrets.SecretList, ({ Name }) => Name).map((name) => `secret ${name}`),
    ]);
  }
}

function named<T>(items: T[] | undefined, name: (item: T) => string | undefined): string[] {
  return (items ?? []).map(name).filter((found) => found !== undefined);
}
