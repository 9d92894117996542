// A secret that signs sessions, replaced every four hours without logging anybody out. `npx cdk deploy` in this folder makes it.
import * as path from 'path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { RandomValue, RandomValueRotationSecret, SecretRotationSchedule } from '../../../src'; // in your own app: from 'cdk-iam-key-rotation'

/** A session is good for as long as its value is current, and for one interval more: at least this long, and twice as long at most. */
const INTERVAL = Duration.hours(4);

export class SessionSecret extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const secret = new RandomValueRotationSecret(this, 'Session', {
      fields: { session_secret_key: RandomValue.characters(32) },
      schedule: SecretRotationSchedule.rate(INTERVAL),
      removalPolicy: RemovalPolicy.DESTROY,
    });

    // Stands for your web app: it signs sessions with the current value, and accepts those of the previous one, too.
    const web = new NodejsFunction(this, 'Web', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      entry: path.join(__dirname, 'web.ts'),
      bundling: { externalModules: [] }, // brings its own SDK
      timeout: Duration.seconds(30),
      environment: {
        SESSION_SECRET: secret.secretArn,
        // `npx cdk deploy -c cacheSeconds=0` reads the secret at each request
        CACHE_SECONDS: String(this.node.tryGetContext('cacheSeconds') ?? Duration.minutes(5).toSeconds()),
      },
      logGroup: new logs.LogGroup(this, 'WebLogs', { removalPolicy: RemovalPolicy.DESTROY }),
    });
    secret.grantRead(web);
    web.node.addDependency(secret); // waits for the first value

    new CfnOutput(this, 'SecretArn', { value: secret.secretArn });
    new CfnOutput(this, 'WebName', { value: web.functionName });
  }
}

new SessionSecret(new App(), 'SessionSecret');
