/** SDK clients that talk to the emulator: with its certificate, and with the credentials of whoever is meant. */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { IAM } from '@aws-sdk/client-iam';
import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { STS } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The emulator's account, its region, and the credentials of its root user: whoever deploys. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const ROOT: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export class Clients {
  readonly cloudFormation: CloudFormation;
  readonly iam: IAM;
  readonly lambda: Lambda;
  readonly logs: CloudWatchLogs;
  readonly s3: S3;
  readonly secretsManager: SecretsManager;
  readonly sts: STS;
  private readonly agent: Agent;

  constructor(endpoint: string, certificate: string, credentials: Credentials) {
    this.agent = new Agent({ ca: readFileSync(certificate), keepAlive: true });
    const config = { endpoint, credentials, region: REGION, requestHandler: new NodeHttpHandler({ httpsAgent: this.agent }) };
    this.cloudFormation = new CloudFormation(config);
    this.iam = new IAM(config);
    this.lambda = new Lambda(config);
    this.logs = new CloudWatchLogs(config);
    this.s3 = new S3({ ...config, forcePathStyle: true });
    this.secretsManager = new SecretsManager(config);
    this.sts = new STS(config);
  }

  /** Closes the connections, which would otherwise keep the process. */
  destroy(): void {
    this.agent.destroy();
  }
}
