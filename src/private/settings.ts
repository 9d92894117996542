/**
 * What a construct tells its rotation function: the construct writes it, as JSON, into the environment variable `SETTINGS` and
 * into the property `Settings` of the custom resource; `lambda/` reads it. Only types stand here: `lambda/` must not import code.
 */

/** The names of the JSON fields that hold an access key in a secret. */
export interface AccessKeyFieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where present, the user's name is written there. */
  readonly userName?: string;
  /** Where present, an ARN is written there: this secret's own. */
  readonly masterArn?: string;
}

/** What becomes of the key that a rotation replaces. */
export interface PreviousKeySettings {
  readonly kind: 'keepUntilNextRotation';
  /** How long a replaced key is sure to live. */
  readonly overlapSeconds: number;
  /** It goes after the overlap even if it was used a moment ago. */
  readonly evenIfInUse: boolean;
}

/** How long to wait until IAM has told all of AWS of a new key. */
export interface PropagationSettings {
  /** So many good answers of STS in a row count as proof. */
  readonly answers: number;
  /** The pause between two answers. */
  readonly pauseMillis: number;
}

/** The settings of a function that rotates the access key of one IAM user. */
export interface IamKeySettings {
  readonly kind: 'iam-key';
  readonly userName: string;
  /** For an imported user, possibly without its path. */
  readonly userArn: string;
  /** The construct made the user for this secret: nobody else is expected to make keys for it. */
  readonly ownsUser: boolean;
  readonly fields: AccessKeyFieldNames;
  /** The field names of the other presets: a secret that holds these is not ours to write to. */
  readonly otherPresets: ReadonlyArray<AccessKeyFieldNames>;
  readonly previousKey: PreviousKeySettings;
  /** The shortest time between two scheduled rotations; absent if rotation is on demand. */
  readonly intervalSeconds?: number;
  /** The function's own timeout: a stalled copy of a step is dead after it. */
  readonly timeoutSeconds: number;
  readonly propagation: PropagationSettings;
}

/** The properties of the custom resource that stands for the first key. CloudFormation turns every value into a string. */
export interface FirstKeyProperties {
  readonly SecretArn: string;
  /** `IamKeySettings` as JSON. */
  readonly Settings: string;
  /** Whether deleting the stack keeps the secret, and so its keys: 'true' or 'false'. */
  readonly SecretIsRetained: string;
}
