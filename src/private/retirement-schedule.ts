/** The scheduled check that retires replaced keys when they are due. */
import { Aws, Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct, IDependable } from 'constructs';
import { RetirementEvent, RetireSettings } from './settings';

const CHECKS_PER_DELAY = 24;
const MAX_HOURS_BETWEEN_CHECKS = 12;
/** The checks of many secrets are spread over this fraction of the time between two checks. */
const SPREAD = 0.5;

/**
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
 */
export function scheduleRetirement(
  scope: Construct, rotationFunction: lambda.IFunction, retire: RetireSettings, after: IDependable[],
): void {
  const role = new iam.Role(scope, 'RetirementRole', {
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
  });
  const policy = new iam.Policy(scope, 'RetirementPolicy', {
    roles: [role],
    statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [rotationFunction.functionArn] })],
  });
  const hours = hoursBetweenChecks(retire);
  const schedule = new scheduler.CfnSchedule(scope, 'RetirementSchedule', {
    description: 'Retires replaced access keys when they are due',
    scheduleExpression: hours === 1 ? 'rate(1 hour)' : `rate(${hours} hours)`,
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: Duration.hours(hours).toMinutes() * SPREAD },
    target: {
      arn: rotationFunction.functionArn,
      roleArn: role.roleArn,
      input: JSON.stringify({ Action: 'retireDue' } satisfies RetirementEvent),
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: Duration.hours(1).toSeconds() }, // the next check follows anyway
    },
  });
  schedule.node.addDependency(policy, ...after);
}

/** Keeps the shorter delay within a twenty-fourth of its length. */
export function hoursBetweenChecks({ deactivateSeconds, deleteSeconds }: RetireSettings): number {
  const delays = [deactivateSeconds, deleteSeconds - deactivateSeconds].filter((seconds) => seconds > 0);
  if (delays.length === 0) return 1; // the rotation retires keys itself; the check covers one that fails right before that
  return Math.min(MAX_HOURS_BETWEEN_CHECKS, Math.max(1, Math.floor(Math.min(...delays) / 3600 / CHECKS_PER_DELAY)));
}
