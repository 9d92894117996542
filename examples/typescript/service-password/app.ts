// A password of a third-party service in a secret, replaced every week: npx cdk deploy -c service=https://service.example
// The administrator's key is in the secret `service/administrator`, as {"key":"…"}, which somebody has made by hand.
import * as path from 'path';
import { App, CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CustomRotationSecret, SecretRotationSchedule } from '../../../src'; // in your own app: from 'cdk-iam-key-rotation'

export class ServicePassword extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const administrator = secretsmanager.Secret.fromSecretNameV2(this, 'Administrator', 'service/administrator');
    const bundle = path.join(__dirname, 'dist');
    const password = new CustomRotationSecret(this, 'Password', {
      code: lambda.Code.fromCustomCommand(bundle, [
        'npx', 'esbuild', path.join(__dirname, 'rotator.ts'), '--bundle', '--platform=node', '--external:@aws-sdk/*', `--outfile=${bundle}/index.js`,
      ]),
      environment: { SERVICE: this.node.getContext('service'), ADMINISTRATOR: administrator.secretName },
      schedule: SecretRotationSchedule.rate(Duration.days(7)),
    });
    administrator.grantRead(password.rotationFunction);

    new CfnOutput(this, 'SecretArn', { value: password.secretArn });
    new CfnOutput(this, 'FunctionName', { value: password.rotationFunction.functionName });
  }
}

new ServicePassword(new App(), 'ServicePassword');
