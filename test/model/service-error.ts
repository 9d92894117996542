/** An error as the SDK throws it. */
export class ServiceError extends Error {
  public readonly $metadata: object;
  public constructor(public readonly name: string, public readonly $fault: 'client' | 'server' = 'client') {
    super('a message of AWS');
    this.$metadata = { attempts: 1, httpStatusCode: $fault === 'client' ? 400 : 500 };
  }
}
