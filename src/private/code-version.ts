/** What changes when the code of a function does. */
import { createHash } from 'crypto';
import { Lazy, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** As rendered: the place of the code in S3, or a hash of the text that stands in the template. */
export function codeVersion(rotationFunction: lambda.Function): string {
  const resource = rotationFunction.node.defaultChild as lambda.CfnFunction;
  return Lazy.string({ produce: () => versionOf(resource.code as lambda.CfnFunction.CodeProperty) });
}

function versionOf({ zipFile, s3Key, s3ObjectVersion }: lambda.CfnFunction.CodeProperty): string {
  if (zipFile === undefined) return [s3Key, s3ObjectVersion].filter((part) => part !== undefined).join(' ');
  return Token.isUnresolved(zipFile) ? zipFile : createHash('sha256').update(zipFile).digest('hex');
}
