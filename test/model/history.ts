/** What can happen to a secret and its user over some rotations, as data: fast-check makes it, shrinks it, and finds it again by its seed. */
import fc from 'fast-check';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What goes wrong at one call of the function. */
export type Fault =
  /** The process dies, before or after AWS has done what it was asked. */
  | { readonly kind: 'dieBefore' | 'dieAfter' }
  /** AWS did it, and the answer is lost. */
  | { readonly kind: 'lost' }
  /** AWS did not do it; its answer says so, leaves it open, or asks to slow down. */
  | { readonly kind: 'refused' | 'unclear' | 'throttled' }
  /** A read that is so old. */
  | { readonly kind: 'stale'; readonly millis: number }
  /** The process stalls before the call. */
  | { readonly kind: 'stall'; readonly millis: number };

/** Faults by the number of the call. */
export type Plan = ReadonlyArray<readonly [call: number, fault: Fault]>;

/** Secrets Manager tries all four steps. */
export interface Attempt {
  readonly plans: readonly [create: Plan, set: Plan, test: Plan, finish: Plan];
  /** A step is called a second time, while the first copy may still run. */
  readonly twice?: { readonly step: number; readonly afterMillis: number; readonly plan: Plan };
  /** Secrets Manager does not wait longer for a step. */
  readonly patienceMillis?: number;
  /** The pause before the next attempt. */
  readonly gapMillis: number;
}

export type Whose = 'current' | 'previous' | 'pending' | 'other';

/** What a person does, or Secrets Manager at a person's request. */
export type Deed =
  | { readonly kind: 'edit'; readonly readMillisAgo: number }
  | { readonly kind: 'editOften' }
  | { readonly kind: 'makePreviousCurrent' | 'makeAnyCurrent'; readonly pick: number }
  | { readonly kind: 'takePendingOff' }
  /** Somebody breaks the replica, such as by taking a right on its KMS key away, or mends it. */
  | { readonly kind: 'breakReplica' | 'mendReplica' }
  | { readonly kind: 'makeKey'; readonly usedAfterMillis?: number }
  | { readonly kind: 'deactivate' | 'delete' | 'activate'; readonly whose: Whose }
  | { readonly kind: 'rotateNow'; readonly attempts: readonly Attempt[] }
  | { readonly kind: 'dryRun'; readonly plan: Plan }
  /** Somebody says that nobody needs a key any more. */
  | { readonly kind: 'retire'; readonly whose: Whose; readonly plan: Plan }
  /** Somebody mistakes the two fields for each other, and mends it some time later. */
  | { readonly kind: 'swapFields' }
  /** Somebody who may invoke the function by its own name only sends what is not served there, or a step. */
  | { readonly kind: 'forge'; readonly what: Forged }
  /** CloudFormation's first request comes again. */
  | { readonly kind: 'repeatCreation' };

export type Forged = 'Create' | 'Update' | 'Delete' | 'retire' | 'createSecret' | 'testSecret' | 'finishSecret';

export interface Cycle {
  readonly attempts: readonly Attempt[];
  /** When, from the start of the rotation. */
  readonly deeds: ReadonlyArray<{ readonly atMillis: number; readonly deed: Deed }>;
}

export interface Consumer {
  /** How often it reads the secret, as a part of the overlap. */
  readonly every: number;
  /** It uses the key it has all the time, or only when it reads. */
  readonly busy: boolean;
  /** It keeps the key it has for so many cycles. */
  readonly stuckCycles: number;
}

export interface History {
  readonly config: {
    readonly intervalMillis?: number;
    readonly evenIfInUse: boolean;
    readonly ownsUser: boolean;
    readonly authority: 'executionRole' | 'ownKey' | 'adminSecret' | 'assumedRole';
    readonly policy: 'keepUntilNextRotation' | 'retireAfter' | 'retireImmediately' | 'keepForAdministrator';
    readonly unrecorded: 'keep' | 'reclaimUnused' | 'refuse' | 'delete';
    /** The secret holds a key of its user already, made by a person. With `ownKey` it does in any case. */
    readonly adopted: boolean;
    /** A user that was given has another key of a person. */
    readonly stranger?: 'used' | 'unused';
    /** How long STS does not know a new key. */
    readonly propagationMillis: number;
    /** RotateSecret tries a rotation again that is not complete; else it refuses. */
    readonly reattempts: boolean;
    /** The pending version of a dry run is a copy of the current one. */
    readonly dryRunCopies: boolean;
    /** The secret has a replica in another region. */
    readonly replica: boolean;
  };
  readonly first: Plan;
  readonly cycles: readonly Cycle[];
  readonly consumers: readonly Consumer[];
  /** What goes wrong in the checks that retire keys, in turn. */
  readonly checks: readonly Plan[];
  /** The stack is deleted in the last cycle, so long after its rotation has begun. */
  readonly destroyed?: { readonly atMillis: number; readonly plan: Plan };
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom('dieBefore', 'dieAfter', 'lost', 'refused', 'unclear', 'throttled').map((kind): Fault => ({ kind })),
  fc.record({ kind: fc.constant('stale' as const), millis: fc.integer({ min: 1, max: 60 }).map((seconds) => seconds * SECOND) }),
  fc.record({ kind: fc.constant('stall' as const), millis: fc.constantFrom(5, 30, 60, 120, 240).map((seconds) => seconds * SECOND) }),
);
/** Mostly nothing goes wrong, or one thing. */
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([] as Plan) },
  { weight: 2, arbitrary: fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fault), { minLength: 1, maxLength: 2 }) },
);
const attempt: fc.Arbitrary<Attempt> = fc.record({
  plans: fc.tuple(plan, fc.constant([] as Plan), plan, plan),
  twice: fc.option(
    fc.record({ step: fc.constantFrom(0, 2, 3), afterMillis: fc.constantFrom(100, SECOND, 5 * SECOND, 30 * SECOND), plan }),
    { nil: undefined, freq: 4 },
  ),
  patienceMillis: fc.option(fc.constantFrom(20 * SECOND, MINUTE), { nil: undefined, freq: 3 }),
  gapMillis: fc.constantFrom(SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, 20 * MINUTE),
});
const attempts = fc.array(attempt, { minLength: 1, maxLength: 3 });
const whose = fc.constantFrom('current' as const, 'previous' as const, 'pending' as const, 'other' as const);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constant('edit' as const), readMillisAgo: fc.constantFrom(0, 0, MINUTE, 5 * MINUTE) }),
  fc.record({ kind: fc.constant('editOften' as const) }),
  fc.record({ kind: fc.constantFrom('makePreviousCurrent' as const, 'makeAnyCurrent' as const), pick: fc.nat(5) }),
  fc.record({ kind: fc.constant('takePendingOff' as const) }),
  fc.record({ kind: fc.constantFrom('breakReplica' as const, 'breakReplica' as const, 'mendReplica' as const) }),
  fc.record({ kind: fc.constant('makeKey' as const), usedAfterMillis: fc.option(fc.constantFrom(SECOND, 10 * MINUTE, 2 * HOUR, 3 * DAY), { nil: undefined }) }),
  fc.record({
    kind: fc.constantFrom('deactivate' as const, 'delete' as const, 'activate' as const),
    whose,
  }),
  fc.record({ kind: fc.constant('rotateNow' as const), attempts }),
  fc.record({ kind: fc.constant('dryRun' as const), plan }),
  fc.record({ kind: fc.constant('retire' as const), whose, plan }),
  fc.record({ kind: fc.constant('swapFields' as const) }),
  fc.record({
    kind: fc.constant('forge' as const),
    what: fc.constantFrom('Create' as const, 'Update' as const, 'Delete' as const, 'retire' as const, 'createSecret' as const, 'testSecret' as const, 'finishSecret' as const),
  }),
  fc.record({ kind: fc.constant('repeatCreation' as const) }),
);
/** Near the rotation, where it can cross it, or some time later. */
const moment = fc.oneof(
  fc.integer({ min: -60, max: 300 }).map((seconds) => seconds * SECOND),
  fc.integer({ min: -5000, max: 15_000 }),
  fc.integer({ min: 0, max: 4 * 24 }).map((quarters) => quarters * 15 * MINUTE),
);

export const history: fc.Arbitrary<History> = fc.record({
  config: fc.record({
    intervalMillis: fc.constantFrom(4 * HOUR, 7 * DAY, 30 * DAY, 30 * DAY, 90 * DAY, undefined),
    evenIfInUse: fc.boolean(),
    ownsUser: fc.boolean(),
    authority: fc.constantFrom('executionRole', 'executionRole', 'ownKey', 'adminSecret', 'assumedRole'),
    policy: fc.constantFrom('keepUntilNextRotation', 'keepUntilNextRotation', 'retireAfter', 'retireImmediately', 'keepForAdministrator'),
    unrecorded: fc.constantFrom('keep', 'keep', 'reclaimUnused', 'reclaimUnused', 'refuse', 'delete'),
    adopted: fc.boolean(),
    stranger: fc.constantFrom(undefined, undefined, undefined, undefined, 'used', 'unused'),
    propagationMillis: fc.constantFrom(0, 3 * SECOND, 8 * SECOND, 20 * SECOND),
    reattempts: fc.boolean(),
    dryRunCopies: fc.boolean(),
    replica: fc.boolean(),
  }),
  first: plan,
  cycles: fc.array(fc.record({ attempts, deeds: fc.array(fc.record({ atMillis: moment, deed }), { maxLength: 3 }) }), { minLength: 1, maxLength: 5 }),
  consumers: fc.array(
    fc.record({ every: fc.constantFrom(0.1, 0.2, 0.25), busy: fc.boolean(), stuckCycles: fc.constantFrom(0, 0, 1, 3) }),
    { maxLength: 2 },
  ),
  checks: fc.array(plan, { minLength: 1, maxLength: 4 }),
  destroyed: fc.option(fc.record({ atMillis: fc.constantFrom(0, SECOND, 5 * SECOND, MINUTE, 2 * HOUR), plan }), { nil: undefined, freq: 5 }),
});
