/**
 * The contract between a construct and its rotation function: what `src/` writes, `lambda/` reads. `lambda/` imports this file and no other of
 * `src/`, so this file imports nothing.
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
 * The aliases of the function. Lambda, not the event, tells the function by which name it was invoked; the right to invoke the function by its own
 * name does not include its aliases. The names must never change, because an alias of another name is another resource.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
 */
export const ALIASES = {
  /** For requests of CloudFormation. */
  deployment: 'deployment',
  /** For principals that may retire a replaced credential at once. */
  retirement: 'retirement',
} as const;

/** The secret that the function rotates. It rejects requests for any other secret. */
export interface SecretSettings {
  /** Lacks the suffix that Secrets Manager adds if the secret was imported by its name. */
  readonly secretArn: string;
}

/** The names of the JSON fields that hold an access key in a secret. */
export interface AccessKeyFieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The field to write the user's name to, if any. */
  readonly userName?: string;
  /** The field to write an ARN to, if any: that of the administrator's secret, or else of this secret. */
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

/** What happens to the key that a rotation replaces. */
export interface PreviousKeySettings {
  /** The minimum time a replaced key stays valid. */
  readonly overlapSeconds: number;
  /** Delete it after the overlap even if it is in use. */
  readonly evenIfInUse: boolean;
  /** No rotation removes it. */
  readonly isForAdministrator: boolean;
  /** When the scheduled check retires it; absent if it stays until a rotation needs its place. */
  readonly retire?: RetireSettings;
}

/** When a replaced key is retired, in seconds from its replacement. */
export interface RetireSettings {
  readonly deactivateSeconds: number;
  /** At least `deactivateSeconds`. */
  readonly deleteSeconds: number;
  /** The rotation retires it at its end; the scheduled check covers a rotation that failed before that. */
  readonly atOnce: boolean;
}

/** What happens to a key of the user that the secret does not record. */
export type UnrecordedKeySettings = 'keep' | 'reclaimUnused' | 'refuse' | 'delete';

/** How to find out whether a new key works everywhere in AWS. */
export interface PropagationSettings {
  /** The number of successful STS calls in a row that count as proof. */
  readonly answers: number;
  /** The pause between two calls. */
  readonly pauseMillis: number;
}

/** The settings of a function that rotates the access key of one IAM user. */
export interface IamKeySettings extends SecretSettings {
  readonly kind: 'iam-key';
  readonly userName: string;
  /** May lack the path of an imported user. */
  readonly userArn: string;
  /** The construct created the user for this secret: nobody else is expected to create keys for it. */
  readonly ownsUser: boolean;
  readonly fields: AccessKeyFieldNames;
  /** The field names of the other presets. The function must not write to a secret that holds them. */
  readonly otherPresets: ReadonlyArray<AccessKeyFieldNames>;
  readonly authority: AuthoritySettings;
  readonly previousKey: PreviousKeySettings;
  readonly unrecordedKey: UnrecordedKeySettings;
  /** The shortest time between two scheduled rotations; absent if rotation is on demand. */
  readonly intervalSeconds?: number;
  /** The function's timeout. A stalled step cannot run any longer. */
  readonly timeoutSeconds: number;
  readonly propagation: PropagationSettings;
}

/** How a random value is generated. */
export type RandomValueSettings =
  | { readonly kind: 'characters'; readonly length: number; readonly characters: string }
  | { readonly kind: 'bytes'; readonly bytes: number; readonly encoding: 'hex' | 'base64' | 'base64url' };

/** The settings of a function that rotates random values. */
export interface RandomValueRotationSettings extends SecretSettings {
  readonly kind: 'random-value';
  readonly fields: ReadonlyArray<{ readonly name: string; readonly value: RandomValueSettings }>;
  /** A function that checks new values. */
  readonly checkFunctionArn?: string;
}

/** The settings of a user's own rotation function. */
export interface CustomRotationSettings extends SecretSettings {
  readonly kind: 'custom';
  /** The minimum time a replaced credential stays valid. */
  readonly overlapSeconds: number;
  /** The function's timeout. A stalled step cannot run any longer. */
  readonly timeoutSeconds: number;
  /** The pause between two attempts to verify a credential that does not work yet. */
  readonly verify: { readonly pauseMillis: number };
}

/** The properties of the custom resource that stands for the first value. CloudFormation turns every value into a string. */
export interface FirstValueProperties {
  readonly SecretArn: string;
  /** The settings of this function as JSON. */
  readonly Settings: string;
  /** Whether the secret, and so its credentials, outlive the stack: 'true' or 'false'. */
  readonly SecretIsRetained: string;
  /** Changes with the code of a user's own function, so that a deployment invokes it and shows whether it loads. The function does not read it. */
  readonly Code?: string;
}

/** The events that retire replaced credentials. */
export type RetirementEvent =
  /** Retire what the policy says is due. EventBridge Scheduler sends it, to the function's own name. */
  | { readonly Action: 'retireDue' }
  /** Retire this key now, because no consumer needs it. It is sent to the alias `retirement`. */
  | { readonly Action: 'retire'; readonly KeyId: string };
