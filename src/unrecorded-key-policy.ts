/**
 * What happens to a key of the user that the secret does not record. Either a person created it, or a failed rotation left it behind.
 *
 * The rotation always deletes keys that it created itself and left behind.
 */
export enum UnrecordedKeyPolicy {
  /** Never deletes the key, because its purpose is unknown. A rotation that needs room for a new key fails, and names this one. */
  KEEP = 'keep',

  /**
   * Deletes a key that was not used within a day of its creation (or one interval, if that is shorter), as a leftover of a failed rotation. Keeps a
   * key that was used.
   */
  RECLAIM_UNUSED = 'reclaimUnused',

  /** Never deletes the key, and starts no rotation while it exists: a person must decide. */
  REFUSE = 'refuse',

  /** Treats the key as one that was replaced when it was created: deletes it after the overlap, once it is not in use. */
  DELETE = 'delete',
}
