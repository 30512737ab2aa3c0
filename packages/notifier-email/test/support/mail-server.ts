import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Delivery {
  readonly to: readonly string[];
  readonly from: string;
  readonly mail: ParsedMail;
  readonly raw: string;
  readonly user: string | undefined;
  readonly isSecure: boolean;
}

/** A real SMTP server on loopback, and what it has got. */
export class MailServer {
  readonly deliveries: Delivery[] = [];
  /** Recipients that it refuses, and with which answer. */
  readonly refused = new Map<string, { responseCode: number; message: string }>();
  /** Recipients at whose names it closes the connection. */
  readonly hangsUpOn = new Set<string>();
  /** What it says to every sender, if it takes none. */
  senderRefusal: { responseCode: number; message: string } | undefined;
  /** Whether it says anything to a sender. */
  answers = true;
  /** Resolves when it has been told of a sender. */
  readonly asked: Promise<void>;
  readonly #server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    let tellAsked = (): void => undefined;
    this.asked = new Promise((resolve) => {
      tellAsked = resolve;
    });
    const sockets = new Set<Socket>();
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      disableReverseLookup: true,
      onMailFrom: (_, __, callback) => {
        tellAsked();
        const { senderRefusal: refusal } = this;
        if (this.answers) {
          callback(refusal === undefined ? null : Object.assign(new Error(refusal.message), refusal));
        }
      },
      onRcptTo: ({ address }, _, callback) => {
        if (this.hangsUpOn.has(address)) {
          sockets.forEach((socket) => socket.destroy());
          return;
        }
        const refusal = this.refused.get(address);
        callback(refusal === undefined ? null : Object.assign(new Error(refusal.message), refusal));
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.once('end', () => {
          const raw = Buffer.concat(chunks);
          void simpleParser(raw).then((mail) => {
            const { mailFrom, rcptTo } = session.envelope;
            this.deliveries.push({
              to: rcptTo.map(({ address }) => address),
              from: mailFrom === false ? '' : mailFrom.address,
              mail,
              raw: raw.toString(),
              user: session.user as string | undefined,
              isSecure: session.secure,
            });
            callback();
          });
        });
      },
      ...options,
    });
    this.#server.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    // A client that gives up in the middle is no trouble of the test.
    this.#server.on('error', () => undefined);
  }

  static async open(options: SMTPServerOptions = {}, port = 0): Promise<MailServer> {
    const server = new MailServer(options);
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server.server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get subjects(): (string | undefined)[] {
    return this.deliveries.map(({ mail }) => mail.subject);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(resolve);
    });
  }
}
