/** Plays a history against the real function: the stack, its rotations and checks, and quiet times at the end. */
import type { Attempt, Forged, History, Plan } from './history';
import { HOUR, MINUTE, SECOND } from './history';
import { Invariants } from './invariants';
import { People } from './people';
import type { Event } from './process';
import { Rotations } from './rotations';
import { intervalOf, SECRET_ARN, TIMEOUT } from './settings';
import { World } from './world';
import { ALIASES } from '../../src/private/settings';

export interface Result {
  readonly violation?: string;
  readonly rotations: number;
  readonly excused: Readonly<Record<string, number>>;
  /** What happened, in order. */
  readonly story: readonly string[];
}

type Answer = { readonly RequestId: string; readonly Status: string; readonly PhysicalResourceId: string };

/** CloudFormation's answers by the id of the request. */
const answers = new Map<string, (answer: Answer) => void>();
globalThis.fetch = async (_url, init) => {
  const answer = JSON.parse(String(init?.body)) as Answer;
  answers.get(answer.RequestId)?.(answer);
  return new Response();
};

export async function play(history: History): Promise<Result> {
  return new Play(history).run();
}

class Play {
  private readonly world: World;
  private readonly interval: number;
  private readonly invariants: Invariants;
  private readonly rotations: Rotations;
  private readonly people: People;
  private requests = 0;
  private physicalId?: string;

  public constructor(private readonly history: History) {
    const { config } = history;
    this.world = new World(config);
    this.interval = intervalOf(config.intervalMillis);
    this.invariants = new Invariants(this.world, config);
    this.rotations = new Rotations(this.world, this.invariants, config);
    this.people = new People(this.world, this.invariants, this.rotations, config, {
      retire: async (plan, id) => this.retire('retire', plan, id), forge: (what) => this.forge(what), repeatCreation: () => this.repeatCreation(),
    });
    this.world.watch = {
      beforeKeyIsMade: (process) => this.invariants.beforeKeyIsMade(process),
      beforeKeyChange: (...change) => this.invariants.beforeKeyChange(...change),
      beforeCurrentMoves: (to) => this.invariants.beforeCurrentMoves(to),
      onLine: (line) => {
        this.world.tell(line.trim());
        this.invariants.check(!line.includes('secret-of-'), 'a secret value was logged');
      },
    };
    const key = config.adopted || config.authority === 'ownKey' ? this.world.iam.makeKey('person') : undefined;
    const value = key ? { id: key.id, secret: key.secret, more: 'x' } : { placeholder: 'x' };
    if (config.stranger && !this.world.settings.ownsUser) {
      const stranger = this.world.iam.makeKey('person');
      if (config.stranger === 'used') stranger.uses.push({ from: this.world.now, test: false });
    }
    this.world.secret.put('version-0', JSON.stringify(value), ['AWSCURRENT']);
  }

  public async run(): Promise<Result> {
    const write = process.stdout.write;
    process.stdout.write = ((line: string) => { this.world.watch.onLine(line); return true; }) as typeof write;
    try {
      await this.tell();
    } finally {
      process.stdout.write = write;
      answers.clear();
    }
    return { violation: this.invariants.violation, rotations: this.invariants.rotations, excused: this.invariants.excused, story: this.world.story };
  }

  private async tell(): Promise<void> {
    const { world, history } = this;
    const begun = await this.until(world.now + HOUR, this.request('Create', history.first));
    if (begun?.Status !== 'SUCCESS') {
      if (world.iam.keys.get(world.secret.currentId ?? '')?.maker === 'person') return; // nothing was made
      await this.until(world.now + 2 * HOUR, this.request('Delete', []));
      return this.invariants.nothingIsLeft();
    }
    this.invariants.lives = true;
    world.secret.rotationEnabled = true;
    for (const consumer of history.consumers) this.people.consume(consumer);
    if (world.settings.previousKey.retire) this.checkEvery(this.interval / 6);
    for (const [index, cycle] of history.cycles.entries()) {
      const start = world.now + this.interval;
      world.at(start, () => this.rotations.rotate(cycle.attempts, 'schedule'));
      for (const { atMillis, deed } of cycle.deeds) {
        world.at(start + atMillis, () => this.invariants.lives && !this.people.quiet && this.people.do(deed));
      }
      const { destroyed } = history;
      if (destroyed && index === history.cycles.length - 1) {
        await this.advance(start + destroyed.atMillis);
        return this.destroy(destroyed.plan);
      }
      await this.advance(start + Math.min(this.interval / 2, 12 * HOUR));
    }
    await this.quietly();
  }

  // ---- time

  private async advance(until: number): Promise<void> {
    await this.world.run(until, () => this.invariants.violation !== undefined);
  }

  private async until<T>(deadline: number, promise: Promise<T>): Promise<T | undefined> {
    let done = false;
    let value: T | undefined;
    void promise.then((result) => { done = true; value = result; });
    await this.world.run(deadline, () => done || this.invariants.violation !== undefined);
    return value;
  }

  // ---- CloudFormation

  /** A request. Lambda repeats none: without an answer CloudFormation takes it for failed, and makes up the id of a resource. */
  private async request(RequestType: 'Create' | 'Delete', plan: History['first'], RequestId = `request-${++this.requests}`): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    answers.set(RequestId, (told) => { answer = told; });
    if (RequestType === 'Delete') this.invariants.deletions++;
    const error = await this.world.invoke(this.event(RequestType, RequestId), plan, ALIASES.deployment);
    this.invariants.noSecretIn(error);
    this.invariants.check(!JSON.stringify(answer ?? '').includes('secret-of-'), 'a secret value is in an answer to CloudFormation');
    if (RequestType === 'Create') this.physicalId ??= answer?.PhysicalResourceId ?? 'Stack-Lifecycle-1A2B3C4D';
    return answer;
  }

  private event(RequestType: string, RequestId: string): Event {
    return {
      RequestType,
      RequestId,
      StackId: 'stack',
      LogicalResourceId: 'Lifecycle',
      PhysicalResourceId: RequestType === 'Create' ? undefined : this.physicalId,
      ResponseURL: 'https://cloudformation.example',
      ResourceProperties: { SecretArn: SECRET_ARN, Settings: JSON.stringify(this.world.settings), SecretIsRetained: 'false' },
    };
  }

  /** Nobody but who serves an event may be made to do anything by it: a forged one must change nothing, a step may do what the next attempt would. */
  private forge(what: Forged): void {
    const { world } = this;
    const token = world.secret.versionWith('AWSPENDING') ?? 'forged';
    const forged: Event = what === 'retire' ? { Action: 'retire', KeyId: world.secret.currentId }
      : what.endsWith('Secret') ? { Step: what, SecretId: SECRET_ARN, ClientRequestToken: token } : this.event(what, 'forged');
    const isStep = 'Step' in forged;
    world.tell(`${what} is forged`);
    this.invariants.forgedAt = world.now;
    void world.invoke(forged, []).then((error) => {
      this.invariants.noSecretIn(error);
      this.invariants.check(isStep || error !== undefined, 'a forged event is served');
    });
  }

  private repeatCreation(): void {
    this.world.tell('the creation is repeated');
    void this.request('Create', [], 'request-1');
  }

  private async destroy(plan: History['first']): Promise<void> {
    this.invariants.lives = false;
    this.world.secret.rotationEnabled = false;
    this.rotations.end();
    for (let attempt = 0; attempt < 3; attempt++) { // people try again
      if (await this.until(this.world.now + HOUR, this.request('Delete', attempt === 0 ? plan : [])).then((answer) => answer?.Status === 'SUCCESS')) break;
      await this.advance(this.world.now + MINUTE);
    }
    this.invariants.deletedAt = this.world.now;
    await this.advance(this.world.now + 5 * SECOND);
    this.world.rolesAreGone = true; // with the function's policy, its role and the secret
    await this.advance(this.world.now + 2 * TIMEOUT);
    this.invariants.nothingIsLeft();
  }

  // ---- retirement

  /** EventBridge Scheduler: now and then a check is lost, or comes twice. */
  private checkEvery(millis: number, count = 0): void {
    this.world.at(this.world.now + millis, () => {
      if (!this.invariants.lives) return;
      const plan = this.people.quiet ? [] : this.history.checks[count % this.history.checks.length];
      if (this.people.quiet || count % 7 !== 6) void this.retire('retireDue', plan);
      if (count % 5 === 4) void this.retire('retireDue', []);
      this.checkEvery(millis, count + 1);
    });
  }

  private async retire(Action: 'retireDue' | 'retire', plan: Plan, KeyId?: string): Promise<void> {
    const { world } = this;
    world.tell(`${Action} begins${KeyId === undefined ? '' : `, of ${KeyId}`}`);
    const [begun, wasCurrent] = [world.now, KeyId !== undefined && KeyId === world.secret.currentId];
    const error = await world.invoke({ Action, KeyId }, plan, Action === 'retire' ? ALIASES.retirement : undefined);
    this.invariants.noSecretIn(error);
    const isSure = plan.length === 0 && wasCurrent && world.secret.currentMovedAt < begun;
    this.invariants.check(!isSure || error !== undefined, 'nobody is told that the current key is not retired');
  }

  // ---- the end

  /** People have moved on, and nothing goes wrong any more: a rotation must succeed within two intervals. */
  private async quietly(): Promise<void> {
    const { world, invariants } = this;
    await this.advance(world.now + HOUR);
    this.people.calmDown();
    if (world.settings.authority.kind === 'ownKey' && invariants.killedByPerson()) return invariants.excuse('key of its own that a person had killed');
    const [start, before] = [world.now, invariants.rotations];
    const clean: Attempt[] = [1, 2, 3, 4].map(() => ({ plans: [[], [], [], []], gapMillis: 15 * MINUTE }));
    const cycles = world.secret.pendingWasCurrent() ? [1, 2, 3] : [1, 2]; // one is spent on ending it
    for (const cycle of cycles) world.at(start + cycle * this.interval - 2 * HOUR, () => this.rotations.rotate(clean, 'schedule'));
    if (world.settings.previousKey.isForAdministrator) {
      for (const cycle of cycles) {
        world.at(start + cycle * this.interval - 3 * HOUR, () => {
          for (const { id } of world.iam.living()) if (id !== world.secret.currentId) void this.retire('retire', [], id);
        });
        world.at(start + cycle * this.interval - 2.5 * HOUR, () => this.people.administratorDeletes()); // what cannot be retired, as the error says
      }
    }
    await this.advance(start + cycles.length * this.interval);
    invariants.check(invariants.rotations > before, 'wedged: no rotation succeeds in some quiet intervals');
    invariants.check(invariants.orphans === 0 || invariants.rotations === before + 1, 'a rotation leaves what an earlier one has left'); // the first may end an old one
    const current = world.iam.keys.get(world.secret.currentId ?? '');
    invariants.check(current !== undefined && world.iam.status(current) === 'active', 'in the end the current key does not work');
  }
}
