/** A text that changes when the code of a function changes. */
import { createHash } from 'crypto';
import { Lazy, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/**
 * Resolves to the location of the code in S3, or to a hash of code that stands in the template. A hash of the handler and the environment
 * follows, as these decide, too, whether the code loads.
 */
export function codeVersion(rotationFunction: lambda.Function): string {
  const resource = rotationFunction.node.defaultChild as lambda.CfnFunction;
  return Lazy.string({
    produce: () => {
      const { handler, environment } = Stack.of(resource).resolve({ handler: resource.handler, environment: resource.environment });
      return `${versionOf(resource.code as lambda.CfnFunction.CodeProperty)} ${hash(JSON.stringify([handler, environment]))}`;
    },
  });
}

function versionOf({ zipFile, s3Key, s3ObjectVersion }: lambda.CfnFunction.CodeProperty): string {
  if (zipFile === undefined) return [s3Key, s3ObjectVersion].filter((part) => part !== undefined).join(' ');
  return Token.isUnresolved(zipFile) ? zipFile : hash(zipFile);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
