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
   * The field that the user's name is written to.
   *
   * @default - the user's name is not written
   */
  readonly userName?: string;

  /**
   * The field that the ARN of the administrator's secret is written to (see `RotationAuthority.adminSecret()`), else that of the secret
   * itself, where a tool asks for it.
   *
   * @default - no ARN is written
   */
  readonly masterArn?: string;
}

/**
 * How an access key is written in a secret: the names of the JSON fields.
 *
 * Any other field of the secret is kept through every rotation.
 *
 * @example
 * new IamKeyRotationSecret(this, 'BackupKey', {
 *   fields: AccessKeyFields.of({ accessKeyId: 'id', secretAccessKey: 'secret', userName: 'user' }),
 * });
 */
export class AccessKeyFields {
  /** `aws_access_key_id` and `aws_secret_access_key`, as in the AWS CLI's credentials file. */
  public static readonly AWS_CONFIG = new AccessKeyFields({ accessKeyId: 'aws_access_key_id', secretAccessKey: 'aws_secret_access_key' });

  /** `accesskey`, `secretkey`, `username` and `masterarn`, as in rotations that were set up by hand. */
  public static readonly COMPACT = new AccessKeyFields({
    accessKeyId: 'accesskey', secretAccessKey: 'secretkey', userName: 'username', masterArn: 'masterarn',
  });

  /** `access_key` and `secret_key`, as many tools name them in their settings. */
  public static readonly SNAKE_CASE = new AccessKeyFields({ accessKeyId: 'access_key', secretAccessKey: 'secret_key' });

  /** `accessKeyId` and `secretAccessKey`, as in the credentials of the AWS SDKs. */
  public static readonly SDK = new AccessKeyFields({ accessKeyId: 'accessKeyId', secretAccessKey: 'secretAccessKey' });

  /**
   * Names of your own.
   *
   * A name must not be empty, must not be used twice, and must not be `placeholder`: a secret without a key holds that field.
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

  /** The field of the user's name, if it is written. */
  public readonly userName?: string;

  /** The field of the ARN of the administrator's secret, else of the secret itself, if it is written. */
  public readonly masterArn?: string;

  private constructor(names: AccessKeyFieldNames) {
    checkNames(names);
    this.accessKeyId = names.accessKeyId;
    this.secretAccessKey = names.secretAccessKey;
    this.userName = names.userName;
    this.masterArn = names.masterArn;
  }

  /**
   * As the rotation function reads them.
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
   * The presets that a secret with these fields cannot be mistaken for. One whose fields of the key occur among them says nothing
   * about whose secret it is.
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
      throw new Error(`'${prop}' must name a field of the secret's JSON, got: '${name}'`);
    }
    if (name === PLACEHOLDER_FIELD) {
      throw new Error(`'${prop}' must not be '${name}': a secret that has no key yet holds a field of this name, choose another`);
    }
    const other = propOf.get(name);
    if (other !== undefined) {
      throw new Error(`'${other}' and '${prop}' must be different fields, got: '${name}' for both`);
    }
    propOf.set(name, prop);
  }
}
