/** The shortest time between two scheduled rotations. */
export class RotationInterval {
  /** Known at deployment only. It counts as 30 days, the default, and nothing is refused because of it. */
  public static readonly UNKNOWN = new RotationInterval(30 * 24 * 3600, false);

  public static ofHours(hours: number): RotationInterval {
    return new RotationInterval(hours * 3600, true);
  }

  private constructor(public readonly seconds: number, public readonly isKnown: boolean) {}
}
