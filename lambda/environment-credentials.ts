/**
 * Stands in the bundle for the SDK's chain of credential providers (see `.projenrc.ts`): a function has its credentials in the
 * environment, and what would ask for them elsewhere (a profile, single sign-on, a login) is a sixth of the zip.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
