/**
 * Plays a history against the real function, and watches the invariants of docs/how-it-works.md after every event.
 *
 * Excused, counted and nothing else, as no rule can promise it:
 * - a person's key whose use IAM has not published yet
 * - a label that a person moves while the key is being removed (it must be mended within a timeout, unless the process dies)
 * - a key that people replace by hand while a label still dates it, and that no rotation looks at in between
 * - a key that one copy of createSecret made and died with while another copy went on, until the next rotation removes it
 * - a key that a copy which stalled makes when the stack is gone already
 * - a never-used key that a dead attempt left with a user that was given, when the stack goes
 * - with ownKey, what needs a key of its own after a person has killed it, or has put a dead one back; and keys that are left with the stack if
 *   a rotation that had stalled made one current that the deletion had just removed
 */
import type { Attempt, Deed, History } from './history';
import { DAY, HOUR, MINUTE, SECOND } from './history';
import { Key, paceOf, SECRET_ARN, settingsOf, Status, TIMEOUT, USE_LAG, World } from './world';

/** A read may be so old. */
const STALE = MINUTE;

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
/** Two of them must suffice in quiet times; without a schedule, what the function takes for an interval. */
const ON_DEMAND_INTERVAL = 30 * DAY;
const LIMIT_ON_DEMAND = 180 * DAY;

export interface Result {
  readonly violation?: string;
  readonly rotations: number;
  readonly excused: Readonly<Record<string, number>>;
  /** What happened, in order. */
  readonly story: readonly string[];
}

/** CloudFormation's answers by the id of the request. */
const answers = new Map<string, (status: string) => void>();
globalThis.fetch = async (_url, init) => {
  const { RequestId, Status: status } = JSON.parse(String(init?.body)) as { RequestId: string; Status: string };
  answers.get(RequestId)?.(status);
  return new Response();
};

export async function play(history: History): Promise<Result> {
  return new Play(history).run();
}

class Play {
  private readonly world: World;
  private readonly interval: number;
  private readonly overlap: number;
  /** What consumers take for the overlap. */
  private readonly pace: number;
  private readonly limit: number;
  private readonly excused: Record<string, number> = {};
  private violation?: string;
  private rotations = 0;
  private requests = 0;
  /** There is a stack: its first key was made, and it is not being deleted. */
  private lives = false;
  /** People have done all that they do. */
  private quiet = false;
  private lastHandMove = -Infinity;
  /** Keys that people have replaced by hand while a label still said that they were replaced at another time. */
  private readonly datedBefore = new Set<Key>();
  private readonly leftByHand = new Map<Key, number>();
  private rotation?: { token: string; over: boolean };
  private dryRun?: string;
  private deletedAt = Infinity;
  /** When an owner has last said that nobody needs the replaced key. */
  private retiredAt = -Infinity;
  private orphans = 0;

  public constructor(private readonly history: History) {
    const { intervalMillis, propagationMillis, authority, adopted } = history.config;
    const settings = settingsOf(history.config);
    this.interval = intervalMillis ?? ON_DEMAND_INTERVAL;
    this.overlap = settings.previousKey.overlapSeconds * SECOND;
    this.pace = paceOf(intervalMillis);
    this.limit = intervalMillis === undefined ? LIMIT_ON_DEMAND : 2 * intervalMillis;
    this.world = new World(settings, propagationMillis);
    this.world.watch = {
      beforeKeyChange: (...change) => this.beforeKeyChange(...change),
      beforeCurrentMoves: (to) => this.beforeCurrentMoves(to),
      onLine: (line) => {
        this.world.tell(line.trim());
        this.check(!line.includes('secret-of-'), 'a secret value was logged');
      },
    };
    const key = adopted || authority === 'ownKey' ? this.world.makeKey('person') : undefined;
    const value = key ? { id: key.id, secret: key.secret, more: 'x' } : { placeholder: 'x' };
    this.world.put('version-0', JSON.stringify(value), ['AWSCURRENT']);
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
    return { violation: this.violation, rotations: this.rotations, excused: this.excused, story: this.world.story };
  }

  private async tell(): Promise<void> {
    const { world, history } = this;
    const begun = await this.until(world.now + HOUR, this.request('Create', history.first));
    if (begun !== 'SUCCESS' && world.currentId !== undefined && world.keys.get(world.currentId)!.maker === 'person') return; // nothing was made
    if (begun !== 'SUCCESS') {
      await this.until(world.now + 2 * HOUR, this.request('Delete', []));
      return this.nothingIsLeft();
    }
    this.lives = true;
    for (const consumer of history.consumers) this.consume(consumer);
    if (world.settings.previousKey.retire) this.checkEvery(this.interval / 6);
    for (const [index, cycle] of history.cycles.entries()) {
      const start = world.now + this.interval;
      world.at(start, () => this.rotate(cycle.attempts, 'schedule'));
      for (const { atMillis, deed } of cycle.deeds) world.at(start + atMillis, () => this.lives && !this.quiet && this.do(deed));
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
    await this.world.run(until, () => this.violation !== undefined);
  }

  private async until<T>(deadline: number, promise: Promise<T>): Promise<T | undefined> {
    let done = false;
    let value: T | undefined;
    void promise.then((result) => { done = true; value = result; });
    await this.world.run(deadline, () => done || this.violation !== undefined);
    return value;
  }

  // ---- CloudFormation

  /** A request, repeated by Lambda after a death, as asynchronous invocations are. */
  private async request(RequestType: 'Create' | 'Delete', plan: History['first']): Promise<string | undefined> {
    const RequestId = `request-${++this.requests}`;
    let status: string | undefined;
    answers.set(RequestId, (told) => { status = told; });
    for (let attempt = 0; attempt < 3 && status === undefined; attempt++) {
      const error = await this.world.invoke({
        RequestType,
        RequestId,
        StackId: 'stack',
        LogicalResourceId: 'FirstKey',
        PhysicalResourceId: RequestType === 'Delete' ? 'first-value' : undefined,
        ResponseURL: 'https://cloudformation.example',
        ResourceProperties: { SecretArn: SECRET_ARN, Settings: JSON.stringify(this.world.settings), SecretIsRetained: 'false' },
      }, attempt === 0 ? plan : []);
      this.noSecretIn(error);
      if (status === undefined) await this.world.sleep((attempt + 1) * MINUTE);
    }
    return status;
  }

  private async destroy(plan: History['first']): Promise<void> {
    this.lives = false;
    this.world.rotationEnabled = false;
    if (this.rotation) this.rotation.over = true;
    for (let attempt = 0; attempt < 3; attempt++) { // people try again
      if (await this.until(this.world.now + HOUR, this.request('Delete', attempt === 0 ? plan : [])) === 'SUCCESS') break;
      await this.advance(this.world.now + MINUTE);
    }
    this.deletedAt = this.world.now;
    await this.advance(this.world.now + 5 * SECOND);
    this.world.rolesAreGone = true; // with the function's policy, its role and the secret
    await this.advance(this.world.now + 2 * TIMEOUT);
    this.nothingIsLeft();
  }

  private nothingIsLeft(): void {
    const isOwnKey = this.world.settings.authority.kind === 'ownKey';
    for (const key of this.world.living()) {
      if (key.maker === 'person' && !key.wasCurrent) continue;
      const isUnused = this.world.usedUpTo(key, this.world.now) === undefined;
      if (key.madeAt >= this.deletedAt) this.excuse('key made by a copy that stalled until the stack was gone');
      else if (isOwnKey && this.killedByPerson()) this.excuse('key left by a key of its own that a person had killed');
      else if (isOwnKey && this.crossedDeletion()) this.excuse('key left by a key of its own: a stalled rotation made one current that was deleted with the stack');
      else if (!this.world.settings.ownsUser && !key.wasCurrent && isUnused) this.excuse('never-used key left with a given user');
      else this.check(false, 'a stack that is deleted leaves a key behind');
    }
  }

  /** The key that would call IAM does not work any more, or one that did not, or was just being removed, was put there by hand. */
  private killedByPerson(): boolean {
    const current = this.world.keys.get(this.world.currentId ?? '');
    if (current === undefined) return true;
    const { by, at } = current.changes.at(-1)!;
    return this.world.status(current) !== 'active' && (by === 'person' || this.lastHandMove > at - TIMEOUT);
  }

  private crossedDeletion(): boolean {
    const current = this.world.keys.get(this.world.currentId ?? '')!;
    return this.world.status(current) === 'deleted' && current.changes.at(-1)!.at < this.world.currentMovedAt;
  }

  // ---- Secrets Manager

  private rotate(attempts: readonly Attempt[], why: 'schedule' | 'person'): void {
    const { world } = this;
    if (!this.lives || this.dryRun) return;
    const pending = world.versionWith('AWSPENDING');
    let token: string;
    if (pending && pending !== world.versionWith('AWSCURRENT')) {
      if (this.rotation && !this.rotation.over) return;
      if (why === 'person' && !this.history.config.reattempts) return; // "A previous rotation isn't complete"
      token = pending;
    } else {
      token = world.newVersion();
      world.register(token);
    }
    if (this.rotation) this.rotation.over = true;
    this.rotation = { token, over: false };
    void this.attempts(this.rotation, attempts);
  }

  private async attempts(rotation: { token: string; over: boolean }, attempts: readonly Attempt[]): Promise<void> {
    for (const attempt of attempts) {
      if (rotation.over || ![this.world.versionWith('AWSPENDING'), this.world.versionWith('AWSCURRENT')].includes(rotation.token)) break;
      if (await this.attempt(rotation, attempt)) {
        if (this.world.versionWith('AWSPENDING') === rotation.token) this.world.takeOff('AWSPENDING');
        this.succeeded();
        break;
      }
      await this.world.sleep(attempt.gapMillis);
    }
    rotation.over = true;
  }

  private async attempt(rotation: { token: string; over: boolean }, { plans, twice, patienceMillis }: Attempt): Promise<boolean> {
    for (const [index, Step] of STEPS.entries()) {
      const event = { Step, SecretId: SECRET_ARN, ClientRequestToken: rotation.token, RotationToken: 'secret-of-rotation' };
      if (twice?.step === index) {
        this.world.at(this.world.now + twice.afterMillis, () => void this.world.invoke(event, twice.plan).then((error) => this.noSecretIn(error)));
      }
      const running = this.world.invoke(event, plans[index]);
      const impatient = patienceMillis === undefined ? [] : [this.world.sleep(patienceMillis).then(() => new Error('no answer'))];
      const error = await Promise.race([running, ...impatient]);
      this.noSecretIn(error);
      const refused = /(AKIA\d+), just made, could not be stored/.exec(error?.message ?? '')?.[1];
      this.check(!refused || this.world.status(this.world.keys.get(refused)!) === 'deleted', 'a key that could not be stored is left');
      if (error || rotation.over) return false;
    }
    return true;
  }

  private succeeded(): void {
    this.rotations++;
    const { world } = this;
    const keys = world.living();
    this.check(keys.length <= 2, 'a rotation that succeeded leaves more than two keys');
    const recorded = new Set([...world.versions.keys()].map((version) => world.idIn(version)));
    this.orphans = keys.filter(({ id, maker }) => maker === 'function' && !recorded.has(id)).length;
    if (this.orphans > 0) this.excuse('orphan of a copy that died beside another one');
    this.check(world.labelCount() <= 12, 'labels are left behind');
  }

  /** EventBridge Scheduler: now and then a check is lost, or comes twice. */
  private checkEvery(millis: number, count = 0): void {
    this.world.at(this.world.now + millis, () => {
      if (!this.lives) return;
      const plan = this.quiet ? [] : this.history.checks[count % this.history.checks.length];
      if (this.quiet || count % 7 !== 6) void this.retire('retireDue', plan);
      if (count % 5 === 4) void this.retire('retireDue', []);
      this.checkEvery(millis, count + 1);
    });
  }

  private async retire(Action: 'retireDue' | 'retire', plan: Attempt['plans'][0]): Promise<void> {
    if (Action === 'retire') this.retiredAt = this.world.now;
    const { world } = this;
    world.tell(`${Action} begins`);
    this.noSecretIn(await world.invoke({ Action, SecretId: SECRET_ARN }, plan));
  }

  private async runDry(plan: Attempt['plans'][0]): Promise<void> {
    const { world } = this;
    const pending = world.versionWith('AWSPENDING');
    if (this.dryRun || (pending && pending !== world.versionWith('AWSCURRENT'))) return;
    const token = this.dryRun = world.newVersion();
    world.register(token, this.history.config.dryRunCopies ? world.currentTextAt(world.now) : undefined);
    await world.invoke({ Step: 'testSecret', SecretId: SECRET_ARN, ClientRequestToken: token }, plan);
    if (world.versionWith('AWSPENDING') === token) world.takeOff('AWSPENDING');
    this.dryRun = undefined;
  }

  // ---- people and consumers

  private do(deed: Deed): void {
    const { world } = this;
    switch (deed.kind) {
      case 'edit':
        return this.edit(deed.readMillisAgo);
      case 'editOften':
        for (let i = 0; i < 120; i++) this.edit(0);
        return world.tell('a person edits 120 times');
      case 'makePreviousCurrent':
      case 'makeAnyCurrent': {
        const filled = [...world.versions].filter(([, { text }]) => text !== undefined && text.includes('"id"')).map(([id]) => id);
        const version = deed.kind === 'makePreviousCurrent' ? world.versionWith('AWSPREVIOUS') : filled[deed.pick % filled.length];
        const key = world.keys.get(world.idIn(version) ?? '');
        if (version && key && world.status(key) === 'active') this.byHand(() => world.moveLabel('AWSCURRENT', version));
        return;
      }
      case 'takePendingOff':
        return world.takeOff('AWSPENDING');
      case 'makeKey': {
        if (world.living().length >= 2) return;
        const key = world.makeKey('person');
        const { usedAfterMillis } = deed;
        const use = () => world.status(key) === 'active' && key.uses.push({ from: world.now, test: false });
        if (usedAfterMillis !== undefined) world.at(world.now + usedAfterMillis, use);
        return;
      }
      case 'deactivate':
      case 'delete':
      case 'activate': {
        const key = this.keyOf(deed.whose);
        const status = { activate: 'active', deactivate: 'inactive', delete: 'deleted' } as const;
        if (key && world.status(key) !== 'deleted') world.change(key, status[deed.kind], 'person');
        return;
      }
      case 'rotateNow':
        return this.rotate(deed.attempts, 'person');
      case 'retire':
        return void this.retire('retire', deed.plan);
      case 'dryRun':
        void this.runDry(deed.plan);
    }
  }

  private keyOf(whose: 'current' | 'previous' | 'pending' | 'other'): Key | undefined {
    const { world } = this;
    const inUse = (['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING'] as const).map((label) => world.idIn(world.versionWith(label)));
    if (whose === 'other') return world.living().find(({ id }) => !inUse.includes(id));
    return world.keys.get(inUse[['current', 'previous', 'pending'].indexOf(whose)] ?? '');
  }

  /** A person stores another value, made from what was read some time ago: with it the key of that time comes back. */
  private edit(readMillisAgo: number): void {
    const text = this.world.currentTextAt(this.world.now - readMillisAgo);
    if (text === undefined) return;
    const value = { ...JSON.parse(text) as object, edit: this.world.newVersion() };
    this.byHand(() => this.world.put(this.world.newVersion(), JSON.stringify(value), ['AWSCURRENT']));
  }

  private byHand(action: () => void): void {
    const before = this.world.keys.get(this.world.currentId ?? '');
    const dated = before !== undefined && this.world.isDated(before.id);
    action();
    if (this.world.currentId === before?.id) return;
    this.lastHandMove = this.world.now;
    if (dated) this.datedBefore.add(before);
    if (before) this.leftByHand.set(before, this.world.now);
  }

  /** Reads the secret from time to time, and uses the key that it has. */
  private consume({ every, busy, stuckCycles }: History['consumers'][0]): void {
    const { world } = this;
    let key: Key | undefined;
    let use: Key['uses'][0] | undefined;
    const stuckUntil = world.now + stuckCycles * this.interval;
    const read = () => {
      if (!this.lives) return;
      const current = world.keys.get(world.currentId ?? '');
      if (current && current !== key && (key === undefined || this.quiet || world.now >= stuckUntil)) {
        if (use) use.to ??= world.now;
        key = current;
        use = undefined;
      }
      if (key && world.status(key) === 'active' && (!busy || !use || use.to !== undefined)) {
        use = { from: world.now, to: busy ? undefined : world.now, test: false };
        key.uses.push(use);
      }
      world.at(world.now + every * this.pace, read);
    };
    read();
  }

  /** People have moved on, and nothing goes wrong any more: a rotation must succeed within two intervals. */
  private async quietly(): Promise<void> {
    const { world } = this;
    await this.advance(world.now + HOUR);
    this.quiet = true;
    for (const key of world.living()) {
      for (const use of key.uses) if (key.id !== world.currentId) use.to ??= world.now;
      const isRecorded = [...world.versions.keys()].some((version) => world.idIn(version) === key.id);
      const mustDecide = key.maker === 'person' || this.history.config.unrecorded === 'refuse';
      if (mustDecide && !isRecorded) world.change(key, 'deleted', 'person');
    }
    if (world.settings.authority.kind === 'ownKey' && this.killedByPerson()) return this.excuse('key of its own that a person had killed');
    const [start, before] = [world.now, this.rotations];
    const clean: Attempt[] = [1, 2, 3, 4].map(() => ({ plans: [[], [], [], []], gapMillis: 15 * MINUTE }));
    for (const cycle of [1, 2]) world.at(start + cycle * this.interval - 2 * HOUR, () => this.rotate(clean, 'schedule'));
    if (world.settings.previousKey.isForAdministrator) {
      for (const cycle of [1, 2]) {
        world.at(start + cycle * this.interval - 3 * HOUR, () => void this.retire('retire', []));
        world.at(start + cycle * this.interval - 2.5 * HOUR, () => this.administratorDeletes()); // what cannot be retired, as the error says
      }
    }
    await this.advance(start + 2 * this.interval);
    this.check(this.rotations > before, 'wedged: no rotation succeeds in two quiet intervals');
    this.check(this.orphans === 0 || this.rotations === before + 1, 'a rotation leaves what an earlier one has left'); // the first may end an old one
    const current = world.keys.get(world.currentId ?? '');
    this.check(current !== undefined && world.status(current) === 'active', 'in the end the current key does not work');
  }

  private administratorDeletes(): void {
    const { world } = this;
    const kept = ['AWSCURRENT', 'AWSPENDING'].map((label) => world.idIn(world.versionWith(label)));
    for (const key of world.living()) if (!kept.includes(key.id)) world.change(key, 'deleted', 'person');
  }

  // ---- invariants

  private check(holds: boolean, violation: string): void {
    if (!holds) this.violation ??= violation;
  }

  private excuse(what: string): void {
    this.excused[what] = (this.excused[what] ?? 0) + 1;
  }

  private noSecretIn(error: Error | undefined): void {
    if (error) this.check(!`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes('secret-of-'), 'a secret value is in an error');
  }

  private beforeKeyChange(key: Key, to: Status, lookedAt: number, offAt: number | undefined): void {
    const { world } = this;
    if (to === 'active' || !this.lives) return;
    if (to === 'deleted' && key.wasCurrent) {
      this.check(offAt !== undefined && lookedAt > offAt - STALE, 'a key is deleted without a look at the labels since it was deactivated');
    }
    if (key.id === world.currentId && this.lastHandMove > lookedAt) {
      const deaths = world.deaths;
      world.at(world.now + TIMEOUT, () => {
        const isOff = this.lives && world.currentId === key.id && world.status(key) === 'inactive' && key.changes.at(-1)!.by === 'function';
        const died = isOff && world.deaths > deaths;
        this.excuse(`label moved by hand while ${died ? 'a process removed the key and died' : 'the key was removed'}`);
        this.check(!isOff || world.deaths > deaths, 'a label move that crossed a removal is never mended');
      });
      return;
    }
    this.check(key.id !== world.currentId, `the current key is made ${to}`);
    if (world.now - this.retiredAt <= TIMEOUT && key.wasCurrent) return; // its owner has said so
    this.check(!world.settings.previousKey.isForAdministrator || !key.wasCurrent, 'a key that is for an administrator goes');
    if (world.status(key) !== 'active') return;
    if (key.wasCurrent) this.mayGo(key);
    else if (key.maker === 'person') this.personsKeyGoes(key);
  }

  private mayGo(key: Key): void {
    const { world } = this;
    const age = world.now - (key.leftAt ?? world.now);
    const used = world.usedUpTo(key, world.now - USE_LAG - TIMEOUT);
    const early = age < this.overlap - SECOND;
    const recentlyUsed = used !== undefined && world.now - used < this.overlap - USE_LAG - TIMEOUT;
    const stillUsed = !world.settings.previousKey.evenIfInUse && recentlyUsed && age < this.limit - TIMEOUT;
    if ((early || stillUsed) && this.datedBefore.has(key)) return this.excuse('key replaced by hand that an earlier date was still on');
    const crossed = world.now - (this.leftByHand.get(key) ?? -Infinity) <= TIMEOUT;
    if ((early || stillUsed) && crossed) return this.excuse('label moved by hand while the key was removed');
    this.check(!early, 'a replaced key lives less than one overlap');
    this.check(!stillUsed, 'a replaced key goes while it is in use');
  }

  private personsKeyGoes(key: Key): void {
    const { world } = this;
    if (world.usedUpTo(key, world.now) === undefined) return;
    const published = world.usedUpTo(key, world.now - USE_LAG - TIMEOUT) !== undefined;
    if (!published) return this.excuse('person\'s key whose use is not published yet');
    if (world.settings.unrecordedKey === 'delete') {
      const used = world.usedUpTo(key, world.now - USE_LAG - TIMEOUT)!;
      const age = world.now - key.madeAt;
      const inUse = world.now - used < this.overlap - USE_LAG - TIMEOUT && !world.settings.previousKey.evenIfInUse;
      this.check(age >= this.overlap - SECOND && (!inUse || age >= this.limit - TIMEOUT), 'a person\'s key goes before a replaced one would');
      return;
    }
    this.check(false, 'a person\'s key that is in use goes');
  }

  private beforeCurrentMoves(to: string): void {
    const { world } = this;
    if (!world.rotationEnabled) return; // the stack is being deleted
    const [from, text] = [world.versions.get(world.versionWith('AWSCURRENT')!)!.text!, world.versions.get(to)?.text];
    if (text === undefined) return this.check(false, 'a version without a value becomes current');
    const others = (value: string) => {
      const { id, secret, placeholder, ...rest } = JSON.parse(value) as Record<string, unknown>;
      return JSON.stringify(rest);
    };
    this.check(others(from) === others(text), 'an edit is lost');
    const key = world.keys.get(world.idIn(to)!);
    this.check(key !== undefined && key.id !== world.currentId, 'a rotation ends with the same key');
    const last = key!.changes.at(-1)!;
    const byPersonJustNow = last.by === 'person' && world.now - last.at < 10 * MINUTE;
    this.check(last.status === 'active' || byPersonJustNow, 'a key that does not work becomes current');
    this.check(world.isKnownEverywhere(key!), 'a key becomes current that not all of AWS knows');
  }
}
