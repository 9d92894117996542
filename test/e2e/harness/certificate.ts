/** A TLS pair for the emulator, made without openssl: a root of its own, valid for this machine and a day. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const DAY = 24 * 60 * 60 * 1000;

/** Writes certificate.pem and key.pem into the directory, and answers the path of the certificate. */
export async function writeCertificate(directory: string): Promise<string> {
  const now = Date.now();
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec', // a hundredth of the time that RSA takes
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY), // clocks that differ
    notAfterDate: new Date(now + DAY),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true }, // clients are told to trust it as a root
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const certificate = join(directory, 'certificate.pem');
  writeFileSync(certificate, pair.cert);
  writeFileSync(join(directory, 'key.pem'), pair.private, { mode: 0o600 });
  return certificate;
}
