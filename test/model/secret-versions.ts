/** The secret in Secrets Manager: its versions and their labels, now and before. */
import { MINUTE, SECOND } from './history';
import { Replica } from './replica';
import { ServiceError } from './service-error';
import { ADMIN_ARN, ADMIN_KEY_ID, FUNCTION_ARN, SECRET_ARN, TIMEOUT } from './settings';
import type { Timeline } from './timeline';
import { dateIn } from '../../lambda/protocol/labels';

/** Unlabelled versions that are kept. */
const KEPT_VERSIONS = 100;

interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Version {
  text?: string;
  readonly registeredAt: number;
  storedAt?: number;
}
type Labels = ReadonlyMap<string, string>;

export class SecretVersions {
  public readonly versions = new Map<string, Version>();
  private readonly ended = { givenUp: [] as Span[], endedByHand: [] as Span[], succeeded: [] as Span[] };
  /** From the schedule on, which CloudFormation makes after the first value. */
  public rotationEnabled = false;
  public currentMovedAt = 0;
  public readonly replica?: Replica;
  private labels: Labels = new Map();
  private readonly labelHistory: Array<{ at: number; labels: Labels }> = [];

  /**
   * @param beforeCurrentMoves is called before the function moves AWSCURRENT.
   * @param onCurrent is called when the secret has got another current key, or the same in another version.
   */
  public constructor(
    private readonly time: Timeline, isReplicated: boolean, private readonly beforeCurrentMoves: (to: string) => void,
    private readonly onCurrent: (before: string | undefined, now: string | undefined) => void,
  ) {
    if (isReplicated) this.replica = new Replica(time);
  }

  public newVersion(): string {
    return `version-${this.time.next()}`;
  }

  public versionWith(label: string): string | undefined {
    return this.labels.get(label);
  }

  public idIn(version: string | undefined): string | undefined {
    const text = version === undefined ? undefined : this.versions.get(version)?.text;
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>).id;
  }

  public get currentId(): string | undefined {
    return this.idIn(this.versionWith('AWSCURRENT'));
  }

  /** What the secret held at a time, as somebody read it then. */
  public currentTextAt(time: number): string | undefined {
    return this.versions.get(this.labelsAt(time).get('AWSCURRENT') ?? '')?.text;
  }

  public register(version: string, text?: string): void {
    this.versions.set(version, { registeredAt: this.time.now, text, storedAt: text === undefined ? undefined : this.time.now });
    this.time.tell(`${version} is registered`);
    this.setLabels((labels) => labels.set('AWSPENDING', version));
  }

  public put(version: string, text: string, stages: string[]): void {
    const known = this.versions.get(version);
    this.versions.set(version, { registeredAt: known?.registeredAt ?? this.time.now, text, storedAt: this.time.now });
    for (const stage of stages) this.moveLabel(stage, version);
    const labelled = new Set(this.labels.values());
    const bare = [...this.versions.keys()].filter((id) => !labelled.has(id));
    for (const id of bare.slice(0, Math.max(0, bare.length - KEPT_VERSIONS))) this.versions.delete(id);
  }

  public moveLabel(label: string, to: string): void {
    if (dateIn(label, 'abandoned')) this.ended.givenUp.push({ from: this.versions.get(to)!.registeredAt, to: this.time.now });
    const from = this.labels.get(label);
    if (from !== to || label !== 'AWSCURRENT') this.time.tell(`${label} moves from ${from} to ${to}, with ${this.idIn(to)}`);
    const [before, beforeId] = [from, label === 'AWSCURRENT' ? this.currentId : undefined];
    this.setLabels((labels) => {
      labels.set(label, to);
      if (label === 'AWSCURRENT' && before !== undefined && before !== to) labels.set('AWSPREVIOUS', before);
    });
    if (label !== 'AWSCURRENT') return;
    this.currentMovedAt = this.time.now;
    this.replica?.follow();
    this.onCurrent(beforeId, this.currentId);
  }

  /** A person takes AWSPENDING off. */
  public endByHand(): void {
    const pending = this.versions.get(this.versionWith('AWSPENDING') ?? '');
    if (pending) this.ended.endedByHand.push({ from: pending.registeredAt, to: this.time.now });
    this.takeOff('AWSPENDING');
  }

  public hasSucceeded(version: string): void {
    this.ended.succeeded.push({ from: this.versions.get(version)?.registeredAt ?? this.time.now, to: this.time.now });
  }

  /** Whether a rotation that ended so may have made a key then. */
  public isFromRotation(madeAt: number, how: 'givenUp' | 'endedByHand' | 'succeeded'): boolean {
    return this.ended[how].some(({ from, to }) => madeAt >= from - SECOND && madeAt <= to + TIMEOUT + MINUTE);
  }

  /** Whether what is pending was current before, so that its rotation can only end. */
  public pendingWasCurrent(): boolean {
    const pending = this.versionWith('AWSPENDING');
    const labels = [...this.labels].filter(([, version]) => version === pending).map(([label]) => label);
    return !labels.includes('AWSCURRENT') && labels.some((label) => label === 'AWSPREVIOUS' || dateIn(label, 'replaced') !== undefined);
  }

  public takeOff(label: string): void {
    this.time.tell(`${label} is taken off ${this.labels.get(label)}`);
    this.setLabels((labels) => labels.delete(label));
  }

  /** Whether a label says since when this key is replaced. */
  public isDated(id: string): boolean {
    return [...this.labels].some(([label, version]) => dateIn(label, 'replaced') !== undefined && this.idIn(version) === id);
  }

  public labelCount(): number {
    return this.labels.size;
  }

  private setLabels(change: (labels: Map<string, string>) => void): void {
    const labels = new Map(this.labels);
    change(labels);
    this.labels = labels;
    this.labelHistory.push({ at: this.time.now, labels });
  }

  private labelsAt(time: number): Labels {
    for (let index = this.labelHistory.length - 1; index >= 0; index--) {
      if (this.labelHistory[index].at <= time) return this.labelHistory[index].labels;
    }
    return this.labelHistory[0].labels;
  }

  /**
   * What Secrets Manager answers.
   * @param time a read is of then.
   */
  public answer(action: string, input: Record<string, any> /* each action has its own */, time: number): unknown {
    switch (action) {
      case 'DescribeSecret': {
        const versions: Record<string, string[]> = {};
        for (const [label, version] of this.labelsAt(time)) (versions[version] ??= []).push(label);
        return {
          ARN: SECRET_ARN,
          CreatedDate: new Date(this.time.createdAt),
          RotationEnabled: this.rotationEnabled,
          RotationLambdaARN: this.rotationEnabled ? FUNCTION_ARN : undefined,
          ReplicationStatus: this.replica && [{ Region: 'eu-west-1', Status: this.replica.statusAt(time) }],
          VersionIdsToStages: versions,
        };
      }
      case 'GetSecretValue': {
        if (input.SecretId === ADMIN_ARN) return { SecretString: `{"id":"${ADMIN_KEY_ID}","secret":"secret-of-administrator"}` };
        const version = this.versions.get(input.VersionId);
        if (version?.text === undefined || version.storedAt! > time) throw new ServiceError('ResourceNotFoundException');
        return { SecretString: version.text };
      }
      case 'ListSecretVersionIds':
        return {
          Versions: [...this.versions].filter(([, { registeredAt }]) => registeredAt <= time)
            .map(([VersionId, { registeredAt }]) => ({ VersionId, CreatedDate: new Date(registeredAt) })),
        };
      case 'PutSecretValue': {
        const known = this.versions.get(input.ClientRequestToken)?.text;
        if (known !== undefined && known !== input.SecretString) throw new ServiceError('ResourceExistsException');
        if (known === undefined) this.put(input.ClientRequestToken, input.SecretString, input.VersionStages);
        return {};
      }
      case 'UpdateSecretVersionStage': {
        const { VersionStage, RemoveFromVersionId, MoveToVersionId } = input;
        const holder = this.labels.get(VersionStage);
        const isElsewhere = RemoveFromVersionId ? holder !== RemoveFromVersionId : holder && holder !== MoveToVersionId;
        if (isElsewhere) throw new ServiceError('InvalidParameterException');
        if (MoveToVersionId && this.labels.size >= 20 && !this.labels.has(VersionStage)) throw new ServiceError('LimitExceededException');
        if (VersionStage === 'AWSCURRENT') this.beforeCurrentMoves(MoveToVersionId);
        if (MoveToVersionId) this.moveLabel(VersionStage, MoveToVersionId);
        else this.takeOff(VersionStage);
        return {};
      }
      default:
        throw new Error(`the model does not know ${action}`);
    }
  }
}
