import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import {
  messageOf,
  type Intent,
  type IntentLog,
  type ProcessIdentity,
  type UnfinishedIntent,
} from '@memory-monitor/core';

import type { ProcessInspector } from './proc/inspect.js';

/** An intent as it stands in its file, with what tells whether it still means anything. */
interface StoredIntent extends Intent {
  /** PIDs and start times mean nothing in another boot, or in another PID namespace. */
  readonly bootId: string;
  readonly pidNamespace: string;
  /** The monitor that wrote it: while that one lives, the intent is its own business. */
  readonly monitor: ProcessIdentity;
}

/** One small file for each kill that is under way; an empty directory is the usual state. */
export class IntentFiles implements IntentLog {
  readonly #directory: string;
  readonly #inspector: ProcessInspector;
  /** One operation at a time: a stalled disk then holds one of libuv's few threads, and not all of them. */
  #last: Promise<unknown> = Promise.resolve();

  /** `stateDirectory` is made if it is not there; empty for none. */
  constructor(stateDirectory: string, inspector: ProcessInspector) {
    this.#directory = stateDirectory === '' ? '' : join(stateDirectory, 'intents');
    this.#inspector = inspector;
  }

  async begin(intent: Intent): Promise<void> {
    if (this.#directory !== '') {
      const stored: StoredIntent = { ...intent, ...whereAndWhen(), monitor: this.#self() };
      await this.#inTurn(async () => {
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
        await writeFile(this.#pathOf(intent), JSON.stringify(stored), { mode: 0o600 });
      });
    }
  }

  async end(identity: ProcessIdentity): Promise<void> {
    if (this.#directory !== '') {
      await this.#inTurn(async () => {
        await rm(this.#pathOf(identity), { force: true });
      });
    }
  }

  async recover(): Promise<readonly UnfinishedIntent[]> {
    if (this.#directory === '') {
      return [];
    }
    return await this.#inTurn(async () => {
      const unfinished: UnfinishedIntent[] = [];
      for (const name of await listOrNone(this.#directory)) {
        const path = join(this.#directory, name);
        const stored = parseIntent(await readOrNothing(path));
        if (stored !== undefined && this.#isOurs(stored)) {
          await rename(path, this.#pathOf(stored));
          unfinished.push({ ...stored, isStillRunning: this.#inspector.isAlive(stored) });
        } else if (stored === undefined || !this.#isSomebodyElses(stored)) {
          await rm(path, { force: true, recursive: true });
        }
      }
      return unfinished;
    });
  }

  async forget(identity: ProcessIdentity): Promise<void> {
    if (this.#directory === '') {
      return;
    }
    await this.#inTurn(async () => {
      const path = this.#pathOf(identity);
      const stored = parseIntent(await readOrNothing(path));
      // This run may have begun to end the same process meanwhile.
      if (stored !== undefined && this.#isOurs(stored)) {
        await rm(path, { force: true });
      }
    });
  }

  /** It was written in this boot and namespace, by a monitor that is gone. */
  #isOurs({ bootId, pidNamespace, monitor }: StoredIntent): boolean {
    const here = whereAndWhen();
    return bootId === here.bootId && pidNamespace === here.pidNamespace && !this.#inspector.isAlive(monitor);
  }

  /** A monitor in another namespace, or one that still runs, may need it. */
  #isSomebodyElses(intent: StoredIntent): boolean {
    return intent.bootId === whereAndWhen().bootId && !this.#isOurs(intent);
  }

  #self(): ProcessIdentity {
    return { pid: process.pid, startTime: this.#inspector.startTimeOf(process.pid) ?? 0 };
  }

  #pathOf({ pid, startTime }: ProcessIdentity): string {
    return join(this.#directory, `${pid}-${startTime}.json`);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}

function whereAndWhen(): { readonly bootId: string; readonly pidNamespace: string } {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  };
}

async function listOrNone(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw new Error(`${directory}: ${messageOf(error)}`, { cause: error });
  }
}

/** Empty for what has gone meanwhile, or is no file. */
async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

/** A file that a crash has cut short, or that somebody else has put there, tells nothing. */
function parseIntent(text: string): StoredIntent | undefined {
  try {
    const stored = JSON.parse(text) as Partial<StoredIntent> | null;
    return isIdentity(stored) && isIdentity(stored?.monitor) ? (stored as StoredIntent) : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: Partial<ProcessIdentity> | null | undefined): boolean {
  return Number.isInteger(value?.pid) && Number.isInteger(value?.startTime);
}
