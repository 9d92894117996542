// CDK's own validation of templates against CloudFormation, which the other tests switch off for its cost. aws-cdk-lib has it since
// some time after 2.257: with an older version this says no more than that the app can be synthesized.
import * as fs from 'fs';
import * as path from 'path';
import * as cdk from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  AccessKeyFields, CustomRotationSecret, IamKeyRotationSecret, PreviousKeyPolicy, RandomValue, RandomValueRotationSecret, SecretRotationSchedule,
} from '../src';

const CAN_VALIDATE = 'CloudFormationValidatePlugin' in cdk;

beforeAll(() => { process.env.CDK_VALIDATION = 'true'; });
afterAll(() => { process.env.CDK_VALIDATION = 'false'; });

/** What CDK reports of an app, warnings included. */
function complaints(app: cdk.App): unknown[] {
  jest.spyOn(console, 'error').mockImplementation(); // it prints them, too
  const report = path.join(app.synth().directory, 'validation-report.json');
  return fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')).pluginReports : [];
}

afterEach(() => jest.restoreAllMocks());

test('CDK finds nothing to complain about, with defaults and with every prop', () => {
  const app = new cdk.App();
  const stack = new cdk.Stack(app, 'Stack');
  const secret = new IamKeyRotationSecret(stack, 'Default');
  secret.grantSelfRead();
  secret.grantRetire(secret.user);
  new IamKeyRotationSecret(stack, 'OnDemand', { schedule: SecretRotationSchedule.onDemand() });
  new IamKeyRotationSecret(stack, 'Everything', {
    secretName: 'everything',
    description: 'every prop',
    fields: AccessKeyFields.COMPACT,
    schedule: SecretRotationSchedule.cron({ hour: '8', day: '1', window: cdk.Duration.hours(2) }),
    previousKeyPolicy: PreviousKeyPolicy.keepUntilNextRotation({ overlap: cdk.Duration.days(1), evenIfInUse: true }),
    encryptionKey: new kms.Key(stack, 'Kms', { enableKeyRotation: true }),
    replicaRegions: [{ region: 'eu-central-1' }],
    removalPolicy: cdk.RemovalPolicy.RETAIN,
    functionOptions: { memorySize: 512, timeout: cdk.Duration.minutes(2), logGroup: new logs.LogGroup(stack, 'Logs') },
  });

  new RandomValueRotationSecret(stack, 'Session', { fields: { session_secret_key: RandomValue.characters(32) } });
  new CustomRotationSecret(stack, 'Token', { code: lambda.Code.fromInline('exports.handler = async () => {};') });

  expect(complaints(app)).toEqual([]);
});

(CAN_VALIDATE ? test : test.skip)('it would complain', () => {
  const app = new cdk.App();
  new logs.CfnLogGroup(new cdk.Stack(app, 'Stack'), 'Logs', { retentionInDays: 2 }); // not one of the values that CloudWatch has

  expect(JSON.stringify(complaints(app))).toContain('RetentionInDays');
});
