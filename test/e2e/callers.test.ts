// Who may do what: a user with one grant alone sends each function every event that it knows, forged, by each of its names. What the grant
// promises is done, and nothing else: no address of an event is written to, no key comes or goes, and nothing secret is logged or answered.
import { createHash } from 'node:crypto';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { customCode, PASSWORD } from './custom-code';
import { Clients, Deployment, Emulator, ENVIRONMENT } from './harness';
import { FIELDS } from './rotating-value';
import { CustomRotationSecret, IamKeyRotationSecret, PreviousKeyPolicy, RandomValueRotationSecret } from '../../src';
import { ALIASES, IamKeySettings } from '../../src/private/settings';

const KINDS = ['Key', 'Value', 'Custom'] as const;
type Kind = typeof KINDS[number];
const GRANTS = ['Rotate', 'Retire', 'Read'] as const;
type GrantName = typeof GRANTS[number];

/** Stands in every event where something secret might: nobody may repeat it. */
const HIDDEN = 'hidden-7Yw2kq';
const UNKNOWN_TOKEN = '00000000-0000-4000-8000-000000000000';
const UNKNOWN_KEY = 'AKIAIOSFODNN7EXAMPLE';

let emulator: Emulator;
let stack: Deployment;
/** With the key of a user that has this grant alone, of each secret that gives it. */
let who: Record<GrantName, Clients>;
/** Where forged requests want their answer, and whatever has come there. */
let listener: Server;
const arrived: string[] = [];
/** All that callers have been answered, logs included. */
const told: string[] = [];

function callersStack(scope: Stack): void {
  const secrets = {
    Key: new IamKeyRotationSecret(scope, 'Key', {
      previousKeyPolicy: PreviousKeyPolicy.retireAfter({ deactivate: Duration.days(7), delete: Duration.days(14) }),
    }),
    Value: new RandomValueRotationSecret(scope, 'Value', { fields: FIELDS }),
    Custom: new CustomRotationSecret(scope, 'Custom', { code: customCode(scope, PASSWORD) }),
  };
  const [rotates, retires, reads] = GRANTS.map((name) => new iam.User(scope, `${name}s`));
  for (const [kind, secret] of Object.entries(secrets)) {
    secret.grantRotate(rotates);
    secret.grantRead(reads);
    new CfnOutput(scope, `${kind}Arn`, { value: secret.secretArn });
    new CfnOutput(scope, `${kind}Function`, { value: secret.rotationFunction.functionName });
    new CfnOutput(scope, `${kind}FunctionArn`, { value: secret.rotationFunction.functionArn });
  }
  secrets.Key.grantRetire(retires);
  new CfnOutput(scope, 'UserName', { value: secrets.Key.user.userName });
  for (const [name, user] of Object.entries({ Rotate: rotates, Retire: retires, Read: reads })) {
    new CfnOutput(scope, `${name}Name`, { value: user.userName });
  }
}

beforeAll(async () => {
  emulator = await Emulator.start();
  listener = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    response.end();
  });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  stack = await emulator.deploy((app) => {
    const scope = new Stack(app, 'Callers', { env: ENVIRONMENT });
    callersStack(scope);
    return scope;
  });
  who = Object.fromEntries(await Promise.all(GRANTS.map(async (name) => {
    const { AccessKey } = await emulator.clients.iam.createAccessKey({ UserName: stack.outputs[`${name}Name`] });
    return [name, emulator.clientsFor({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! })];
  }))) as typeof who;
  for (const kind of KINDS) expect(await stack.rotate(stack.outputs[`${kind}Arn`])).toMatchObject({ ok: true });
});
afterEach(async () => emulator.controls.setFaults());
afterAll(async () => {
  listener.closeAllConnections();
  listener.close();
  await emulator.stop();
});

/** What a caller might have changed of these secrets, and of the user: each version has its labels and a fingerprint of its value. */
async function everything(...kinds: Kind[]): Promise<unknown> {
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: stack.outputs.UserName });
  return { keys: AccessKeyMetadata!.map(({ AccessKeyId, Status }) => `${AccessKeyId} ${Status}`), secrets: await Promise.all(kinds.map(secretOf)) };
}

async function secretOf(kind: Kind): Promise<unknown> {
  const { secretsManager } = emulator.clients;
  const SecretId = stack.outputs[`${kind}Arn`];
  const { RotationEnabled, RotationLambdaARN, RotationRules } = await secretsManager.describeSecret({ SecretId });
  const fingerprints = (await texts(kind)).map(([version, text]) => `${version} ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`);
  return { RotationEnabled, RotationLambdaARN, RotationRules, fingerprints, labels: await labels(kind) };
}

/** Each version of a secret, with its labels. */
async function labels(kind: Kind): Promise<string[]> {
  const SecretId = stack.outputs[`${kind}Arn`];
  const { Versions = [] } = await emulator.clients.secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
  return Versions.map(({ VersionId, VersionStages = [] }) => `${VersionId} ${[...VersionStages].sort().join(' ')}`);
}

/** The value of each version that has one. */
async function texts(kind: Kind): Promise<Array<[version: string, text: string]>> {
  const SecretId = stack.outputs[`${kind}Arn`];
  const { Versions = [] } = await emulator.clients.secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
  return Promise.all(Versions.map(async ({ VersionId }) => {
    const { SecretString = '' } = await emulator.clients.secretsManager.getSecretValue({ SecretId, VersionId }).catch(() => ({ SecretString: '' }));
    return [VersionId!, SecretString];
  }));
}

/** The id of the key, or of the version, that has a label. */
async function labelled(stage: string, what: 'key' | 'version', kind: Kind = 'Key'): Promise<string> {
  const { VersionIdsToStages = {} } = await emulator.clients.secretsManager.describeSecret({ SecretId: stack.outputs[`${kind}Arn`] });
  const [version, stages] = Object.entries(VersionIdsToStages).find(([, found]) => found.includes(stage))!;
  return what === 'version' ? version : stages.find((label) => label.startsWith('AKIA'))!;
}

/** What one name of a function answers to a caller: what it says, or that the caller may not invoke it by that name. */
async function invoke(caller: GrantName, kind: Kind, event: unknown, Qualifier?: string): Promise<string> {
  const request = { FunctionName: stack.outputs[`${kind}Function`], Qualifier, Payload: JSON.stringify(event), LogType: 'Tail' as const };
  try {
    const { Payload, LogResult = '', FunctionError } = await who[caller].lambda.invoke(request);
    const payload = Payload!.transformToString();
    told.push(payload, Buffer.from(LogResult, 'base64').toString());
    return FunctionError ? (JSON.parse(payload) as { errorMessage: string }).errorMessage : payload;
  } catch (error) {
    told.push(String(error));
    return (error as Error).name;
  }
}

const NAMES = { own: undefined, $LATEST: '$LATEST', deployment: ALIASES.deployment, retirement: ALIASES.retirement };
type Name = keyof typeof NAMES;

/** Which names of a function a right reaches. */
function reaches(caller: GrantName, name: Name, kind: Kind): boolean {
  if (caller === 'Rotate') return name === 'own' || name === '$LATEST';
  return caller === 'Retire' && name === 'retirement' && kind === 'Key';
}

const OWN = 'is not served under the function\'s own name';
const RETIREMENT = 'is not served under its alias "retirement"';

interface Forgery {
  readonly event: (kind: Kind) => Promise<unknown>;
  /** What it is answered under the function's own name, and under `retirement`. */
  readonly own?: string | ((kind: Kind) => string);
  readonly retirement?: string;
}

async function settingsOf(kind: Kind): Promise<IamKeySettings> {
  const { Configuration } = await emulator.clients.lambda.getFunction({ FunctionName: stack.outputs[`${kind}Function`] });
  return JSON.parse(Configuration!.Environment!.Variables!.SETTINGS) as IamKeySettings;
}

/** A request as CloudFormation sends it, with other settings and properties than the stack's. */
function forged(RequestType: string, settings: (own: IamKeySettings) => object = () => ({}), properties: object = {}): Forgery {
  return {
    event: async (kind) => {
      const own = await settingsOf(kind);
      const ResourceProperties = {
        SecretArn: stack.outputs[`${kind}Arn`], Settings: JSON.stringify({ ...own, ...settings(own) }), SecretIsRetained: 'false', ...properties,
      };
      return {
        RequestType,
        ResourceProperties,
        RequestId: UNKNOWN_TOKEN,
        StackId: 'Callers',
        LogicalResourceId: 'Lifecycle',
        PhysicalResourceId: 'first-value',
        ResponseURL: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/${RequestType}`,
        OldResourceProperties: RequestType === 'Update' ? ResourceProperties : undefined,
      };
    },
  };
}

const swapped = ({ fields }: IamKeySettings) => ({ fields: { accessKeyId: fields?.secretAccessKey, secretAccessKey: fields?.accessKeyId } });

function step(Step: unknown, token: (kind: Kind) => Promise<string>, own: Forgery['own'], SecretId?: () => string): Forgery {
  return {
    event: async (kind) => ({
      Step, SecretId: SecretId?.() ?? stack.outputs[`${kind}Arn`], ClientRequestToken: await token(kind), RotationToken: HIDDEN,
    }),
    own,
  };
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const unknownToken = async () => UNKNOWN_TOKEN;
const previousToken = (kind: Kind) => labelled('AWSPREVIOUS', 'version', kind);
const currentToken = (kind: Kind) => labelled('AWSCURRENT', 'version', kind);
const stepsFor = (what: string, token: (kind: Kind) => Promise<string>, own: Forgery['own'], secretId?: () => string) =>
  STEPS.map((name): [string, Forgery] => [`${name} ${what}`, step(name, token, own, secretId)]);

/** A request to retire a key, or the like, which the alias for that answers. */
function retire(event: () => Promise<object>, retirement: string): Forgery {
  return { event: async () => ({ Action: 'retire', ...await event() }), retirement };
}

/** What the retirement check says when nothing is due. */
const ofCheck = (kind: Kind) => (kind === 'Key' ? '"nothing is due"' : 'this function retires nothing');

const plain = (event: unknown): Forgery => ({ event: async () => event });

const FORGERIES: ReadonlyArray<[string, Forgery]> = [
  ['a Create', forged('Create')],
  ['an Update', forged('Update')],
  ['a Delete of a secret that is not retained', forged('Delete')],
  ['a Create that swaps the fields', forged('Create', swapped)],
  ['an Update that swaps the fields', forged('Update', swapped)],
  ['a Create for another user', forged('Create', () => ({ userName: stack.outputs.ReadName }))],
  ['a Delete for another user', forged('Delete', () => ({ userName: stack.outputs.ReadName, ownsUser: true }))],
  ['a Create with another secret of an administrator',
    forged('Create', ({ fields }) => ({ authority: { kind: 'adminSecret', secretArn: stack.outputs.ValueArn, fields } }))],
  ['a Create for another secret', forged('Create', undefined, { SecretArn: UNKNOWN_TOKEN })],
  ['a Delete that is a step, too',
    { event: async (kind) => ({ ...await forged('Delete').event(kind) as object, Step: 'createSecret' }), own: '"SecretId" must be' }],
  ...stepsFor('for a token that nobody registered', unknownToken, 'neither AWSPENDING nor AWSCURRENT'),
  ...stepsFor('for the previous version', previousToken, 'neither AWSPENDING nor AWSCURRENT'),
  ...stepsFor('for the current version', currentToken, 'null'),
  ...stepsFor('for another secret', unknownToken, '"SecretId" must be', () => stack.outputs.ReadName),
  ['a step that there is not', step('deleteSecret', unknownToken, '"Step" must be one of')],
  ['a step by the name of a property', step('constructor', unknownToken, '"Step" must be one of')],
  ['a step that is no text', step(['createSecret'], unknownToken, '"Step" must be one of')],
  ['a step for a token that is no id', step('createSecret', async () => `${HIDDEN}/../..`, '"ClientRequestToken" must be')],
  ['the retirement check', { ...plain({ Action: 'retireDue' }), own: ofCheck }],
  ['the retirement check of another secret', { ...plain({ Action: 'retireDue', SecretId: UNKNOWN_TOKEN }), own: ofCheck }],
  ['a retirement of the current key', retire(async () => ({ KeyId: await labelled('AWSCURRENT', 'key') }), 'is not retired: it is the current key')],
  ['a retirement of a key that is not there', retire(async () => ({ KeyId: UNKNOWN_KEY }), '"it is gone already"')],
  ['a retirement of another user\'s key', retire(async () => ({ KeyId: await anotherUsersKey() }), '"it is gone already"')],
  ['a retirement without a key', retire(async () => ({}), '"KeyId" must be')],
  ['a retirement of a key that is no id', retire(async () => ({ KeyId: HIDDEN }), '"KeyId" must be')],
  ['a retirement of several keys', retire(async () => ({ KeyId: [UNKNOWN_KEY] }), '"KeyId" must be')],
  ['null', plain(null)],
  ['a text', plain(HIDDEN)],
  ['a number', plain(42)],
  ['a list', plain([{ Step: HIDDEN }])],
  ['an empty object', plain({})],
  ['another action', plain({ Action: HIDDEN })],
  ['an object with a prototype', { event: async () => JSON.parse(`{"__proto__":{"Action":"retire"},"KeyId":"${HIDDEN}"}`) as unknown }],
];

async function anotherUsersKey(): Promise<string> {
  const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: stack.outputs.ReadName });
  return AccessKeyMetadata![0].AccessKeyId!;
}

/** What is expected of a forgery by one name, as far as the answer tells. */
function expected(forgery: Forgery, caller: GrantName, name: Name, kind: Kind): string {
  if (!reaches(caller, name, kind)) return 'AccessDeniedException';
  if (name === 'retirement') return forgery.retirement ?? RETIREMENT;
  return typeof forgery.own === 'function' ? forgery.own(kind) : forgery.own ?? OWN;
}

/** Sends an event by each name of the function, and looks at the answers. `$LATEST` is the function itself, which is shown with one kind. */
async function sendBy(callers: readonly GrantName[], kind: Kind, forgery: Forgery, event: unknown): Promise<void> {
  const names = (Object.keys(NAMES) as Name[]).filter((name) => kind === 'Key' || name !== '$LATEST');
  const calls = callers.flatMap((caller) => names.map((name) => ({ caller, name })));
  const answers = await Promise.all(calls.map(async ({ caller, name }) => invoke(caller, kind, event, NAMES[name])));
  expect(calls.map((call, index) => ({ ...call, answer: answers[index] })))
    .toEqual(calls.map((call) => ({ ...call, answer: expect.stringContaining(expected(forgery, call.caller, call.name, kind)) as string })));
}

describe.each(KINDS)('the function of a %s', (kind) => {
  let own: unknown; // looked at after each event
  let all: unknown;
  beforeAll(async () => { [own, all] = [await labels(kind), await everything(...KINDS)]; });
  afterAll(async () => expect(await everything(...KINDS)).toEqual(all));

  test.each(FORGERIES)('does nothing at %s', async (_what, forgery) => {
    const event = await forgery.event(kind);
    await sendBy(kind === 'Key' ? GRANTS : ['Rotate'], kind, forgery, event);
    expect(await labels(kind)).toEqual(own);
  });

  test('is reached by nobody who may retire or read something else', async () => {
    await sendBy(['Retire', 'Read'].filter((caller) => !reaches(caller as GrantName, 'retirement', kind)) as GrantName[], kind, plain({}), {});
  });
});

describe('RotateSecret', () => {
  const rotate = async (caller: GrantName, request: object) =>
    who[caller].secretsManager.rotateSecret({ SecretId: stack.outputs.KeyArn, ...request });

  test.each<[string, () => object]>([
    ['another function, though the caller may invoke that one', () => ({ RotationLambdaARN: stack.outputs.ValueFunctionArn })],
    ['another schedule', () => ({ RotationRules: { AutomaticallyAfterDays: 900 } })],
    ['another schedule, without rotating at once', () => ({ RotationRules: { AutomaticallyAfterDays: 900 }, RotateImmediately: false })],
  ])('is denied to who may rotate, with %s', async (_what, request) => {
    const before = await everything('Key');
    await expect(rotate('Rotate', request())).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await everything('Key')).toEqual(before);
  });

  test.each(['Retire', 'Read'] as const)('is denied to who may %s', async (caller) => {
    const before = await everything('Key');
    await expect(rotate(caller, {})).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await everything('Key')).toEqual(before);
  });
});

test.each(GRANTS)('who may %s can change neither secret nor user beside the function, and only who may read reads it', async (caller) => {
  const before = await everything('Key');
  const { secretsManager, iam: ofUser } = who[caller];
  const [SecretId, UserName] = [stack.outputs.KeyArn, stack.outputs.UserName];
  const version = await labelled('AWSPREVIOUS', 'version');
  const refused = await Promise.all([
    secretsManager.putSecretValue({ SecretId, SecretString: '{}' }),
    secretsManager.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: version }),
    secretsManager.cancelRotateSecret({ SecretId }),
    secretsManager.deleteSecret({ SecretId }),
    ofUser.createAccessKey({ UserName }),
    ofUser.deleteAccessKey({ UserName, AccessKeyId: await labelled('AWSPREVIOUS', 'key') }),
    ...(caller === 'Read' ? [] : [secretsManager.getSecretValue({ SecretId })]),
  ].map(async (call) => (call as Promise<unknown>).then(() => 'done', (error: Error) => error.name)));
  expect(refused.filter((answer) => !/^AccessDenied/.test(answer))).toEqual([]);
  expect(await everything('Key')).toEqual(before);
  if (caller === 'Read') expect((await secretsManager.getSecretValue({ SecretId })).SecretString).toContain('aws_access_key_id');
});

describe('what the grants promise:', () => {
  test('who may retire removes a replaced key, and that alone', async () => {
    const [current, replaced] = [await labelled('AWSCURRENT', 'key'), await labelled('AWSPREVIOUS', 'key')];
    expect(await invoke('Retire', 'Key', { Action: 'retire', KeyId: replaced }, ALIASES.retirement)).toMatch(new RegExp(`"removed": ?"${replaced}"`));
    const { AccessKeyMetadata } = await emulator.clients.iam.listAccessKeys({ UserName: stack.outputs.UserName });
    expect(AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId)).toEqual([current]);
  });

  test('the pending key of a rotation that waits is out of reach, and its steps go in their order, whoever sends them', async () => {
    await emulator.controls.setFaults({ action: 'GetCallerIdentity', do: { error: 'InternalFailure' }, times: 100 });
    expect(await stack.rotate(stack.outputs.KeyArn)).toMatchObject({ ok: false });
    const [key, token] = [await labelled('AWSPENDING', 'key'), await labelled('AWSPENDING', 'version')];
    const send = (Step: string) => invoke('Rotate', 'Key', { Step, SecretId: stack.outputs.KeyArn, ClientRequestToken: token });
    const before = await everything('Key');
    expect(await invoke('Retire', 'Key', { Action: 'retire', KeyId: key }, ALIASES.retirement)).toContain('is not retired: it is the pending key');
    expect(await send('finishSecret')).toContain('has not passed testSecret');
    expect(await send('createSecret')).toBe('null'); // it is stored already
    expect(await send('testSecret')).toContain('InternalFailure');
    expect(await everything('Key')).toEqual(before);

    await emulator.controls.setFaults();
    for (const name of STEPS) expect(await send(name)).toBe('null');
    expect(await labelled('AWSCURRENT', 'key')).toBe(key);
  });

  test.each(KINDS)('who may rotate a %s cannot go back to a version that was current before, whatever token RotateSecret is given', async (kind) => {
    const [current, previous] = [await labelled('AWSCURRENT', 'version', kind), await labelled('AWSPREVIOUS', 'version', kind)];
    await who.Rotate.secretsManager.rotateSecret({ SecretId: stack.outputs[`${kind}Arn`], ClientRequestToken: previous });
    await emulator.settle();
    expect((await emulator.controls.rotations()).at(-1)!.steps.at(-1)!.error).toMatch(new RegExp(`version ${previous} of secret \\S+ was current before`));
    expect(await labelled('AWSCURRENT', 'version', kind)).toBe(current);
    expect(await labelled('AWSPREVIOUS', 'version', kind)).toBe(previous);
  });

  test('who may rotate starts a rotation, and may name the function that it is', async () => {
    const before = await labelled('AWSCURRENT', 'version', 'Value');
    await who.Rotate.secretsManager.rotateSecret({ SecretId: stack.outputs.ValueArn, RotationLambdaARN: stack.outputs.ValueFunctionArn });
    await emulator.settle();
    expect(await labelled('AWSPREVIOUS', 'version', 'Value')).toBe(before);
  });
});

test('no address that came with an event was written to, and nothing secret stands in a log or an answer', async () => {
  expect(arrived).toEqual([]);
  const held = (await Promise.all(KINDS.map(texts))).flat().map(([, text]) => JSON.parse(text || '{}') as Record<string, string>);
  const values = held.flatMap((value) => Object.values(value)).filter((value) => !value.startsWith('AKIA'));
  const secrets = [HIDDEN, ...values, ...await emulator.controls.issuedSecrets()];
  expect(secrets.length).toBeGreaterThan(8);
  const logs = await Promise.all(KINDS.map((kind) => stack.logText(stack.outputs[`${kind}Function`])));
  const written = [...logs.flat(), ...told].join('\n');
  expect(written).toContain('"decision":"refused"');
  expect(secrets.filter((secret) => written.includes(secret))).toHaveLength(0);
});
