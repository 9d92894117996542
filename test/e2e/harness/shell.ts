/** A shell of somebody who has the AWS CLI: bash, with the CLI of the emulator's virtual environment, signing as whoever is meant. */
import { delimiter, join } from 'node:path';
import type { Credentials } from './clients';
import { end, ProcessResult, REPOSITORY, Running, start } from './processes';

export class Shell {
  private readonly running = new Set<Running>();

  constructor(private readonly directory: string, private readonly env: NodeJS.ProcessEnv) {}

  /** Runs a script to its end, however that is. */
  async run(script: string, { accessKeyId, secretAccessKey }: Credentials, variables: Record<string, string> = {}): Promise<ProcessResult> {
    const running = start('bash', ['-c', script], {
      cwd: this.directory,
      env: {
        ...this.env,
        PATH: [join(REPOSITORY, '.emulator/venv/bin'), this.env.PATH].join(delimiter),
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        ...variables,
      },
    });
    this.running.add(running);
    return running.result.finally(() => this.running.delete(running));
  }

  /** Ends every script that is still at work. */
  async stop(): Promise<void> {
    await Promise.all([...this.running].map(async ({ child }) => end(child)));
  }
}
