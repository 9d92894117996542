/** What people do to the secret and its user, and consumers with the key. */
import { Deed, Forged, History, HOUR, Plan, Whose } from './history';
import type { Invariants } from './invariants';
import type { Rotations } from './rotations';
import { intervalOf, paceOf } from './settings';
import type { Key } from './user-keys';
import type { World } from './world';

/** How people have the function called. */
export interface Callers {
  retire(plan: Plan, keyId: string): Promise<void>;
  forge(what: Forged): void;
  repeatCreation(): void;
}

export class People {
  /** They have done all that they do. */
  public quiet = false;

  /** @param deployment the other callers of the function. */
  public constructor(
    private readonly world: World, private readonly invariants: Invariants, private readonly rotations: Rotations,
    private readonly config: History['config'], private readonly callers: Callers,
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
        return world.secret.endByHand();
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
      case 'retire': {
        const id = this.keyOf(deed.whose)?.id;
        if (id !== undefined) void this.callers.retire(deed.plan, id);
        return;
      }
      case 'swapFields':
        this.swapFields();
        return world.at(world.now + HOUR, () => this.invariants.lives && this.swapFields('back'));
      case 'forge':
        return this.callers.forge(deed.what);
      case 'repeatCreation':
        return this.callers.repeatCreation();
      case 'dryRun':
        void this.rotations.runDry(deed.plan);
    }
  }

  /** Into the wrong order, or back into the right one; nothing if they are in that order already. */
  private swapFields(back?: 'back'): void {
    const { world } = this;
    const { id, secret, ...rest } = JSON.parse(world.secret.currentTextAt(world.now) ?? '{}') as Record<string, string>;
    if (id === undefined || id.startsWith('AKIA') === (back !== undefined)) return;
    world.tell(`a person swaps the two fields${back === undefined ? '' : ' back'}`);
    const value = { ...rest, id: secret, secret: id };
    this.invariants.movedByHand(() => world.secret.put(world.secret.newVersion(), JSON.stringify(value), ['AWSCURRENT']));
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
    this.swapFields('back');
    world.secret.replica?.mend();
    for (const key of world.iam.living()) {
      for (const use of key.uses) if (key.id !== world.secret.currentId) use.to ??= world.now;
      const isRecorded = [...world.secret.versions.keys()].some((version) => world.secret.idIn(version) === key.id);
      // Nothing tells of a rotation that a person has ended, or that another copy has brought to its end; of one that was given up its label does.
      const isUnknown = this.config.unrecorded === 'keep'
        && (['endedByHand', 'succeeded'] as const).some((how) => world.secret.isFromRotation(key.madeAt, how));
      const mustDecide = key.maker === 'person' || this.config.unrecorded === 'refuse' || isUnknown;
      if (mustDecide && !isRecorded) world.iam.change(key, 'deleted', 'person');
    }
  }

  public administratorDeletes(): void {
    const { world } = this;
    const kept = ['AWSCURRENT', 'AWSPENDING'].map((label) => world.secret.idIn(world.secret.versionWith(label)));
    for (const key of world.iam.living()) if (!kept.includes(key.id)) world.iam.change(key, 'deleted', 'person');
  }
}
