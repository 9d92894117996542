// What is soaked: the key of a user who may write to a bucket, rotated as often as its overlap lets it.
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IamKeyRotationSecret, PreviousKeyPolicy, SecretRotationSchedule } from '../../../src';
import { ENVIRONMENT } from '../harness';

export const DAY = 86_400;
/** Four fifths of the interval: the longest overlap that the README recommends, so that nothing is to spare. */
export const OVERLAP_SECONDS = 8 * DAY;
export const INTERVAL_SECONDS = 10 * DAY;

export function soakStack(app: App): Stack {
  const stack = new Stack(app, 'Soak', { env: ENVIRONMENT });
  const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true });
  const key = new IamKeyRotationSecret(stack, 'Key', {
    schedule: SecretRotationSchedule.rate(Duration.seconds(INTERVAL_SECONDS)),
    previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: Duration.seconds(OVERLAP_SECONDS) }),
  });
  bucket.grantReadWrite(key.user);
  new CfnOutput(stack, 'SecretArn', { value: key.secretArn });
  new CfnOutput(stack, 'UserName', { value: key.user.userName });
  new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
  new CfnOutput(stack, 'FunctionName', { value: key.rotationFunction.functionName });
  return stack;
}
