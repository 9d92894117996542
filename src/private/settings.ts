/**
 * The contract between a construct and its rotation function: what `src/` writes, `lambda/` reads. `lambda/` imports this file and no other of `src/`,
 * so this file imports nothing.
 */

/** The environment variable that holds the settings as JSON. The property `Settings` of the custom resource holds the same text. */
export const SETTINGS_VARIABLE = 'SETTINGS';

/** The one field of a secret that has no credential yet. */
export const PLACEHOLDER_FIELD = 'placeholder';

/**
 * The maximum size of a secret's text.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export const LARGEST_SECRET_BYTES = 65_536;

/**
 * The names under which the function is called, besides its own. Lambda, and not the event, says by which one it was called; a right to invoke the
 * function under its own name does not reach them. Frozen: an alias of another name is another resource.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
 */
export const ALIASES = {
  /** CloudFormation's requests. */
  deployment: 'deployment',
  /** Whoever may say that a replaced credential is not needed any more. */
  retirement: 'retirement',
} as const;

/** The secret that the function rotates: what it is asked to do for another one, it refuses. */
export interface SecretSettings {
  /** Without the suffix that Secrets Manager adds, if the secret was imported by its name. */
  readonly secretArn: string;
}

/** The names of the JSON fields that hold an access key in a secret. */
export interface AccessKeyFieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where present, the user's name is written there. */
  readonly userName?: string;
  /** Where present, an ARN is written there: the administrator's secret's, else this secret's own. */
  readonly masterArn?: string;
}

/** Whose credentials call IAM. */
export type AuthoritySettings =
  | { readonly kind: 'executionRole' }
  /** The current key of the secret itself. */
  | { readonly kind: 'ownKey' }
  /** The access key in another secret. */
  | { readonly kind: 'adminSecret'; readonly secretArn: string; readonly fields: AccessKeyFieldNames }
  | { readonly kind: 'assumedRole'; readonly roleArn: string; readonly externalId?: string };

/** What becomes of the key that a rotation replaces. */
export interface PreviousKeySettings {
  /** How long a replaced key is sure to live. */
  readonly overlapSeconds: number;
  /** It goes after the overlap even if it was used a moment ago. */
  readonly evenIfInUse: boolean;
  /** A rotation never removes it. */
  readonly isForAdministrator: boolean;
  /** When it goes without being asked to make room, counted from its replacement; absent if it stays until then. */
  readonly retire?: RetireSettings;
}

/** When a replaced key is retired. */
export interface RetireSettings {
  readonly deactivateSeconds: number;
  /** At least `deactivateSeconds`. */
  readonly deleteSeconds: number;
  /** Right after the rotation, too, and not by the scheduled check alone. */
  readonly atOnce: boolean;
}

/** What becomes of a key of the user that the secret does not record. */
export type UnrecordedKeySettings = 'keep' | 'reclaimUnused' | 'refuse' | 'delete';

/** How long to wait until IAM has told all of AWS of a new key. */
export interface PropagationSettings {
  /** So many good answers of STS in a row count as proof. */
  readonly answers: number;
  /** The pause between two answers. */
  readonly pauseMillis: number;
}

/** The settings of a function that rotates the access key of one IAM user. */
export interface IamKeySettings extends SecretSettings {
  readonly kind: 'iam-key';
  readonly userName: string;
  /** For an imported user, possibly without its path. */
  readonly userArn: string;
  /** The construct made the user for this secret: nobody else is expected to make keys for it. */
  readonly ownsUser: boolean;
  readonly fields: AccessKeyFieldNames;
  /** The field names of the other presets: a secret that holds these is not ours to write to. */
  readonly otherPresets: ReadonlyArray<AccessKeyFieldNames>;
  readonly authority: AuthoritySettings;
  readonly previousKey: PreviousKeySettings;
  readonly unrecordedKey: UnrecordedKeySettings;
  /** The shortest time between two scheduled rotations; absent if rotation is on demand. */
  readonly intervalSeconds?: number;
  /** The function's own timeout: a stalled copy of a step is dead after it. */
  readonly timeoutSeconds: number;
  readonly propagation: PropagationSettings;
}

/** How a random value is made. */
export type RandomValueSettings =
  | { readonly kind: 'characters'; readonly length: number; readonly characters: string }
  | { readonly kind: 'bytes'; readonly bytes: number; readonly encoding: 'hex' | 'base64' | 'base64url' };

/** The settings of a function that rotates random values. */
export interface RandomValueRotationSettings extends SecretSettings {
  readonly kind: 'random-value';
  readonly fields: ReadonlyArray<{ readonly name: string; readonly value: RandomValueSettings }>;
  /** A function that is asked whether a new version works. */
  readonly checkFunctionArn?: string;
}

/** The settings of a function that rotates what its own code describes. */
export interface CustomRotationSettings extends SecretSettings {
  readonly kind: 'custom';
  /** How long a replaced credential is sure to live. */
  readonly overlapSeconds: number;
  /** The function's own timeout: a stalled copy of a step is dead after it. */
  readonly timeoutSeconds: number;
  /** The pause between two tries of a credential that does not work yet. */
  readonly verify: { readonly pauseMillis: number };
}

/** The properties of the custom resource that stands for the first value. CloudFormation turns every value into a string. */
export interface FirstValueProperties {
  readonly SecretArn: string;
  /** The settings of this function as JSON. */
  readonly Settings: string;
  /** Whether deleting the stack keeps the secret, and so its keys: 'true' or 'false'. */
  readonly SecretIsRetained: string;
  /** Changes with the code of a user's own function, so that a deployment calls it and shows that it loads. Not read. */
  readonly Code?: string;
}

/** What retires replaced credentials. */
export type RetirementEvent =
  /** What the policy says is due, asked for by EventBridge Scheduler under the function's own name. */
  | { readonly Action: 'retireDue' }
  /** This one now, as nobody needs it any more, asked for under the alias `retirement`. */
  | { readonly Action: 'retire'; readonly KeyId: string };
