/** How Secrets Manager calls the function: registers a version, tries the four steps, in order, again and beside each other; or dry. */
import type { Attempt, History } from './history';
import type { Invariants } from './invariants';
import { SECRET_ARN } from './settings';
import type { World } from './world';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

export class Rotations {
  private rotation?: { token: string; over: boolean };
  private dryRun?: string;

  public constructor(private readonly world: World, private readonly invariants: Invariants, private readonly config: History['config']) {}

  public rotate(attempts: readonly Attempt[], why: 'schedule' | 'person'): void {
    const { world } = this;
    if (!this.invariants.lives || this.dryRun) return;
    const pending = world.secret.versionWith('AWSPENDING');
    let token: string;
    if (pending && pending !== world.secret.versionWith('AWSCURRENT')) {
      if (this.rotation && !this.rotation.over) return;
      if (why === 'person' && !this.config.reattempts) return; // "A previous rotation isn't complete"
      token = pending;
    } else {
      token = world.secret.newVersion();
      world.secret.register(token);
    }
    if (this.rotation) this.rotation.over = true;
    this.rotation = { token, over: false };
    void this.attempts(this.rotation, attempts);
  }

  private async attempts(rotation: { token: string; over: boolean }, attempts: readonly Attempt[]): Promise<void> {
    const { world } = this;
    for (const attempt of attempts) {
      if (rotation.over || ![world.secret.versionWith('AWSPENDING'), world.secret.versionWith('AWSCURRENT')].includes(rotation.token)) break;
      if (await this.attempt(rotation, attempt)) {
        if (world.secret.versionWith('AWSPENDING') === rotation.token) world.secret.takeOff('AWSPENDING');
        world.secret.hasSucceeded(rotation.token);
        this.invariants.succeeded();
        break;
      }
      await world.sleep(attempt.gapMillis);
    }
    rotation.over = true;
  }

  private async attempt(rotation: { token: string; over: boolean }, { plans, twice, patienceMillis }: Attempt): Promise<boolean> {
    const { world } = this;
    for (const [index, Step] of STEPS.entries()) {
      const event = { Step, SecretId: SECRET_ARN, ClientRequestToken: rotation.token, RotationToken: 'secret-of-rotation' };
      if (twice?.step === index) {
        world.at(world.now + twice.afterMillis, () => void world.invoke(event, twice.plan).then((error) => this.invariants.noSecretIn(error)));
      }
      const running = world.invoke(event, plans[index]);
      const impatient = patienceMillis === undefined ? [] : [world.sleep(patienceMillis).then(() => new Error('no answer'))];
      const error = await Promise.race([running, ...impatient]);
      this.invariants.noSecretIn(error);
      const refused = /(AKIA\d+), just made, could not be stored/.exec(error?.message ?? '')?.[1];
      this.invariants.check(!refused || world.iam.status(world.iam.keys.get(refused)!) === 'deleted', 'a key that could not be stored is left');
      if (error || rotation.over) return false;
    }
    return true;
  }

  /** Whatever is under way is not tried again. */
  public end(): void {
    if (this.rotation) this.rotation.over = true;
  }

  public async runDry(plan: Attempt['plans'][0]): Promise<void> {
    const { world } = this;
    const pending = world.secret.versionWith('AWSPENDING');
    if (this.dryRun || (pending && pending !== world.secret.versionWith('AWSCURRENT'))) return;
    const token = this.dryRun = world.secret.newVersion();
    world.secret.register(token, this.config.dryRunCopies ? world.secret.currentTextAt(world.now) : undefined);
    await world.invoke({ Step: 'testSecret', SecretId: SECRET_ARN, ClientRequestToken: token }, plan);
    if (world.secret.versionWith('AWSPENDING') === token) world.secret.takeOff('AWSPENDING');
    this.dryRun = undefined;
  }
}
