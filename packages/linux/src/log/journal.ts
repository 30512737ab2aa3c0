import { messageIdOf } from '@memory-monitor/core';

import { openDatagramSocket, type DatagramSocket } from '../native/datagram.js';
import { SYSLOG_SEVERITY, type LogLine, type LogSink } from './log-sink.js';

const DEFAULT_PATH = '/run/systemd/journal/socket';
const FIELD_PREFIX = 'MM_';

/**
 * The journal, by its native protocol, with a structured field for each field of the line,
 * `journalctl -u memory-monitor MM_EVENT=kill`, and the id of its explanation, `journalctl -x`. A line that it does not take
 * goes to `fallback`.
 */
export class Journal implements LogSink {
  readonly #socket: DatagramSocket;
  readonly #path: string;
  readonly #fallback: LogSink;

  private constructor(socket: DatagramSocket, path: string, fallback: LogSink) {
    this.#socket = socket;
    this.#path = path;
    this.#fallback = fallback;
  }

  /** Undefined where datagrams can't be sent: then `fallback` takes every line anyway. */
  static async open(fallback: LogSink, path = DEFAULT_PATH): Promise<Journal | undefined> {
    try {
      return new Journal(await openDatagramSocket(), path, fallback);
    } catch {
      return undefined;
    }
  }

  write(line: LogLine): void {
    if (this.#socket.send(this.#path, journalEntry(line)) !== undefined) {
      this.#fallback.write(line);
    }
  }

  reopen(): void {
    // Each line finds its way anew.
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#socket.close();
  }
}

/** An entry as systemd's JOURNAL_NATIVE_PROTOCOL.md describes it. */
export function journalEntry({ message, fields, severity }: LogLine): Buffer {
  const id = messageIdOf(fields);
  const entry = [
    field('MESSAGE', message),
    ...(id === undefined ? [] : [field('MESSAGE_ID', id)]),
    field('PRIORITY', String(SYSLOG_SEVERITY[severity])),
    field('SYSLOG_IDENTIFIER', 'memory-monitor'),
    ...Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => field(fieldName(key), fieldValue(value))),
  ];
  return Buffer.concat(entry);
}

/** `rssBytes` becomes `MM_RSS_BYTES`. */
function fieldName(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]/g, '_');
  return `${FIELD_PREFIX}${words.toUpperCase()}`;
}

function fieldValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `NAME=value` and a newline; a value with a newline in it is given with its length, and so can't end early. */
function field(name: string, value: string): Buffer {
  if (!value.includes('\n')) {
    return Buffer.from(`${name}=${value}\n`);
  }
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}
