import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A test that makes certificates. */
export function itWithOpenssl(title: string, body: () => Promise<void>): void {
  if (hasOpenssl) {
    it(title, body);
  } else {
    it.skip(`${title} (skipped: needs openssl)`);
  }
}

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate that signs itself, in a directory of the test's. */
export function makeCertificate(directory: string, name: string): Certificate {
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...args, '-days', '2', ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
