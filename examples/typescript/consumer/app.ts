// A consumer in the stack of the secret, which reads the key as soon as it is made: it has to wait for the first key.
import * as path from 'path';
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { IamKeyRotationSecret } from '../../../src'; // in your own app: from 'cdk-iam-key-rotation'

export class Consumer extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const key = new IamKeyRotationSecret(this, 'UploaderKey', { removalPolicy: RemovalPolicy.DESTROY });

    // Stands for a container, an instance or a function that reads the secret when it starts.
    const reader = new NodejsFunction(this, 'Reader', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      entry: path.join(__dirname, 'reader.ts'),
      bundling: { externalModules: [] }, // brings its own SDK
      timeout: Duration.minutes(1),
      logGroup: new logs.LogGroup(this, 'ReaderLogs', { removalPolicy: RemovalPolicy.DESTROY }),
    });
    const grant = key.grantRead(reader);
    const started = new CustomResource(this, 'Started', {
      serviceToken: reader.functionArn,
      properties: { SecretArn: key.secretArn, AccessKeyIdField: key.accessKeyIdField },
    });
    started.node.addDependency(key, grant);

    new CfnOutput(this, 'SecretArn', { value: key.secretArn });
    new CfnOutput(this, 'UserName', { value: key.user.userName });
    new CfnOutput(this, 'AccessKeyIdAtStart', { value: started.getAttString('AccessKeyId') });
  }
}

new Consumer(new App(), 'Consumer');
