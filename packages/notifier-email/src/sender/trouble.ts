import { messageOf, printable } from '@memory-monitor/core';

import type { Attempt } from './transport.js';

export interface Server {
  readonly host: string;
  readonly user: string | undefined;
  readonly security: 'starttls' | 'tls' | 'none';
}

/** Something that the configuration names is not there; the message says what to do. */
export class SetupError extends Error {}

interface Failure {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly cause?: Failure;
}

/** Errors of Node's TLS about the other side's certificate. */
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_CERT_ALTNAME_INVALID|certificate|altnames/i;

/** One sentence about why a mail could not be handed over, with what to do about it; and whether it may be later. */
export function explainFailure(error: unknown, server: Server): Attempt {
  if (error instanceof SetupError) {
    return unreachable(error.message);
  }
  const { code, responseCode, response, command } = error as Failure;
  const answer = response === undefined ? '' : ` (${printable(response).slice(0, 300)})`;
  const { host } = server;
  if (isAboutCertificate(error)) {
    return unreachable(
      `The certificate of the mail server ${host} is not trusted: ${printable(messageOf(error))}; name its authority with "ca_file".`,
    );
  }
  if (code === 'EAUTH') {
    return unreachable(
      `The mail server ${host} does not let the user ${server.user ?? ''} in${answer}; check "user" and the password.`,
    );
  }
  if (code === 'ETLS') {
    return unreachable(
      `The mail server ${host} offers no encryption that works (${printable(messageOf(error))}); check "security" and "port".`,
    );
  }
  if (responseCode !== undefined && isAboutThisMail(code, command)) {
    return responseCode >= 500
      ? { state: 'refused', reason: `The mail server ${host} refuses this mail${answer}.` }
      : { state: 'deferred', reason: `The mail server ${host} does not take this mail now${answer}.` };
  }
  if (responseCode !== undefined) {
    return unreachable(`The mail server ${host} takes no mail now${answer}.`);
  }
  return unreachable(`The mail server ${host} can not be reached: ${reasonOf(error)}.`);
}

/** Whether the answer was to the recipient or the content, and not to who we are, which all mails would meet. */
function isAboutThisMail(code: string | undefined, command: string | undefined): boolean {
  return command === 'MAIL FROM'
    ? false
    : code === 'EENVELOPE' || code === 'EMESSAGE' || command === 'RCPT TO' || command === 'DATA';
}

function isAboutCertificate(error: unknown): boolean {
  const { code = '', cause } = error as Failure;
  const isTls = code === 'ETLS' || code === 'ESOCKET' || CERTIFICATE.test(code);
  return (
    isTls &&
    (CERTIFICATE.test(code) || CERTIFICATE.test(messageOf(error)) || CERTIFICATE.test(cause?.code ?? ''))
  );
}

function reasonOf(error: unknown): string {
  const { code, cause } = error as Failure;
  const message = printable(messageOf(error));
  const known = code ?? cause?.code;
  return known === undefined || message.includes(known) ? message : `${message} (${known})`;
}

function unreachable(reason: string): Attempt {
  return { state: 'unreachable', reason };
}
