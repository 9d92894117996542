// A user who may write to a bucket, and its access key in a secret. `npx cdk deploy` in this folder makes them.
import { App, CfnOutput, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { IamKeyRotationSecret, PreviousKeyPolicy } from '../../../src'; // in your own app: from 'cdk-iam-key-rotation'

export class QuickStart extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    // What the key is for. Empty it before `cdk destroy`.
    const bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    // `npx cdk deploy -c overlapHours=0 -c evenIfInUse=true` lets a replaced key go at once.
    const overlapHours = this.node.tryGetContext('overlapHours');
    const key = new IamKeyRotationSecret(this, 'UploaderKey', {
      previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({
        overlap: overlapHours === undefined ? undefined : Duration.hours(Number(overlapHours)),
        evenIfInUse: String(this.node.tryGetContext('evenIfInUse')) === 'true',
      }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    bucket.grantReadWrite(key.user);

    new CfnOutput(this, 'SecretArn', { value: key.secretArn });
    new CfnOutput(this, 'UserName', { value: key.user.userName });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'FunctionName', { value: key.rotationFunction.functionName });
  }
}

new QuickStart(new App(), 'QuickStart');
