import type { AwsCallFailed } from './errors';
import type { LaggingReplica } from './secret';

/** A credential that was just made, and the text of the secret with it. */
export interface Issued {
  readonly id: string;
  readonly text: string;
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

/** Which credentials the secret knows. */
export interface CredentialLedger {
  /** The credential that consumers get. */
  readonly currentId?: string;
  /** The credential of the rotation that is under way. */
  readonly pendingId?: string;
  /** The credential that the current one has replaced. */
  readonly previousId?: string;
  readonly secretCreatedAt: Date;
  /** It is about the first credential of the secret. */
  readonly isFirst: boolean;
  /** Replicas whose readers may still be given what was replaced. */
  readonly laggingReplicas: readonly LaggingReplica[];

  /** When this rotation was registered: a credential that is younger can be this rotation's own. Undefined if that cannot be told. */
  registeredAt(): Promise<Date | undefined>;

  /** Since when each recorded credential is replaced, of those that exist and are neither current nor pending. */
  replacedSince(existing: readonly string[]): Promise<ReadonlyMap<string, Date>>;

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

/** One kind of credential, as the four steps see it: it knows nothing of versions and labels. */
export interface Rotator {
  /** Whether a replaced credential goes right after it was replaced. */
  readonly retiresAtOnce: boolean;

  /** The id of the credential in a secret's text; undefined if it holds none yet. Throws `UnusableValue` if the text is not for this rotator. */
  identify(text: string): string | undefined;

  /** `onto` with the credential of `from`; everything else in `onto` stays as it is, to the byte. */
  carry(from: string, onto: string, secretArn: string): string;

  /** Whether a text has the form of a credential's id. */
  isId(text: string): boolean;

  /** Makes sure that the credential in the current text is not somebody else's, as far as that can be told. Throws a `Refusal` if it is. */
  checkOwner(current: string): Promise<void>;

  /** Makes sure that the credential in the current text can be rotated, when the rotation is set up. Throws if it cannot. */
  checkAdopted(current: string): Promise<void>;

  /** Makes room for one more credential. Throws a `Refusal` if the rules forbid it. */
  makeRoom(current: string, ledger: CredentialLedger): Promise<void>;

  /** Makes a credential. Must not be tried twice: the first answer may only have been lost. */
  issue(current: string, secretArn: string): Promise<Issued>;

  /** Deletes a credential at once; nothing if it is gone. */
  revoke(id: string): Promise<void>;

  /** Makes a credential unusable in a way that can be undone; nothing if it is gone. */
  deactivate(id: string): Promise<void>;

  /** Undoes `deactivate`. */
  reactivate(id: string): Promise<void>;

  /** Tries a credential until it works or the time is up. `registeredAt` tells when its version was registered, if that is known. */
  verify(text: string, registeredAt: () => Promise<Date | undefined>): Promise<Verdict>;

  /** Deactivates and removes what is replaced, as far as it is due. Nothing but the secret and the service say what is due: it may be repeated. */
  retireDue(ledger: CredentialLedger): Promise<Retired>;

  /** Removes what is replaced, or of it only one, because its owner says that nobody needs it. Throws a `Refusal` if that cannot be. */
  retireNow(ledger: CredentialLedger, id?: string): Promise<Retired>;

  /** Whether a call failed because something that was just deployed is not known everywhere yet. */
  mayBeTooNew(error: AwsCallFailed): boolean;

  /** Revokes what the secret that is about to be deleted has issued; `look` looks at it anew. Returns the ids. */
  revokeAll(look: () => Promise<CredentialLedger>): Promise<string[]>;
}
