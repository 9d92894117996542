const ASSUMED_DAYS = 30; // the default schedule's

/** The shortest time between two scheduled rotations. */
export class RotationInterval {
  /** Cannot be told before the deployment, or from a cron. It counts as 30 days, and nothing is refused because of it. */
  public static readonly ASSUMED = new RotationInterval(ASSUMED_DAYS * 24 * 3600, false);

  public static ofHours(hours: number): RotationInterval {
    return new RotationInterval(hours * 3600, true);
  }

  private constructor(public readonly seconds: number, public readonly isKnown: boolean) {}
}

/** What a construct makes of a schedule. */
export interface RenderedSchedule {
  readonly expression: string;
  readonly duration?: string;
  readonly interval: RotationInterval;
}
