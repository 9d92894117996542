/** What a user of the kit writes: how one kind of credential is made, tried and taken back. No other file's types appear here. */

/** The fields of a secret that hold a credential, with their values: texts, none of them empty. */
export type Credential = Readonly<Record<string, string>>;

/** What every hook is told. */
export interface HookContext {
  /** The ARN of the secret. */
  readonly secretArn: string;

  /**
   * All that the secret holds, parsed: for what stands beside the credential, such as the address of a service. Secret: never log it.
   */
  readonly value: Readonly<Record<string, unknown>>;

  /** Aborted when the hook is not waited for any longer: hand it to `fetch`. */
  readonly signal: AbortSignal;
}

/** What a hook is told that works beside the current credential. */
export interface CurrentContext extends HookContext {
  /** The credential that consumers are given now; undefined before the first one. */
  readonly current?: Credential;
}

/** What `issue` is told. */
export interface IssueContext extends CurrentContext {
  /**
   * The same each time that one rotation is tried, another one in the next: an idempotency key, for a service that takes one and cannot list. It must not
   * answer with what was revoked meanwhile.
   */
  readonly rotationId: string;
}

/** What `verify` is told. */
export interface VerifyContext extends HookContext {
  /** What is to be tried: the pending credential, or the current one when the rotation is set up. */
  readonly credential: Credential;
}

/** What `apply` and `rollback` are told. */
export interface ChangeContext extends CurrentContext {
  /** The credential that is to become current. */
  readonly pending: Credential;
}

/** What `revoke` is told. */
export interface RevokeContext extends CurrentContext {
  /** The content of the field that `id` names. */
  readonly id: string;

  /** The whole credential, where the secret still holds it. */
  readonly credential?: Credential;
}

/**
 * One kind of credential.
 *
 * Each hook may be called more than once with the same arguments, as any step of a rotation may be repeated, and may run beside a copy of itself that
 * stalls. What a hook throws is logged, its causes too, with every text and number that the secret holds blanked out: name the service and what it
 * answered, and put no new credential into a message. A hook that needs longer than the function has is given up; `verify` has half of that.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export interface CredentialDefinition {
  /** The names of the secret's JSON fields that hold the credential. Every other field is kept through every rotation. */
  readonly fields: readonly string[];

  /**
   * Which of the fields holds the credential's id, under which the service keeps it. It is no secret: it becomes a staging label of the secret, and is
   * logged. Letters, digits and `_+=,.@:/-`, up to 200 characters. Needed with `revoke`, and only then; `idPattern` says what it looks like.
   */
  readonly id?: string;

  /**
   * What an id looks like, wholly: `/\d+/`, `/tok_[a-z0-9]{8}/`. Needed with `id`. What does not fit it is refused and never shown, as it may be the
   * secret: somebody may have swapped two fields. So it must not fit the other fields.
   */
  readonly idPattern?: RegExp;

  /**
   * How many credentials the service keeps at once, from 2 to 7: the current one, the one it replaced, and so on. Only with `revoke`.
   *
   * @default 2
   */
  readonly limit?: number;

  /**
   * createSecret: makes a credential, at the service or out of thin air, and returns it with all of `fields` and nothing else. It is never called again for a
   * credential that was stored; one that was made and not stored is revoked, or left to `list`.
   */
  issue(context: IssueContext): Promise<Credential>;

  /**
   * setSecret: makes the service accept the pending credential, such as a new password. Called only if `verify` does not say that it works already. Where the
   * current one stops by that, consumers are refused until the rotation ends, seconds later: better give a password to a second account, and let
   * the two take turns. If it fails for an hour, or with `RejectedForGood`, the rotation is given up.
   */
  apply?(context: ChangeContext): Promise<void>;

  /**
   * testSecret: tries a credential at the service. Returns if it works, and throws if it does not. Then it is tried again for half a minute, and in later
   * attempts of the rotation; after an hour, or at once with `RejectedForGood`, the rotation is given up and the current credential stays.
   */
  verify(context: VerifyContext): Promise<void>;

  /**
   * Undoes `apply` when a rotation is given up, so that the current credential works. May be called although nothing was applied.
   *
   * @default - if `verify` says that the current credential does not work, `apply` is called with it as the pending one
   */
  rollback?(context: ChangeContext): Promise<void>;

  /**
   * Makes the service refuse a credential for ever. Does nothing, and does not throw, if it is gone: it may be called twice. When the secret is deleted the current
   * one goes last, so that it can be used to revoke the others, and itself. Absent for what goes by itself, such as a password that is overwritten.
   */
  revoke?(context: RevokeContext): Promise<void>;

  /**
   * The ids of all credentials that the service keeps for this secret, and no others: those made under its ARN, say. What the secret does not know was left
   * by an attempt that died, and is revoked before the next one is made, and when the secret is deleted. Without it such a credential stays, and takes up a
   * place at the service.
   */
  list?(context: CurrentContext): Promise<readonly string[]>;
}

/** Thrown by `verify` or `apply`: the service will never accept this credential, so that trying it again is of no use. */
export class RejectedForGood extends Error {
  public readonly name: string = 'RejectedForGood';
}

/** What Lambda tells of an invocation, as far as it is used. */
export interface LambdaContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** A handler for Lambda, called by Secrets Manager and, at deployments, by CloudFormation. */
export type RotationHandler = (event: unknown, context: LambdaContext) => Promise<unknown>;
