const ASSUMED_DAYS = 30; // the default schedule's

/** The shortest time between two scheduled rotations. */
export class RotationInterval {
  /** The interval of a schedule that is a token, or a cron that depends on the calendar. It counts as 30 days, and no check rejects it. */
  public static readonly ASSUMED = new RotationInterval(ASSUMED_DAYS * 24 * 3600, false);

  public static ofHours(hours: number): RotationInterval {
    return new RotationInterval(hours * 3600, true);
  }

  private constructor(public readonly seconds: number, public readonly isKnown: boolean) {}
}

/** A schedule as rendered in the template. */
export interface RenderedSchedule {
  readonly expression: string;
  readonly duration?: string;
  readonly interval: RotationInterval;
}
