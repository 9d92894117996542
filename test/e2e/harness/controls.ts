/** What a test can tell the emulator beyond AWS's own APIs, and ask of it: test/emulator/control.py answers. */
import { Agent, request } from 'node:https';

/** What happens to a call that a function makes. */
export interface Fault {
  /** The API action, or '*' for any. */
  readonly action: string;
  /** Which of its calls is met, counted from when the faults are set; the first by default. */
  readonly nth?: number;
  /** How many calls in a row; one by default. The SDK's own retries are calls too. */
  readonly times?: number;
  /** Before or after AWS has done the work; before by default. */
  readonly when?: 'before' | 'after';
  /**
   * `kill` ends the function's process, `drop` closes the connection so that the answer is lost, an error is answered instead of
   * AWS's answer, a delay lets the call wait, no longer than until the faults are replaced.
   */
  readonly do: 'kill' | 'drop' | { readonly error: string; readonly status?: number } | { readonly delayMillis: number };
}

/** A call that a function made. */
export interface Call {
  readonly service: string;
  readonly action: string;
  /** The step of the rotation that made it; absent for an invocation of another kind. */
  readonly step?: string;
  /** The HTTP status; 0 if the connection was closed without one. */
  readonly status?: number;
}

/** What Secrets Manager did: all steps of one rotation, those of its retries included. */
export interface RotationReport {
  readonly kind: 'rotation' | 'dryRun';
  readonly secret: string;
  readonly token: string;
  readonly steps: ReadonlyArray<{ readonly step: string; readonly ok: boolean; readonly error?: string }>;
  readonly ok: boolean;
  readonly done: boolean;
}

export interface Settings {
  /** How often Secrets Manager tries a failed rotation again with the same token; 0 by default. */
  readonly rotationRetries?: number;
  /** What the pending version of the schedule's dry run holds: nothing by default. */
  readonly dryRun?: 'empty' | 'copy' | 'off';
  /** How long a new access key is refused everywhere; 0 by default. */
  readonly keyPropagationMillis?: number;
  /** How many access keys a user may have; 2 by default. */
  readonly keysPerUser?: number;
  /** What DescribeSecret tells of the replicas in these regions; InSync by default. */
  readonly replicaStatus?: Readonly<Record<string, 'Failed' | 'InProgress' | 'InSync'>>;
  /** Where AWSPENDING is after a successful rotation: removed by default, or still on the version that is current now. */
  readonly pendingAfterSuccess?: 'removed' | 'stays';
  /** Lambda repeats a failed Create or Update of a custom resource only when the rollback's Delete has been answered; false by default. */
  readonly lateRepeat?: boolean;
}

/** What grows older: everything, or one key or secret. */
export interface Aged {
  readonly accessKeyId?: string;
  readonly secretId?: string;
  /** Of a key: only this date. */
  readonly only?: 'CreateDate' | 'LastUsedDate';
}

/** A process that a function runs in. */
export interface FunctionProcess {
  readonly function: string;
  readonly pid: number;
  /** What the operating system holds in memory for it: the function, Node.js itself, and the emulator's loop around it. */
  readonly residentBytes: number;
}

export class Controls {
  /** Kept open: some controls are asked again and again. */
  private readonly agent: Agent;

  constructor(private readonly port: number, certificate: string) {
    this.agent = new Agent({ ca: certificate, keepAlive: true });
  }

  /** Closes the connections, which would otherwise keep the process. */
  destroy(): void {
    this.agent.destroy();
  }

  /** Replaces the faults; each meets the calls that are made from now on. */
  async setFaults(...faults: Fault[]): Promise<void> {
    await this.send('PUT', 'faults', faults);
  }

  async change(settings: Settings): Promise<void> {
    await this.send('PUT', 'settings', settings);
  }

  /** The calls that functions have made since the last reset, in order. */
  async calls(): Promise<Call[]> {
    return this.send<Call[]>('GET', 'calls');
  }

  async resetCalls(): Promise<void> {
    await this.send('DELETE', 'calls');
  }

  async rotations(): Promise<RotationReport[]> {
    return this.send<RotationReport[]>('GET', 'rotations');
  }

  /** Forgets the rotations that are over. */
  async resetRotations(): Promise<void> {
    await this.send('DELETE', 'rotations');
  }

  /** Remembers all secrets and access keys as they are, in place of what was remembered before. */
  async takeSnapshot(): Promise<void> {
    await this.send('POST', 'snapshot');
  }

  /** Makes all secrets and access keys what they were, and as old as they were. */
  async restoreSnapshot(): Promise<void> {
    await this.send('POST', 'restore');
  }

  /** The secret part of every access key ever made: to be looked for where it must not be. */
  async issuedSecrets(): Promise<string[]> {
    return this.send<string[]>('GET', 'issued');
  }

  async processes(): Promise<FunctionProcess[]> {
    return this.send<FunctionProcess[]>('GET', 'processes');
  }

  /** Lets time pass for what is stored: dates of keys and versions, and times in staging labels, move into the past. */
  async timePasses(seconds: number, aged: Aged = {}): Promise<void> {
    await this.send('POST', 'age', { seconds, ...aged });
  }

  private async send<T>(method: string, control: string, body?: unknown): Promise<T> {
    return new Promise((done, fail) => {
      const sent = request({ host: '127.0.0.1', port: this.port, path: `/_emulator/${control}`, method, agent: this.agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => { text += part; });
        response.on('end', () => {
          if (response.statusCode === 200) done(JSON.parse(text) as T);
          else fail(new Error(`the emulator refuses ${method} ${control}: ${text}`));
        });
      });
      sent.on('error', fail);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
