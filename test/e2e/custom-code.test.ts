// A user's own code that does not load, runs out of time or ends its process: the deployment fails at once and says why, and nothing is left of it.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { customCode, PASSWORD } from './custom-code';
import { Deployment, Emulator, ENVIRONMENT } from './harness';
import { CustomRotationSecret } from '../../src';

/** Stands where something secret might: nobody but the log of the user's own function may hold it. */
const HIDDEN = 'hidden-7Yw2kq';

let emulator: Emulator;
beforeAll(async () => { emulator = await Emulator.start(); });
afterAll(async () => emulator.stop());

interface Code {
  readonly source: string;
  readonly handler?: string;
  readonly timeoutSeconds?: number;
}

/** The least that the function may be given is a minute, which no test should wait for. */
function stackOf(name: string, { source, handler, timeoutSeconds }: Code) {
  return (...[app]: ConstructorParameters<typeof Stack>): Stack => {
    const stack = new Stack(app, name, { env: ENVIRONMENT });
    const secret = new CustomRotationSecret(stack, 'Secret', { code: customCode(stack, source), handler });
    if (timeoutSeconds !== undefined) (secret.rotationFunction.node.defaultChild as lambda.CfnFunction).timeout = timeoutSeconds;
    new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
    new CfnOutput(stack, 'FunctionName', { value: secret.rotationFunction.functionName });
    return stack;
  };
}

/** A definition whose `issue` does this. */
function issuing(body: string): string {
  return PASSWORD.replace(/issue: .*\n/, `issue: async () => { ${body} },\n`);
}

/** A handler of the user's own, which does this with a Create, and has the kit handle all else. */
function creating(body: string): string {
  return `${PASSWORD}
    const { handler } = exports;
    exports.handler = async (event, context) => {
      if (event.RequestType === 'Create') { ${body} }
      return handler(event, context);
    };`;
}

const BROKEN: ReadonlyArray<[what: string, code: Code, told: RegExp]> = [
  ['requires a module that is not in it', { source: `require('left-out');\n${PASSWORD}` },
    /Runtime.ImportModuleError: Error: Cannot find module 'left-out'/],
  ['has no handler of that name', { source: PASSWORD, handler: 'index.rotate' },
    /Runtime.HandlerNotFound: index.rotate is undefined or not exported/],
  ['has no file of that name', { source: PASSWORD, handler: 'main.handler' },
    /Runtime.ImportModuleError: Error: Cannot find module .*main/],
  ['defines what cannot work', { source: PASSWORD.replace('[\'password\']', '[]') },
    /TypeError: rotationHandler: "fields" must name the secret's fields/],
  ['throws when it is loaded', { source: 'throw new RangeError(\'no SERVICE is set\');' }, /RangeError: no SERVICE is set/],
  ['is no JavaScript', { source: `${PASSWORD}\n}` }, /Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token '}'/],
];

const DYING: ReadonlyArray<[what: string, code: Code, told: RegExp]> = [
  ['runs out of time', { source: creating('for (;;);'), timeoutSeconds: 11 }, /Sandbox.Timedout: .*timed out after 11/], // a Delete needs ten
  ['ends its process', { source: issuing(`console.log('${HIDDEN}'); process.exit(1);`) }, /Runtime.ExitError: /],
  ['throws where nobody waits', { source: issuing(`setTimeout(() => { throw new Error('${HIDDEN}'); }); return new Promise(() => {});`) },
    /Runtime.ExitError|failed with Error/],
  ['does not answer in a hook', { source: issuing('return new Promise(() => {});'), timeoutSeconds: 22 },
    /issue did not answer in \d s: let it give up/],
  ['throws in a handler of its own', { source: creating(`throw new TypeError('${HIDDEN}');`) }, /it failed with TypeError, look into its log/],
];

describe.each([...BROKEN, ...DYING])('code that %s', (what, code, told) => {
  test('fails its first deployment with that within a minute, and nothing is left but the stack that failed', async () => {
    const name = `First-${what.replaceAll(/\W+/g, '-')}`;
    const [before, startedAt] = [await emulator.inventory.list(), Date.now()];
    const failure = await emulator.deploy(stackOf(name, code)).then(() => '', (error: Error) => error.message);
    expect(failure).toMatch(told);
    expect(failure).not.toContain(HIDDEN);
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    expect([...await emulator.inventory.list()].filter((item) => !before.has(item))).toEqual([`stack ${name}`]);
  });
});

describe('code that is deployed later, and', () => {
  let stack: Deployment;
  beforeAll(async () => { stack = await emulator.deploy(stackOf('Later', { source: PASSWORD })); });
  afterAll(async () => {
    await stack.destroy();
    expect(await stack.leftBehind()).toEqual([]);
  });

  test.each([BROKEN[0], BROKEN[1], BROKEN[3]])('%s, fails at that deployment, and the next rotation works with what was there', async (_what, code, told) => {
    const value = async () => (await emulator.clients.secretsManager.getSecretValue({ SecretId: stack.outputs.SecretArn })).SecretString;
    const before = await value();
    await expect(stack.update(stackOf('Later', code))).rejects.toThrow(told);
    expect(await value() === before).toBe(true); // compared here: a difference would be printed
    expect(await stack.rotate(stack.outputs.SecretArn)).toMatchObject({ ok: true });
    expect(await value() === before).toBe(false);
  });
});
