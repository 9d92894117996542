/** What people do to the secret and its user, and consumers with the key. */
import type { Deed, History, Plan, Whose } from './history';
import type { Invariants } from './invariants';
import type { Rotations } from './rotations';
import { intervalOf, paceOf } from './settings';
import type { Key } from './user-keys';
import type { World } from './world';

export class People {
  /** They have done all that they do. */
  public quiet = false;

  /** @param retire has the function retire what is replaced, because its owner says so. */
  public constructor(
    private readonly world: World, private readonly invariants: Invariants, private readonly rotations: Rotations,
    private readonly config: History['config'], private readonly retire: (plan: Plan, keyId?: string) => Promise<void>,
  ) {}

  public do(deed: Deed): void {
    const { world } = this;
    switch (deed.kind) {
      case 'edit':
        return this.edit(deed.readMillisAgo);
      case 'editOften':
        for (let i = 0; i < 120; i++) this.edit(0);
        return world.tell('a person edits 120 times');
      case 'makePreviousCurrent':
      case 'makeAnyCurrent': {
        const filled = [...world.secret.versions].filter(([, { text }]) => text !== undefined && text.includes('"id"')).map(([id]) => id);
        const version = deed.kind === 'makePreviousCurrent' ? world.secret.versionWith('AWSPREVIOUS') : filled[deed.pick % filled.length];
        const key = world.iam.keys.get(world.secret.idIn(version) ?? '');
        if (version && key && world.iam.status(key) === 'active') this.invariants.movedByHand(() => world.secret.moveLabel('AWSCURRENT', version));
        return;
      }
      case 'takePendingOff':
        return world.secret.takeOff('AWSPENDING');
      case 'breakReplica':
        return world.secret.replica?.break();
      case 'mendReplica':
        return world.secret.replica?.mend();
      case 'makeKey': {
        if (world.iam.living().length >= 2) return;
        const key = world.iam.makeKey('person');
        const { usedAfterMillis } = deed;
        const use = () => world.iam.status(key) === 'active' && key.uses.push({ from: world.now, test: false });
        if (usedAfterMillis !== undefined) world.at(world.now + usedAfterMillis, use);
        return;
      }
      case 'deactivate':
      case 'delete':
      case 'activate': {
        const key = this.keyOf(deed.whose);
        const status = { activate: 'active', deactivate: 'inactive', delete: 'deleted' } as const;
        if (key && world.iam.status(key) !== 'deleted') world.iam.change(key, status[deed.kind], 'person');
        return;
      }
      case 'rotateNow':
        return this.rotations.rotate(deed.attempts, 'person');
      case 'retire':
        return this.retireReplaced(deed.plan, deed.whose);
      case 'dryRun':
        void this.rotations.runDry(deed.plan);
    }
  }

  private retireReplaced(plan: Plan, whose: Whose | undefined): void {
    const id = whose && this.keyOf(whose)?.id;
    if (whose === undefined || id !== undefined) void this.retire(plan, id);
  }

  private keyOf(whose: Whose): Key | undefined {
    const { world } = this;
    const inUse = (['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING'] as const).map((label) => world.secret.idIn(world.secret.versionWith(label)));
    if (whose === 'other') return world.iam.living().find(({ id }) => !inUse.includes(id));
    return world.iam.keys.get(inUse[['current', 'previous', 'pending'].indexOf(whose)] ?? '');
  }

  /** A person stores another value, made from what was read some time ago: with it the key of that time comes back. */
  private edit(readMillisAgo: number): void {
    const { world } = this;
    const text = world.secret.currentTextAt(world.now - readMillisAgo);
    if (text === undefined) return;
    const value = { ...JSON.parse(text) as object, edit: world.secret.newVersion() };
    this.invariants.movedByHand(() => world.secret.put(world.secret.newVersion(), JSON.stringify(value), ['AWSCURRENT']));
  }

  /** Reads the secret from time to time, and uses the key that it has. */
  public consume({ every, busy, stuckCycles }: History['consumers'][0]): void {
    const { world } = this;
    let key: Key | undefined;
    let use: Key['uses'][0] | undefined;
    const stuckUntil = world.now + stuckCycles * intervalOf(this.config.intervalMillis);
    const read = () => {
      if (!this.invariants.lives) return;
      const current = world.iam.keys.get(world.secret.currentId ?? '');
      if (current && current !== key && (key === undefined || this.quiet || world.now >= stuckUntil)) {
        if (use) use.to ??= world.now;
        key = current;
        use = undefined;
      }
      if (key && world.iam.status(key) === 'active' && (!busy || !use || use.to !== undefined)) {
        use = { from: world.now, to: busy ? undefined : world.now, test: false };
        key.uses.push(use);
      }
      world.at(world.now + every * paceOf(this.config.intervalMillis), read);
    };
    read();
  }

  /** They have moved on, and decide about the keys that the secret does not record. */
  public calmDown(): void {
    const { world } = this;
    this.quiet = true;
    world.secret.replica?.mend();
    for (const key of world.iam.living()) {
      for (const use of key.uses) if (key.id !== world.secret.currentId) use.to ??= world.now;
      const isRecorded = [...world.secret.versions.keys()].some((version) => world.secret.idIn(version) === key.id);
      const mustDecide = key.maker === 'person' || this.config.unrecorded === 'refuse';
      if (mustDecide && !isRecorded) world.iam.change(key, 'deleted', 'person');
    }
  }

  public administratorDeletes(): void {
    const { world } = this;
    const kept = ['AWSCURRENT', 'AWSPENDING'].map((label) => world.secret.idIn(world.secret.versionWith(label)));
    for (const key of world.iam.living()) if (!kept.includes(key.id)) world.iam.change(key, 'deleted', 'person');
  }
}
