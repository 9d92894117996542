// Who may read the secret and start a rotation, for every kind of principal and of encryption key.
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { IamKeyRotationSecret, PreviousKeyPolicy } from '../src';
import { ACCOUNT, actionsOf, flatten, keyPolicy, logicalId, OTHER_ACCOUNT, REGION, secretPolicy, stackIn, Statement, statementsOf } from './private/synthesis';

const READ = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const FOREIGN_USER_ARN = `arn:aws:iam::${OTHER_ACCOUNT}:user/partners/reader`;

function role(stack: Stack, id = 'Reader'): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

function kmsStatements(statements: Statement[]): Statement[] {
  return statements.filter((statement) => actionsOf([statement]).some((action) => action.startsWith('kms:')));
}

function useOf(secret: IamKeyRotationSecret, resource: unknown): unknown {
  return {
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: resource,
    Condition: {
      StringEquals: {
        'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
        'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) },
      },
    },
  };
}

describe('grantRead with the default key', () => {
  test('lets a role of the stack read, and gives it no right on any KMS key', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const reader = role(stack);
    expect(secret.grantRead(reader).success).toBe(true);

    const statements = statementsOf(Template.fromStack(stack), reader);
    expect(actionsOf(statements)).toEqual(READ);
    expect(statements[0].Resource).toEqual({ Ref: logicalId(secret) });
  });

  test('can be restricted to staging labels', () => {
    const stack = stackIn();
    const reader = role(stack);
    new IamKeyRotationSecret(stack, 'Key').grantRead(reader, ['AWSCURRENT']);

    expect(statementsOf(Template.fromStack(stack), reader)[0].Condition)
      .toEqual({ 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT'] } });
  });

  test('lets an imported user of the same account read by a policy of its own', () => {
    const stack = stackIn();
    const reader = iam.User.fromUserName(stack, 'Reader', 'reader');
    new IamKeyRotationSecret(stack, 'Key').grantRead(reader);

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Users: ['reader'],
      PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['secretsmanager:GetSecretValue']) })] },
    });
    expect(secretPolicy(template)).toEqual([]);
  });

  test('refuses a principal of another account: nobody else can use the default key', () => {
    const secret = new IamKeyRotationSecret(stackIn(), 'Key');

    expect(() => secret.grantRead(new iam.AccountPrincipal(OTHER_ACCOUNT))).toThrow('KMS Key must be provided for cross account access');
  });

  test('refuses an imported user of another account', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');

    expect(() => secret.grantRead(iam.User.fromUserArn(stack, 'Reader', FOREIGN_USER_ARN))).toThrow('KMS Key must be provided for cross account access');
  });
});

describe('grantRead with a key of the app', () => {
  test('lets a role of the stack decrypt, through Secrets Manager and for this secret only', () => {
    const stack = stackIn();
    const key = new kms.Key(stack, 'Kms');
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: key });
    const reader = role(stack);
    secret.grantRead(reader, ['AWSCURRENT']);

    const template = Template.fromStack(stack);
    const statements = statementsOf(template, reader);
    expect(actionsOf(statements)).toEqual(['kms:Decrypt', ...READ]);
    expect(kmsStatements(statements)).toEqual([useOf(secret, { 'Fn::GetAtt': [logicalId(key), 'Arn'] })]);
    expect(statements).toContainEqual(expect.objectContaining({
      Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT'] } },
    }));
    expect(secretPolicy(template)).toEqual([]);
  });

  test('closes no cycle with a consumer that waits for the first key', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });
    const consumer = new lambda.Function(stack, 'Consumer', {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'),
    });
    secret.grantRead(consumer);
    consumer.node.addDependency(secret);

    expect(() => Template.fromStack(stack)).not.toThrow(); // it refuses a template with a cycle
  });

  test('closes no cycle between two stacks', () => {
    const app = new App();
    const env = { account: ACCOUNT, region: REGION };
    const owner = stackIn(env, app, 'Owner');
    const consumer = stackIn(env, app, 'Consumer');
    const secret = new IamKeyRotationSecret(owner, 'Key', { encryptionKey: new kms.Key(owner, 'Kms') });
    const reader = role(consumer);
    secret.grantRead(reader);

    expect(() => app.synth()).not.toThrow();
    expect(consumer.dependencies).toEqual([owner]);
    expect(owner.dependencies).toEqual([]);
  });

  test('lets an imported user of another account read by the policies of secret and key, and touches no local user of that name', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });
    secret.grantRead(iam.User.fromUserArn(stack, 'Reader', FOREIGN_USER_ARN));

    const template = Template.fromStack(stack);
    expect(secretPolicy(template)).toEqual([expect.objectContaining({
      Action: expect.arrayContaining(READ), Principal: { AWS: FOREIGN_USER_ARN }, Resource: { Ref: logicalId(secret) },
    })]);
    expect(keyPolicy(template)).toContainEqual(expect.objectContaining({
      Action: 'kms:Decrypt',
      Principal: { AWS: FOREIGN_USER_ARN },
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` } },
    }));
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('"reader"');
  });

  test('lets a role of another account of the app read: by its own policy, which knows the secret by its name, and by those of secret and key', () => {
    const app = new App();
    const stack = stackIn({ account: ACCOUNT, region: REGION }, app);
    const foreign = stackIn({ account: OTHER_ACCOUNT, region: REGION }, app, 'Foreign');
    const reader = new iam.Role(foreign, 'Reader', { roleName: 'reader', assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    const secret = new IamKeyRotationSecret(stack, 'Key', { secretName: 'shared', encryptionKey: new kms.Key(stack, 'Kms') });
    secret.grantRead(reader);
    const template = Template.fromStack(stack);
    const statements = statementsOf(Template.fromStack(foreign), reader);

    const arn = `arn:<AWS::Partition>:secretsmanager:${REGION}:${ACCOUNT}:secret:shared`;
    expect(actionsOf(statements)).toEqual(['kms:Decrypt', ...READ]);
    expect((statements[0].Resource as unknown[]).map(flatten)).toEqual([arn, `${arn}-??????`]);
    expect(flatten(statements[1].Resource)).toBe(`arn:<AWS::Partition>:kms:${REGION}:${ACCOUNT}:key/*`);
    const { StringEquals, StringLike } = statements[1].Condition as Record<string, Record<string, unknown>>;
    expect(StringEquals).toEqual({ 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` });
    expect((StringLike['kms:EncryptionContext:SecretARN'] as unknown[]).map(flatten)).toEqual([arn, `${arn}-??????`]);

    expect(secretPolicy(template)).toEqual([expect.objectContaining({ Resource: { Ref: logicalId(secret) } })]);
    expect(JSON.stringify(keyPolicy(template))).toContain(':role/reader');
  });

  test('lets an imported role of another account read by the policies of secret and key', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });
    secret.grantRead(iam.Role.fromRoleArn(stack, 'Reader', `arn:aws:iam::${OTHER_ACCOUNT}:role/reader`));

    const template = Template.fromStack(stack);
    expect(secretPolicy(template)).toHaveLength(1);
    expect(keyPolicy(template)).toContainEqual(expect.objectContaining({
      Action: 'kms:Decrypt', Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:role/reader` },
    }));
  });

  test('lets a service read by the policies of secret and key', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') });
    secret.grantRead(new iam.ServicePrincipal('ses.amazonaws.com'));

    const template = Template.fromStack(stack);
    expect(secretPolicy(template)).toHaveLength(1);
    expect(keyPolicy(template)).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt', Principal: { Service: 'ses.amazonaws.com' } }));
  });

  test('reaches the key behind an alias of the app', () => {
    const stack = stackIn();
    const key = new kms.Key(stack, 'Kms');
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: key.addAlias('uploader') });
    const reader = role(stack);
    secret.grantRead(reader);

    expect(kmsStatements(statementsOf(Template.fromStack(stack), reader))).toEqual([useOf(secret, { 'Fn::GetAtt': [logicalId(key), 'Arn'] })]);
  });
});

describe('grantRead with an imported key', () => {
  test('gives a role of the stack the right to decrypt by its own policy', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
    const reader = role(stack);
    secret.grantRead(reader);

    expect(kmsStatements(statementsOf(Template.fromStack(stack), reader))).toEqual([useOf(secret, KEY_ARN)]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('gives an imported user of the same account the right to decrypt by its own policy', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
    secret.grantRead(iam.User.fromUserName(stack, 'Reader', 'reader'));

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Users: ['reader'],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt', Resource: KEY_ARN })]) },
    });
  });

  test('allows use of a key that is known by an alias only, wherever that alias points', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: kms.Alias.fromAliasName(stack, 'Kms', 'alias/shared') });
    const reader = role(stack);
    secret.grantRead(reader);

    const [statement] = kmsStatements(statementsOf(Template.fromStack(stack), reader));
    expect(JSON.stringify(statement.Resource)).toContain(`:kms:${REGION}:${ACCOUNT}:key/*`);
    expect(statement.Condition).toEqual({
      'StringEquals': {
        'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
        'kms:EncryptionContext:SecretARN': { Ref: logicalId(secret) },
      },
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/shared' },
    });
  });

  test('says what the owner of the key must allow to a user of another account', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
    secret.grantRead(iam.User.fromUserArn(stack, 'Reader', FOREIGN_USER_ARN));

    Annotations.fromStack(stack).hasWarning('/Stack/Key', Match.stringLikeRegexp(
      `the owner of the key to add this statement .*${FOREIGN_USER_ARN}.*kms:Decrypt.*${KEY_ARN}.*secretsmanager\\.${REGION}\\.amazonaws\\.com.*cdk-iam-key-rotation:RotatedSecret\\.keyPolicy`));
    expect(secretPolicy(Template.fromStack(stack))).toHaveLength(1);
  });
});

describe('grantRead with an imported key, to a role of another account of the app,', () => {
  test('gives the role the right to decrypt by its own policy, and says what the owner of the key must allow', () => {
    const app = new App();
    const stack = stackIn({ account: ACCOUNT, region: REGION }, app);
    const foreign = stackIn({ account: OTHER_ACCOUNT, region: REGION }, app, 'Foreign');
    const reader = new iam.Role(foreign, 'Reader', { roleName: 'reader', assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    const secret = new IamKeyRotationSecret(stack, 'Key', { secretName: 'shared', encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) });
    secret.grantRead(reader);

    const statements = statementsOf(Template.fromStack(foreign), reader);
    expect(actionsOf(statements)).toEqual(['kms:Decrypt', ...READ]);
    expect(kmsStatements(statements)[0].Resource).toBe(KEY_ARN);
    expect(secretPolicy(Template.fromStack(stack))).toHaveLength(1);
    Annotations.fromStack(stack).hasWarning('/Stack/Key', Match.stringLikeRegexp('the owner of the key to add this statement .*role/reader'));
  });
});

describe('grantWrite', () => {
  const WRITE = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecret', 'secretsmanager:UpdateSecretVersionStage'];

  test('with the default key lets a role write, and gives it no right on any KMS key', () => {
    const stack = stackIn();
    const writer = role(stack, 'Writer');
    new IamKeyRotationSecret(stack, 'Key').grantWrite(writer);

    expect(actionsOf(statementsOf(Template.fromStack(stack), writer))).toEqual(WRITE);
  });

  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['a key of the app', (stack) => new kms.Key(stack, 'Kms')],
    ['an imported key', (stack) => kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN)],
  ])('with %s lets a role write, and encrypt through Secrets Manager for this secret only', (_, keyIn) => {
    const stack = stackIn();
    const encryptionKey = keyIn(stack);
    const secret = new IamKeyRotationSecret(stack, 'Key', { encryptionKey });
    const writer = role(stack, 'Writer');
    expect(secret.grantWrite(writer).success).toBe(true);
    const statements = statementsOf(Template.fromStack(stack), writer);

    expect(actionsOf(statements)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey', ...WRITE]);
    expect(kmsStatements(statements)).toEqual([{ ...useOf(secret, stack.resolve(encryptionKey.keyArn)) as object, Action: ['kms:GenerateDataKey', 'kms:Decrypt'] }]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('lets an imported user of another account write by the policies of secret and key, and touches no local user of that name', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') }).grantWrite(iam.User.fromUserArn(stack, 'Writer', FOREIGN_USER_ARN));
    const template = Template.fromStack(stack);

    expect(secretPolicy(template)).toEqual([expect.objectContaining({ Action: WRITE, Principal: { AWS: FOREIGN_USER_ARN } })]);
    expect(keyPolicy(template)).toContainEqual(expect.objectContaining({ Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Principal: { AWS: FOREIGN_USER_ARN } }));
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('"reader"');
  });

  test('with an imported key says what its owner must allow to a writer of another account', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key', { encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN) }).grantWrite(iam.User.fromUserArn(stack, 'Writer', FOREIGN_USER_ARN));

    Annotations.fromStack(stack).hasWarning('/Stack/Key', Match.stringLikeRegexp('must allow the writer, which belongs to another account .*kms:GenerateDataKey.*kms:Decrypt'));
  });
});

describe('grantSelfRead', () => {
  test("lets the key's own user read its successor", () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    secret.grantSelfRead();

    expect(actionsOf(statementsOf(Template.fromStack(stack), secret.user))).toEqual(READ);
  });

  test('works for an imported user with a path and an imported key', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key', {
      user: iam.User.fromUserArn(stack, 'User', `arn:aws:iam::${ACCOUNT}:user/robots/uploader`),
      encryptionKey: kms.Key.fromKeyArn(stack, 'Kms', KEY_ARN),
    });
    secret.grantSelfRead(['AWSCURRENT']);

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Users: ['uploader'],
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
            Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT'] } },
          }),
          useOf(secret, KEY_ARN),
        ],
      },
    });
  });

  test('is not given unasked', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');

    expect(statementsOf(Template.fromStack(stack), secret.user)).toEqual([]);
  });

  test('closes no cycle if the user lives in another stack', () => {
    const app = new App();
    const env = { account: ACCOUNT, region: REGION };
    const people = stackIn(env, app, 'People');
    const stack = stackIn(env, app);
    const secret = new IamKeyRotationSecret(stack, 'Key', { user: new iam.User(people, 'User'), encryptionKey: new kms.Key(stack, 'Kms') });
    secret.grantSelfRead();

    expect(() => app.synth()).not.toThrow();
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Users: [Match.anyValue()],
      PolicyDocument: { Statement: [Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] }), Match.objectLike({ Action: 'kms:Decrypt' })] },
    });
  });
});

describe('grantRotate', () => {
  test('lets a role start a rotation of this secret, look at it, and invoke its function', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const operator = role(stack);
    expect(secret.grantRotate(operator).success).toBe(true);

    const statements = statementsOf(Template.fromStack(stack), operator);
    expect(actionsOf(statements)).toEqual(['lambda:InvokeFunction', 'secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret']);
    expect(statements[0].Resource).toEqual({ Ref: logicalId(secret) });
    const arn = `<${logicalId(secret.rotationFunction)}.Arn>`;
    expect((statements[1].Resource as unknown[]).map(flatten)).toEqual([`${arn}:$LATEST`, arn]);
  });

  test('lets nobody name another function or another schedule by the same call, whose policy it ever stands in', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const operator = role(stack);
    secret.grantRotate(operator);
    secret.grantRotate(iam.User.fromUserArn(stack, 'Foreign', FOREIGN_USER_ARN));

    const template = Template.fromStack(stack);
    const ofRotateSecret = [...statementsOf(template, operator), ...secretPolicy(template)].filter(({ Action }) => Action.includes('secretsmanager:RotateSecret'));
    expect(ofRotateSecret.map(({ Condition }) => Condition)).toEqual(Array.from({ length: 2 }, () => ({
      ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': { 'Fn::GetAtt': [logicalId(secret.rotationFunction), 'Arn'] } },
      BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
    })));
  });

  test('does not let it read the secret', () => {
    const stack = stackIn();
    const operator = role(stack);
    new IamKeyRotationSecret(stack, 'Key', { encryptionKey: new kms.Key(stack, 'Kms') }).grantRotate(operator);

    const actions = actionsOf(statementsOf(Template.fromStack(stack), operator));
    expect(actions).not.toContain('secretsmanager:GetSecretValue');
    expect(actions).not.toContain('kms:Decrypt');
  });

  test('lets a user of another account rotate by the policies of secret and function, and touches no local user of that name', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    secret.grantRotate(iam.User.fromUserArn(stack, 'Operator', FOREIGN_USER_ARN));

    const template = Template.fromStack(stack);
    expect(secretPolicy(template)).toEqual([expect.objectContaining({ Principal: { AWS: FOREIGN_USER_ARN } })]);
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: FOREIGN_USER_ARN, Action: 'lambda:InvokeFunction' });
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('"reader"');
  });
});

describe('grantRetire', () => {
  /** The aliases of the function, by their names. */
  function aliases(template: Template): Record<string, string> {
    return Object.fromEntries(Object.entries(template.findResources('AWS::Lambda::Alias')).map(([id, { Properties }]) => [Properties.Name, id]));
  }

  test('makes an alias, once and only if asked for, and lets a role invoke the function by that alone', () => {
    const stack = stackIn();
    const secret = new IamKeyRotationSecret(stack, 'Key');
    const [owner, other] = [role(stack, 'Owner'), role(stack, 'Other')];
    expect(secret.grantRetire(owner).success).toBe(true);
    secret.grantRetire(other);
    const template = Template.fromStack(stack);

    expect(template.findResources('AWS::Lambda::Alias')[aliases(template).retirement].Properties)
      .toEqual({ Name: 'retirement', FunctionName: { Ref: logicalId(secret.rotationFunction) }, FunctionVersion: '$LATEST' });
    for (const grantee of [owner, other]) {
      expect(statementsOf(template, grantee)).toEqual([
        { Effect: 'Allow', Action: 'secretsmanager:DescribeSecret', Resource: { Ref: logicalId(secret) } },
        { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: aliases(template).retirement } },
      ]);
    }
  });

  test('is needed for the alias to be there', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key').grantRotate(role(stack));

    expect(Object.keys(aliases(Template.fromStack(stack)))).toEqual(['deployment']);
  });

  test('lets a user of another account retire by the policies of secret and alias', () => {
    const stack = stackIn();
    new IamKeyRotationSecret(stack, 'Key').grantRetire(iam.User.fromUserArn(stack, 'Owner', FOREIGN_USER_ARN));
    const template = Template.fromStack(stack);

    const principal = { AWS: FOREIGN_USER_ARN };
    expect(secretPolicy(template)).toEqual([expect.objectContaining({ Action: 'secretsmanager:DescribeSecret', Principal: principal })]);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: FOREIGN_USER_ARN, Action: 'lambda:InvokeFunction', FunctionName: { Ref: aliases(template).retirement },
    });
  });
});

test('no grant, and nothing that the construct makes by itself, reaches the requests of CloudFormation', () => {
  const stack = stackIn();
  const secret = new IamKeyRotationSecret(stack, 'Key', {
    previousKeyPolicy: PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) }),
  });
  const foreign = iam.User.fromUserArn(stack, 'Foreign', FOREIGN_USER_ARN);
  for (const grantee of [role(stack), foreign]) {
    secret.grantRotate(grantee);
    secret.grantRetire(grantee);
  }
  const template = Template.fromStack(stack);
  const own = `<${logicalId(secret.rotationFunction)}.Arn>`;
  const retirement = `<${Object.keys(template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'retirement' } }))[0]}>`;
  const invocations = Object.values(template.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
    .filter((statement) => actionsOf([statement]).includes('lambda:InvokeFunction')).flatMap(({ Resource }) => Resource).map(flatten);
  const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map(({ Properties }) => flatten(Properties.FunctionName));

  expect(invocations.sort()).toEqual([own, own, `${own}:$LATEST`, retirement].sort()); // of the retirement check, of grantRotate, of grantRetire
  expect(permissions.sort()).toEqual([own, own, retirement].sort()); // of Secrets Manager, of grantRotate, of grantRetire
});

test('a grantee whose account is known at deployment only is granted as aws-cdk-lib does', () => {
  const stack = new Stack(new App(), 'Stack');
  const account = new CfnParameter(stack, 'Account').valueAsString;
  new IamKeyRotationSecret(stack, 'Key').grantRead(iam.User.fromUserArn(stack, 'Reader', `arn:aws:iam::${account}:user/reader`));

  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { Users: ['reader'] });
});
