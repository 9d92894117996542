export { ACCOUNT, Clients, type Credentials, REGION } from './clients';
export type { Aged, Call, Fault, FunctionProcess, RotationReport, Settings } from './controls';
export { Deployment, ENVIRONMENT, type Invocation } from './deployment';
export { Emulator, type EmulatorOptions } from './emulator';
export { type Own, untilInterrupted } from './interruption';
