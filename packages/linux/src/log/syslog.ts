import { messageOf } from '@memory-monitor/core';

import { openDatagramSocket, type DatagramSocket } from '../native/datagram.js';
import { SYSLOG_SEVERITY, type LogLine, type LogSink, type TellTrouble } from './log-sink.js';

const DEFAULT_PATH = '/dev/log';
/** `LOG_DAEMON` of syslog(3), shifted to where it stands in a priority. */
const FACILITY_DAEMON = 3 << 3;
/** syslogd(8) implementations take at least this much in one datagram. */
const LONGEST_BYTES = 8 * 1024;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The local syslog, by its socket. A logger that is away or busy costs lines, never time; that is told once. */
export class Syslog implements LogSink {
  readonly #socket: DatagramSocket;
  readonly #path: string;
  readonly #tellTrouble: TellTrouble;
  #isTroubleTold = false;

  private constructor(socket: DatagramSocket, path: string, tellTrouble: TellTrouble) {
    this.#socket = socket;
    this.#path = path;
    this.#tellTrouble = tellTrouble;
  }

  /** Undefined, and told, where datagrams can't be sent at all. */
  static async open(tellTrouble: TellTrouble, path = DEFAULT_PATH): Promise<Syslog | undefined> {
    try {
      return new Syslog(await openDatagramSocket(), path, tellTrouble);
    } catch (error) {
      tellTrouble(`Syslog is off: it needs the package koffi, which does not load: ${messageOf(error)}`);
      return undefined;
    }
  }

  write({ message, severity }: LogLine): void {
    const priority = FACILITY_DAEMON + SYSLOG_SEVERITY[severity];
    const entry = `<${priority}>${timestamp(new Date())} memory-monitor[${process.pid}]: ${message}`;
    const trouble = this.#socket.send(this.#path, Buffer.from(entry).subarray(0, LONGEST_BYTES));
    if (trouble === undefined) {
      this.#isTroubleTold = false;
    } else if (!this.#isTroubleTold) {
      this.#isTroubleTold = true;
      // Later: this is called from within a write, and telling writes to every sink.
      setImmediate(() => {
        this.#tellTrouble(
          `Syslog does not take lines at ${this.#path} (${trouble}), they are left out until it does`,
        );
      });
    }
  }

  reopen(): void {
    this.#isTroubleTold = false;
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#socket.close();
  }
}

/** `Oct  3 10:15:30` in local time, RFC 3164. */
function timestamp(now: Date): string {
  const day = String(now.getDate()).padStart(2, ' ');
  const clock = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${MONTHS[now.getMonth()] ?? ''} ${day} ${clock.join(':')}`;
}
