import {
  DescribeSecretCommand, GetSecretValueCommand, ListSecretVersionIdsCommand, PutSecretValueCommand, SecretsManagerClient, StatusType,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { Advice, call } from './aws-call';
import { failedWith, UnusableValue } from './errors';

/** Whether an ARN is that of this secret, which may lack the hyphen and the six characters that Secrets Manager adds to a name. */
export function isArnOf(arn: string, secretArn: string): boolean {
  return arn === secretArn || (arn.startsWith(secretArn) && /^-[A-Za-z0-9]{6}$/.test(arn.slice(secretArn.length)));
}

/** A replica of the secret that does not hold what the secret holds. */
export interface LaggingReplica {
  readonly region: string;
  /** Secrets Manager is at it; else it has failed. */
  readonly inProgress: boolean;
}

/** What one DescribeSecret tells: all that it says is of one moment. */
export class Look {
  constructor(
    public readonly arn: string,
    public readonly createdAt: Date,
    public readonly rotationEnabled: boolean,
    /** The labels of each version that has any. */
    public readonly versions: ReadonlyMap<string, readonly string[]>,
    /** The function that rotates it, if one does. */
    public readonly rotatedBy: string | undefined,
    public readonly laggingReplicas: readonly LaggingReplica[],
  ) {}

  /** The version that carries a label: there is at most one. */
  public versionWith(label: string): string | undefined {
    for (const [version, labels] of this.versions) {
      if (labels.includes(label)) return version;
    }
    return undefined;
  }

  /** The same, after these labels were put on a version. */
  public with(version: string, ...labels: string[]): Look {
    const versions = new Map(this.versions).set(version, [...new Set([...this.labelsOf(version), ...labels])]);
    return new Look(this.arn, this.createdAt, this.rotationEnabled, versions, this.rotatedBy, this.laggingReplicas);
  }

  /** All labels, of whatever version. */
  public get labels(): readonly string[] {
    return [...this.versions.values()].flat();
  }

  public labelsOf(version: string): readonly string[] {
    return this.versions.get(version) ?? [];
  }
}

/** One secret in Secrets Manager: its values and its staging labels. */
export class Secret {
  /** A version's value never changes once it is there, so each is read once. */
  private readonly values = new Map<string, string>();

  /**
   * @param onceOnly a client that never sends a request twice: whether a value was stored must not be blurred by a second try.
   * @param rotationToken goes with each value that is stored, where Secrets Manager sent one; it is a credential: never log it.
   */
  constructor(
    private readonly client: Pick<SecretsManagerClient, 'send'>,
    private readonly onceOnly: Pick<SecretsManagerClient, 'send'>,
    public readonly id: string,
    private readonly rotationToken?: string,
  ) {}

  public async look(): Promise<Look> {
    const answer = await this.call('DescribeSecret', () => this.client.send(new DescribeSecretCommand({ SecretId: this.id })));
    return new Look(
      answer.ARN ?? this.id,
      answer.CreatedDate ?? new Date(0),
      answer.RotationEnabled ?? false,
      new Map(Object.entries(answer.VersionIdsToStages ?? {})),
      answer.RotationEnabled ? answer.RotationLambdaARN?.split(':').slice(0, 7).join(':') : undefined, // without an alias or $LATEST
      (answer.ReplicationStatus ?? []).filter(({ Status }) => Status !== StatusType.InSync)
        .map(({ Region, Status }) => ({ region: Region ?? 'unknown', inProgress: Status === StatusType.InProgress })),
    );
  }

  /** The text of a version; undefined if the version has no value yet, or does not exist. */
  public async text(version: string): Promise<string | undefined> {
    const known = this.values.get(version);
    if (known !== undefined) return known;
    try {
      const answer = await this.call('GetSecretValue', () => this.client.send(new GetSecretValueCommand({ SecretId: this.id, VersionId: version })));
      if (answer.SecretString === undefined) {
        throw new UnusableValue(`version ${version} of secret ${this.id} is binary: store a JSON object as text (SecretString)`);
      }
      this.values.set(version, answer.SecretString);
      return answer.SecretString;
    } catch (error) {
      if (failedWith(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  }

  /** The text of the version with a label; fails if there is none. */
  public async textWith(label: string): Promise<string> {
    const command = new GetSecretValueCommand({ SecretId: this.id, VersionStage: label });
    const { SecretString } = await this.call('GetSecretValue', () => this.client.send(command));
    if (SecretString === undefined) throw new UnusableValue(`secret ${this.id} is binary: store a JSON object as text (SecretString)`);
    return SecretString;
  }

  /** When Secrets Manager registered a version; undefined if it is not listed. */
  public async registeredAt(version: string): Promise<Date | undefined> {
    let NextToken: string | undefined;
    do {
      const page = await this.call('ListSecretVersionIds', () => this.client.send(new ListSecretVersionIdsCommand({ SecretId: this.id, NextToken })));
      const found = page.Versions?.find((candidate) => candidate.VersionId === version);
      if (found) return found.CreatedDate;
      NextToken = page.NextToken;
    } while (NextToken);
    return undefined;
  }

  /** Stores a value under labels. Doing it again with the same version and text changes nothing. */
  public async store(version: string, text: string, labels: string[]): Promise<void> {
    await this.call('PutSecretValue', () => this.onceOnly.send(new PutSecretValueCommand({
      SecretId: this.id, ClientRequestToken: version, SecretString: text, VersionStages: labels, RotationToken: this.rotationToken,
    })), false);
    this.values.set(version, text);
  }

  /** Moves a label. Fails, and changes nothing, if `from` does not carry it (any more). */
  public async move(label: string, from: string | undefined, to: string): Promise<void> {
    await this.call('UpdateSecretVersionStage', () => this.client.send(new UpdateSecretVersionStageCommand({
      SecretId: this.id, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to,
    })));
  }

  /**
   * Takes a label off a version; nothing, and false, if the label, or the version, is not there (any more).
   * A write is never late, as a read may be.
   */
  public async unlabel(version: string, label: string): Promise<boolean> {
    try {
      await this.call('UpdateSecretVersionStage', () => this.client.send(new UpdateSecretVersionStageCommand({
        SecretId: this.id, VersionStage: label, RemoveFromVersionId: version,
      })));
      return true;
    } catch (error) {
      // the last one: the secret is marked for deletion
      if (!failedWith(error, 'InvalidParameterException', 'ResourceNotFoundException', 'InvalidRequestException')) throw error;
      return false;
    }
  }

  /** The text of the version that is current, which must have one. */
  public async currentText(version: string | undefined): Promise<string> {
    const text = version && await this.text(version);
    if (text === undefined || text === '') {
      throw new UnusableValue(`secret ${this.id} has no current value: put a JSON object into it, an empty one ({}) will do`);
    }
    return text;
  }

  private call<T>(action: string, send: () => Promise<T>, quote = true): Promise<T> {
    return call(`secretsmanager:${action}`, `secret ${this.id}`, send, ADVICE, quote);
  }
}

const ADVICE: Advice = (code, said) => {
  if (code.startsWith('AccessDenied') && /kms/i.test(said)) {
    return 'the execution role may not use the KMS key of the secret: give that key to the construct as `encryptionKey`, and let the key policy '
      + 'allow the account to grant it';
  }
  switch (code) {
    case 'DecryptionFailure':
    case 'EncryptionFailure':
    case 'KMSInvalidStateException':
      return 'look whether the KMS key of the secret is disabled or about to be deleted';
    case 'ResourceNotFoundException':
      return 'the secret does not exist (any more)';
    default:
      return undefined;
  }
};
