import { Token } from 'aws-cdk-lib';
import { PLACEHOLDER_FIELD } from './private/settings';

/** The names of the JSON fields of a secret that hold an access key. */
export interface AccessKeyFieldNames {
  /**
   * The field of the access key's id.
   */
  readonly accessKeyId: string;

  /**
   * The field of the secret access key.
   */
  readonly secretAccessKey: string;

  /**
   * The field to write the user's name to.
   *
   * @default - the user's name is not written
   */
  readonly userName?: string;

  /**
   * The field to write an ARN to, for tools that expect one: the ARN of the administrator's secret (see `RotationAuthority.adminSecret()`), or of
   * this secret if there is no such authority.
   *
   * @default - no ARN is written
   */
  readonly masterArn?: string;
}

/**
 * The names of the JSON fields that hold an access key in a secret.
 *
 * Rotations keep every other field of the secret.
 *
 * @example
 * new IamKeyRotationSecret(this, 'BackupKey', {
 *   fields: AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret', userName: 'user' }),
 * });
 */
export class AccessKeyFields {
  /** `aws_access_key_id` and `aws_secret_access_key`, as in the AWS CLI's credentials file. */
  public static readonly AWS_CONFIG = new AccessKeyFields({ accessKeyId: 'aws_access_key_id', secretAccessKey: 'aws_secret_access_key' });

  /** `accesskey`, `secretkey`, `username` and `masterarn`, as in many rotations that were set up by hand. */
  public static readonly COMPACT = new AccessKeyFields({
    accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn',
  });

  /** `access_key` and `secret_key`, as in the settings of many tools. */
  public static readonly SNAKE_CASE = new AccessKeyFields({ accessKeyId: 'access_key', secretAccessKey: 'secret_key' });

  /** `accessKeyId` and `secretAccessKey`, as in the credentials objects of the AWS SDKs. */
  public static readonly SDK = new AccessKeyFields({ accessKeyId: 'accessKeyId', secretAccessKey: 'secretAccessKey' });

  /**
   * Field names of your own.
   *
   * Names must differ and must not be empty. `placeholder` is reserved: it is the field of a secret that has no key yet.
   *
   * @param names the names of the fields
   */
  public static of(names: AccessKeyFieldNames): AccessKeyFields {
    return new AccessKeyFields(names);
  }

  /** The field of the access key's id. */
  public readonly accessKeyId: string;

  /** The field of the secret access key. */
  public readonly secretAccessKey: string;

  /** The field of the user's name, if the secret has one. */
  public readonly userName?: string;

  /** The field of the ARN of the administrator's secret or of the secret itself, if the secret has one. */
  public readonly masterArn?: string;

  private constructor(names: AccessKeyFieldNames) {
    checkNames(names);
    this.accessKeyId = names.accessKeyId;
    this.secretAccessKey = names.secretAccessKey;
    this.userName = names.userName;
    this.masterArn = names.masterArn;
  }

  /**
   * The names in the form that the rotation function reads.
   *
   * @internal
   */
  public _names(): AccessKeyFieldNames {
    return {
      accessKeyId: this.accessKeyId,
      secretAccessKey: this.secretAccessKey,
      userName: this.userName,
      masterArn: this.masterArn,
    };
  }

  /**
   * The presets that share no key field with these names. A secret that holds the fields of one of them was set up with that preset, so the rotation
   * must not write to it.
   *
   * @internal
   */
  public _otherPresets(): AccessKeyFieldNames[] {
    const own = Object.values(this._names());
    return [AccessKeyFields.AWS_CONFIG, AccessKeyFields.COMPACT, AccessKeyFields.SNAKE_CASE, AccessKeyFields.SDK]
      .filter((preset) => !own.includes(preset.accessKeyId) && !own.includes(preset.secretAccessKey))
      .map((preset) => preset._names());
  }
}

function checkNames(names: AccessKeyFieldNames): void {
  const propOf = new Map<string, string>();
  for (const [prop, name] of Object.entries(names)) {
    if (name === undefined || Token.isUnresolved(name)) {
      continue;
    }
    if (name.trim() === '') {
      throw new Error(`'${prop}' must be a name that is not blank, got: '${name}'`);
    }
    if (name === PLACEHOLDER_FIELD) {
      throw new Error(`'${prop}' must not be '${name}', which is the field of a secret that has no key yet. Choose another name.`);
    }
    const other = propOf.get(name);
    if (other !== undefined) {
      throw new Error(`'${other}' and '${prop}' must be different names, got: '${name}' for both`);
    }
    propOf.set(name, prop);
  }
}
