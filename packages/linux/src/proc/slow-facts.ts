import type { ProcessIdentity, SlowFacts, SlowFactsRequest } from '@memory-monitor/core';

import { ConcurrencyGate } from '../concurrency-gate.js';
import { runBounded } from '../run-bounded.js';
import { sleep } from '../sleep.js';
import type { ProcessInspector } from './inspect.js';

/** More of a command line is of use to nobody; it may be megabytes long. */
const LONGEST_COMMAND_LINE_BYTES = 16 * 1024;
const ROLLUP_BYTES = 8 * 1024;
const MOST_READERS = 8;
const MOST_WAITING = 64;

/**
 * Reads what lies behind another process's memory-map lock. A process can make such a read hang for as long as it
 * likes, so each is made by a short-lived `head`, which is ended at the deadline.
 */
export class SlowFactsReader {
  readonly #inspector: ProcessInspector;
  readonly #procRoot: string;
  readonly #gate = new ConcurrencyGate(MOST_READERS, MOST_WAITING);

  constructor(inspector: ProcessInspector, procRoot: string) {
    this.#inspector = inspector;
    this.#procRoot = procRoot;
  }

  async read(identity: ProcessIdentity, wanted: SlowFactsRequest, deadlineMs: number): Promise<SlowFacts> {
    const endMs = performance.now() + deadlineMs;
    const done = new AbortController();
    // A deadline of its own besides the reader's: the wait for a turn can be longer than that.
    const read = async (file: string, bytes: number): Promise<Buffer | undefined> =>
      await Promise.race([
        this.#gate.run(
          async () => await readBounded(`${this.#procRoot}/${identity.pid}/${file}`, bytes, endMs),
        ),
        sleep(deadlineMs, done.signal).then(() => undefined),
      ]);
    const [commandLine, rollup] = await Promise.all([
      wanted.commandLine === true ? read('cmdline', LONGEST_COMMAND_LINE_BYTES) : undefined,
      wanted.pss === true ? read('smaps_rollup', ROLLUP_BYTES) : undefined,
    ]);
    done.abort();
    const isSameProcess = this.#inspector.isAlive(identity);
    return {
      commandLine: isSameProcess && commandLine !== undefined ? parseCommandLine(commandLine) : undefined,
      pssBytes: isSameProcess && rollup !== undefined ? parsePss(rollup) : undefined,
    };
  }
}

async function readBounded(path: string, bytes: number, endMs: number): Promise<Buffer | undefined> {
  const remainingMs = endMs - performance.now();
  if (remainingMs <= 0) {
    return undefined;
  }
  try {
    const { exitCode, output } = await runBounded('head', ['-c', String(bytes), path], remainingMs);
    return exitCode === 0 ? output : undefined;
  } catch {
    return undefined;
  }
}

/** Arguments end in NUL each; a process that writes its own title may leave that out. */
function parseCommandLine(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  return text === '' ? [] : (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

function parsePss(bytes: Buffer): number | undefined {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(bytes.toString('latin1'))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
