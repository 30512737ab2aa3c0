import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { messageOf } from '@memory-monitor/core';
import { createTransport, type SMTPTransportOptions } from 'nodemailer';

import type { SmtpConfig } from '../config.js';
import { credentialName } from '../credentials.js';
import type { Message } from './message.js';
import type { Attempt, Transport } from './transport.js';
import { qualified } from './sender-address.js';
import { explainFailure, SetupError } from './trouble.js';

const CONNECT_MS = 30_000;
const SILENCE_MS = 60_000;
/** For one mail in all: a server that answers byte by byte is no better than one that never does. */
const LONGEST_MS = 180_000;
const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '::1']);
const PORTS = { tls: 465, starttls: 587, none: 25 };

/** What client and server have said, for a person who looks for a fault. Secrets are left out by nodemailer. */
export type Transcript = (line: string) => void;

export interface SmtpOptions {
  readonly transcript?: Transcript | undefined;
  readonly longestMs?: number;
  /** Where systemd has put credentials, systemd.exec(5). */
  readonly credentialsDirectory?: string | undefined;
}

/** Delivers by SMTP: one connection for each mail, closed for good when its time is up. */
export class Smtp implements Transport {
  readonly #config: SmtpConfig;
  readonly #options: SmtpOptions;

  constructor(config: SmtpConfig, options: SmtpOptions = {}) {
    this.#config = config;
    this.#options = options;
  }

  async send(message: Message, from: string, recipient: string): Promise<Attempt> {
    const { host } = this.#config;
    const to = qualified(recipient, LOCAL_HOSTS.has(host), from);
    const sockets: Socket[] = [];
    const timer = setTimeout(() => {
      for (const socket of sockets) {
        socket.destroy(new TooSlow());
      }
    }, this.#options.longestMs ?? LONGEST_MS);
    try {
      const transport = createTransport({
        ...this.#transportOptions(),
        getSocket: (_, callback) => {
          this.#open(sockets, callback);
        },
      });
      const { response } = await transport.sendMail({
        ...message,
        to: { name: '', address: to },
        envelope: { from, to: [to] },
      });
      return { state: 'sent', response };
    } catch (error) {
      return explainFailure(error, { host, user: this.#config.user, security: this.#security() });
    } finally {
      clearTimeout(timer);
      for (const socket of sockets) {
        socket.destroy();
      }
    }
  }

  #open(
    sockets: Socket[],
    callback: (error: Error | null, options: { connection: Socket } | false) => void,
  ): void {
    const { host } = this.#config;
    const socket = connect({ host, port: this.#port(), autoSelectFamily: true });
    sockets.push(socket);
    const timer = setTimeout(() => socket.destroy(new TooSlow()), CONNECT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      callback(null, { connection: socket });
    });
    const failed = (error: Error): void => {
      clearTimeout(timer);
      callback(error, false);
    };
    socket.once('error', failed);
  }

  #transportOptions(): SMTPTransportOptions {
    const { host, user } = this.#config;
    const security = this.#security();
    return {
      host,
      port: this.#port(),
      name: hostname(),
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user !== undefined && { auth: { user, pass: this.#password() } }),
      tls: this.#tls(),
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...this.#logging(),
    };
  }

  #security(): 'starttls' | 'tls' | 'none' {
    const { security, host, port } = this.#config;
    return security ?? (port === PORTS.tls ? 'tls' : LOCAL_HOSTS.has(host) ? 'none' : 'starttls');
  }

  #port(): number {
    return this.#config.port ?? PORTS[this.#security()];
  }

  #tls(): SMTPTransportOptions['tls'] {
    const { ca_file: ca, certificate_file: certificate, key_file: key } = this.#config;
    return {
      ...(ca !== undefined && { ca: this.#secret(ca) }),
      ...(certificate !== undefined && { cert: this.#secret(certificate) }),
      ...(key !== undefined && { key: this.#secret(key) }),
    };
  }

  #password(): string {
    const { password, password_file: file, password_env: variable } = this.#config;
    if (file !== undefined) {
      return this.#secret(file).replace(/\r?\n$/, '');
    }
    const known = password ?? process.env[variable ?? ''];
    if (known === undefined) {
      throw new SetupError(
        `The variable ${variable ?? ''} that is to hold the password is not set; set it for the sender.`,
      );
    }
    return known;
  }

  /** The file as systemd has handed it over, or itself. */
  #secret(path: string): string {
    const { credentialsDirectory } = this.#options;
    if (credentialsDirectory !== undefined) {
      try {
        return readFileSync(join(credentialsDirectory, credentialName(path)), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
          throw error;
        }
      }
    }
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new SetupError(
        `${path} can not be read by the sender (${messageOf(error)}); check the path, and run "sudo memory-monitor install", which hands it over.`,
        { cause: error },
      );
    }
  }

  #logging(): Partial<SMTPTransportOptions> {
    const { transcript } = this.#options;
    if (transcript === undefined) {
      return {};
    }
    const tell = (entry: { readonly tnx?: string }, message: string, ...values: unknown[]): void => {
      const mark = { client: 'C: ', server: 'S: ' }[entry.tnx ?? ''];
      if (mark !== undefined) {
        for (const line of String(values.length > 0 ? values[0] : message).split(/\r?\n/)) {
          transcript(`${mark}${line}`);
        }
      }
    };
    const silent = (): void => undefined;
    return {
      transactionLog: true,
      logger: {
        level: silent,
        trace: silent,
        debug: tell,
        info: tell,
        warn: silent,
        error: silent,
        fatal: silent,
      },
    };
  }
}

class TooSlow extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('its time is up');
  }
}
