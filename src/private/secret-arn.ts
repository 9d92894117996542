/** How policies refer to a secret. */
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** The secret's ARN, or a pattern of it if the ARN is known without the suffix that Secrets Manager adds: without it the ARN matches no secret. */
export function secretArnPattern(secret: secretsmanager.ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** The same, as seen from another account or region of the app: CDK passes on the full ARN, or the name alone. */
export function crossEnvironmentSecretArns(secret: secretsmanager.ISecret): string[] {
  return [secret.secretArn, `${secret.secretArn}-??????`];
}
