/**
 * What becomes of a key of the user that the secret does not record: a person made it, or an attempt that died has left it.
 *
 * A key that an attempt of the rotation itself has left is reclaimed in any case.
 */
export enum UnrecordedKeyPolicy {
  /** It is never deleted, as nobody knows what it is for. A rotation that needs its place is refused, and names it. */
  KEEP = 'keep',

  /** One that was never used for a day (for an interval, if that is shorter) is taken for left behind, and deleted. One that was used stays. */
  RECLAIM_UNUSED = 'reclaimUnused',

  /** It is never deleted, and no rotation starts while there is one: a person has to decide. */
  REFUSE = 'refuse',

  /** It goes as a replaced key does, as if it had been replaced when it was made: after the overlap, once it is not in use. */
  DELETE = 'delete',
}
