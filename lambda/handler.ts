/** The rotation of an IAM user's access key; whatever it calls AWS with is handed to it. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from './iam-key/access-key-value';
import { authorityOf, Credentials, IamClients } from './iam-key/authority';
import { IamKeyRotator } from './iam-key/iam-key-rotator';
import { IamUser } from './iam-key/iam-user';
import { handlerOf, SecretClients } from './protocol/handle';
import { CURRENT } from './protocol/labels';
import { Secret } from './protocol/secret';
import type { IamKeySettings } from '../src/private/settings';

/** The clients of AWS that a rotation needs. */
export interface Clients extends SecretClients {
  readonly iam: Pick<IAMClient, 'send'>;
  readonly sts: Pick<STSClient, 'send'>;
  /** The same, sending no request twice: CreateAccessKey has no idempotency token. */
  readonly once: SecretClients['once'] & { readonly iam: Pick<IAMClient, 'send'> };
  /** Clients of IAM that sign with these credentials. */
  readonly iamWith: (credentials: Credentials) => IamClients;
  /** A new client that signs with this key. */
  readonly stsFor: (key: AccessKey) => Pick<STSClient, 'send' | 'destroy'>;
}

export const handle = handlerOf<Clients, IamKeySettings>({
  rotator: (settings, secret, clients, clock) => {
    const authority = authorityOf(settings, {
      ofRole: { iam: clients.iam, once: clients.once.iam, sts: clients.sts },
      signedBy: clients.iamWith,
      currentText: async () => secret.currentText((await secret.look()).versionWith(CURRENT)),
      textOf: (arn) => new Secret(clients.secretsManager, clients.once.secretsManager, arn).textWith(CURRENT),
    });
    return new IamKeyRotator(settings, new IamUser(authority, settings.userName), clients.stsFor, clock);
  },
  gated: ({ secretsManager, iam, sts, once, iamWith, stsFor }, gate) => ({
    secretsManager: gate(secretsManager),
    iam: gate(iam),
    sts: gate(sts),
    iamWith: (credentials) => {
      const signed = iamWith(credentials);
      return { iam: gate(signed.iam), once: gate(signed.once) };
    },
    once: { secretsManager: gate(once.secretsManager), iam: gate(once.iam) },
    stsFor: (key) => gate(stsFor(key)),
  }),
});
