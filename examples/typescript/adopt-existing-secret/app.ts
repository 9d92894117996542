// Rotates the key in a secret that was made by hand, as in the console, with the fields `accesskey`, `secretkey`, `username` and
// `masterarn`. `npx cdk deploy -c secretName=prod/uploader -c userArn=arn:aws:iam::111122223333:user/uploader` takes it over, and rotates nothing yet.
import { App, CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AccessKeyFields, IamKeyRotation, SecretRotationSchedule } from '../../../src'; // in your own app: from 'cdk-iam-key-rotation'

export class AdoptExistingSecret extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const secret = secretsmanager.Secret.fromSecretNameV2(this, 'Secret', this.node.getContext('secretName'));
    const rotation = new IamKeyRotation(this, 'Rotation', {
      secret,
      user: iam.User.fromUserArn(this, 'User', this.node.getContext('userArn')), // by its ARN, which knows the user's path
      fields: AccessKeyFields.COMPACT,
      schedule: SecretRotationSchedule.rate(Duration.days(30)),
      // The keys stay when this stack goes: `removalPolicy` is RETAIN by default.
    });

    new CfnOutput(this, 'FunctionName', { value: rotation.rotationFunction.functionName });
  }
}

new AdoptExistingSecret(new App(), 'AdoptExistingSecret');
