// The emulator's Lambda: what an invocation that fails answers.
import { strToU8, zipSync } from 'fflate';
import { Emulator } from '../harness';

let emulator: Emulator;
let Role: string;

beforeAll(async () => {
  emulator = await Emulator.startEmpty();
  const made = await emulator.clients.iam.createRole({
    RoleName: 'role',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
    }),
  });
  Role = made.Role!.Arn!;
});
afterAll(async () => emulator.stop());

interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: string[];
}

/** Makes a function of this code, invokes it, and answers its error. */
async function failure(FunctionName: string, code: string, Handler = 'index.handler'): Promise<Failure> {
  const { lambda } = emulator.clients;
  const ZipFile = zipSync({ 'index.js': strToU8(code) });
  await lambda.createFunction({ FunctionName, Role, Handler, Runtime: 'nodejs24.x', Timeout: 1, Code: { ZipFile } });
  const { FunctionError, Payload } = await lambda.invoke({ FunctionName });
  expect(FunctionError).toBe('Unhandled');
  return JSON.parse(Payload!.transformToString()) as Failure;
}

test('a module that is missing is named', async () => {
  const { errorType, errorMessage, trace } = await failure('missing', "require('x');");
  expect(errorType).toBe('Runtime.ImportModuleError');
  expect(errorMessage).toMatch(/^Error: Cannot find module 'x'\nRequire stack:\n/);
  expect(trace![0]).toBe("Runtime.ImportModuleError: Error: Cannot find module 'x'");
});

test('a handler that is missing is named', async () => {
  expect(await failure('unexported', 'exports.handler = () => {};', 'index.other'))
    .toMatchObject({ errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.other is undefined or not exported' });
});

test('code that cannot be parsed says so', async () => {
  expect(await failure('unparsed', 'const ;'))
    .toMatchObject({ errorType: 'Runtime.UserCodeSyntaxError', errorMessage: "SyntaxError: Unexpected token ';'" });
});

test.each([
  ['while it is loaded', 'loaded', 'throw new RangeError("too much");'],
  ['in its handler', 'handled', 'exports.handler = async () => { throw new RangeError("too much"); };'],
  ['in a handler that is not async', 'synchronous', 'exports.handler = () => { throw new RangeError("too much"); };'],
])('what a function throws %s is told with its name and its stack', async (_, name, code) => {
  const { trace, ...told } = await failure(name, code);
  expect(told).toEqual({ errorType: 'RangeError', errorMessage: 'too much' });
  expect(trace!.slice(0, 2)).toEqual(['RangeError: too much', expect.stringMatching(/^ {4}at .*index\.js/)]);
});

test('a function that takes too long is told so', async () => {
  expect(await failure('slow', 'exports.handler = () => new Promise(() => setTimeout(() => {}, 60_000));')).toEqual({
    errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/) as string,
  });
});

test.each([
  ['while it is loaded', 'exits', 'process.exit(1);'],
  ['in its handler', 'exits-late', 'exports.handler = () => process.exit(1);'],
])('a process that ends %s is told so', async (_, name, code) => {
  expect(await failure(name, code)).toEqual({
    errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited/) as string,
  });
});
