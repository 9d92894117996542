import type { AwsCallFailed } from './errors';
import type { LaggingReplica } from './secret';

/** The credential that a secret's text holds. */
export interface Held {
  /** Under this name the service keeps it, and so does the secret, as a label. Absent where nobody but the secret knows of it. */
  readonly id?: string;
}

/** A credential that was just made, and the text of the secret with it. */
export interface Issued extends Held {
  readonly text: string;
}

/** A credential that is to be tried. */
export interface Candidate {
  readonly text: string;
  /** The version that holds it. */
  readonly version: string;
  /** When that version was registered, if that is known; undefined for the current one. */
  readonly registeredAt: () => Promise<Date | undefined>;
}

/** The two texts between which a rotation moves. */
export interface Change {
  readonly pending: string;
  readonly current: string;
  readonly version: string;
}

/** What is to be applied. */
export interface Application extends Change {
  /** Looks right before it is applied: false if it is current already; throws if its rotation is over. */
  readonly isStillPending: () => Promise<boolean>;
}

/** What trying a credential showed. */
export type Verdict =
  | { readonly kind: 'works' }
  /** It may work in a while. */
  | { readonly kind: 'notYet'; readonly why: string }
  /** It never will. */
  | { readonly kind: 'never'; readonly why: string };

/** How long a step may still take. */
export interface Clock {
  now(): Date;
  sleep(millis: number): Promise<void>;
  /** Milliseconds until the function must have answered. */
  remaining(): number;
}

/** The time in which attempts of one rotation were made. */
export interface Attempts {
  readonly from: Date;
  /** Absent while the rotation is under way. */
  readonly to?: Date;
}

/** Which credentials the secret knows. */
export interface CredentialLedger {
  /** The credential that consumers get. */
  readonly currentId?: string;
  /** The credential of the rotation that is under way. */
  readonly pendingId?: string;
  /** The credential that the current one has replaced in a rotation; undefined if a person has made the current one current again. */
  readonly previousId?: string;
  readonly secretCreatedAt: Date;
  /** It is about the first credential of the secret. */
  readonly isFirst: boolean;
  /** The secret does not exist any more, and records nothing. */
  readonly isGone?: boolean;
  /** Replicas whose readers may still be given what was replaced. */
  readonly laggingReplicas: readonly LaggingReplica[];

  /** Those of all recorded ids that have their label: not what was removed and can still be read in an old version. */
  readonly labelledIds: readonly string[];

  /** When this rotation was registered, and earlier ones that may have left a credential: what was made in between can be their own. */
  attempts(): Promise<readonly Attempts[]>;

  /** Since when each recorded credential is replaced, of those that exist and are neither current nor pending. */
  replacedSince(existing: readonly string[]): Promise<ReadonlyMap<string, Date>>;

  /** Whether a text stands in any version that has a label and can be read. */
  mentions(id: string): Promise<boolean>;

  /** The ids of all credentials that the secret records, the current and the pending one too. */
  recordedIds(): Promise<ReadonlySet<string>>;

  /** Removes a credential that is neither current nor pending; fails, and leaves it as it was, if it has become one of them. */
  remove(id: string, why: string, isActive: boolean): Promise<void>;

  /** Makes a credential unusable that is neither current nor pending, in the same way. */
  deactivate(id: string, why: string): Promise<void>;
}

/** What was done about replaced credentials. */
export interface Retired {
  readonly deactivated: readonly string[];
  readonly removed: readonly string[];
  /** Why nothing may be done now. */
  readonly held?: string;
}

/**
 * One kind of credential, as the four steps see it: it knows nothing of versions and labels. What a kind does not need it leaves out: a
 * value that nobody but the secret knows has no owner, takes up no room, and goes with its version.
 */
export interface Rotator {
  /** What is there only for credentials that a service keeps under an id, each until it is revoked. */
  readonly kept?: KeptCredentials;

  /** What a text holds; undefined if there is no credential yet. Throws `UnusableValue` if the text is not for this rotator. */
  identify(text: string): Held | undefined;

  /** `onto` with the credential of `from`; everything else in `onto` stays as it is, to the byte. */
  carry(from: string, onto: string, secretArn: string): string;

  /** Makes a credential. Must not be tried twice: the first answer may only have been lost. */
  issue(current: string, context: IssueContext): Promise<Issued>;

  /** Tries a credential until it works or the time is up. */
  verify(candidate: Candidate): Promise<Verdict>;

  /** Makes a service accept the pending credential; it may be repeated. Throws `NeverFinishes` if that is of no use. */
  apply?(change: Application): Promise<void>;

  /** Undoes `apply`, so that the current credential works. It may be repeated, also if nothing was applied. */
  rollback?(change: Change): Promise<void>;

  /** Makes sure that the credential in the current text is not somebody else's, as far as that can be told. Throws a `Refusal` if it is. */
  checkOwner?(current: string): Promise<void>;

  /**
   * Makes sure that the credential in the current text works and can be rotated, when the rotation is set up. Throws if not.
   * @param recorded the ids that the secret records already
   */
  checkAdopted?(current: string, recorded: ReadonlySet<string>): Promise<void>;

  /** Whether a call failed because something that was just deployed is not known everywhere yet. */
  mayBeTooNew?(error: AwsCallFailed): boolean;
}

/** What a rotator may want to know when it makes a credential. */
export interface IssueContext {
  readonly secretArn: string;
  /** The same in each attempt of a rotation. */
  readonly rotationId: string;
  /** A deployment asks for it, not a rotation. */
  readonly isFirst: boolean;
}

/** Credentials that a service keeps, each under an id, until they are revoked. */
export interface KeptCredentials {
  readonly retirement?: Retirement;

  /** All that the service keeps for the owner is the secret's: the owner was made for it, and goes with it. */
  readonly ownsAll?: boolean;

  /** Whether a label is a credential's id. */
  isId(label: string): boolean;

  /** Makes room for one more credential. Throws a `Refusal` if the rules forbid it. */
  makeRoom(current: string, ledger: CredentialLedger): Promise<void>;

  /** Deletes a credential at once; nothing if it is gone. */
  revoke(id: string): Promise<void>;

  /** Makes a credential unusable in a way that can be undone; nothing if it is gone. Absent where a service cannot. */
  deactivate?(id: string): Promise<void>;

  /** Undoes `deactivate`. */
  reactivate?(id: string): Promise<void>;

  /** Revokes what the secret that is about to be deleted has issued; `look` looks at it anew. Returns the ids. */
  revokeAll(look: () => Promise<CredentialLedger>): Promise<string[]>;
}

/** How what is replaced goes without a rotation that needs its place. */
export interface Retirement {
  /** Whether it goes right after it was replaced. */
  readonly retiresAtOnce: boolean;

  /** Deactivates and removes what is due. Nothing but the secret and the service say what is due: it may be repeated. */
  retireDue(ledger: CredentialLedger): Promise<Retired>;

  /** Removes a replaced credential, as nobody needs it any more; nothing if it is gone. Throws a `Refusal` if that cannot be. */
  retireNow(ledger: CredentialLedger, id: string): Promise<Retired>;
}
