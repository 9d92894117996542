/** The errors of a rotation. Their messages name resources and ids, never a secret value; they are what a person reads in the log. */

/** A step cannot do its work; Secrets Manager tries again during the rotation's window. */
export class RotationError extends Error {
  public readonly name: string = 'RotationError';
}

/** The value of a secret is not one that this function may write to. The secret is left as it is. */
export class UnusableValue extends RotationError {
  public readonly name: string = 'UnusableValue';
}

/** The value is in order, but the function was told to expect another one: other fields, or another user's key. */
export class WrongSettings extends UnusableValue {
  public readonly name = 'WrongSettings';
}

/** The version that a step is about is neither pending nor current, or rotation is off: there is nothing to go on with, and nothing to give up. */
export class NotUnderWay extends RotationError {
  public readonly name = 'NotUnderWay';
}

/** The rules forbid to go on now. */
export class Refusal extends RotationError {
  public readonly name = 'Refusal';

  /** @param retryAt when the rules will allow it, as far as can be told. */
  constructor(message: string, public readonly retryAt?: Date) {
    super(message);
  }
}

/** Another attempt can do no better: the rotation is to be given up. */
export class NeverFinishes extends RotationError {
  public readonly name = 'NeverFinishes';
}

/** A step before this one is missing: somebody sends the steps in another order, or a read is late. */
export class OutOfOrder extends RotationError {
  public readonly name = 'OutOfOrder';
}

/** The version was current before, and somebody has it rotated again: what has ended must not come back. */
export class HasEnded extends RotationError {
  public readonly name = 'HasEnded';
}

/** The rotation has made its credential current, and something is left to do: it is never given up. */
export class IsCurrent extends RotationError {
  public readonly name = 'IsCurrent';
}

/** This rotation can never finish: its version has lost AWSPENDING, so that the next one starts clean. */
export class Abandoned extends RotationError {
  public readonly name = 'Abandoned';
}

/** A call to AWS that failed. */
export class AwsCallFailed extends RotationError {
  public readonly name = 'AwsCallFailed';

  /**
   * @param code AWS's name of the error, such as `AccessDeniedException`.
   * @param refused AWS said for certain that it did nothing. Else the call may have worked and only its answer was lost.
   */
  constructor(message: string, public readonly code: string, public readonly refused: boolean) {
    super(message);
  }

  /** The role has no right, or has it since so short a time that it is not known everywhere. */
  public get accessDenied(): boolean {
    return this.code === 'AccessDenied' || this.code === 'AccessDeniedException';
  }
}

/** Whether an error is a failed call to AWS with one of these codes. */
export function failedWith(error: unknown, ...codes: string[]): error is AwsCallFailed {
  return error instanceof AwsCallFailed && codes.includes(error.code);
}

/** How the log tells of an error: what a person must decide, what the rules have ended, and what is simply tried again. */
export function decisionOf(error: unknown): 'abandoned' | 'refused' | 'failed' {
  if (error instanceof Abandoned) return 'abandoned';
  return error instanceof Refusal || error instanceof UnusableValue ? 'refused' : 'failed';
}

/** The name and the message of anything that was thrown. */
export function nameAndMessage(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
