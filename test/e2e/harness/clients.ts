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

/** Each is made when it is first asked for: whoever tries a key needs but one of them. */
export class Clients {
  private readonly agent: Agent;
  private readonly config: { endpoint: string; credentials: Credentials; region: string; requestHandler: NodeHttpHandler };
  private readonly made = new Map<unknown, unknown>();

  constructor(endpoint: string, certificate: string, credentials: Credentials) {
    this.agent = new Agent({ ca: readFileSync(certificate), keepAlive: true });
    this.config = { endpoint, credentials, region: REGION, requestHandler: new NodeHttpHandler({ httpsAgent: this.agent }) };
  }

  get cloudFormation(): CloudFormation {
    return this.of(CloudFormation);
  }

  get iam(): IAM {
    return this.of(IAM);
  }

  get lambda(): Lambda {
    return this.of(Lambda);
  }

  get logs(): CloudWatchLogs {
    return this.of(CloudWatchLogs);
  }

  get s3(): S3 {
    return this.of(S3);
  }

  get secretsManager(): SecretsManager {
    return this.of(SecretsManager);
  }

  get sts(): STS {
    return this.of(STS);
  }

  /** Closes the connections, which would otherwise keep the process. */
  destroy(): void {
    this.agent.destroy();
  }

  private of<T>(client: new (config: Clients['config'] & { forcePathStyle: boolean }) => T): T {
    if (!this.made.has(client)) this.made.set(client, new client({ ...this.config, forcePathStyle: true })); // a bucket has no host of its own here
    return this.made.get(client) as T;
  }
}
