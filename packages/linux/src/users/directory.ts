import { readFile } from 'node:fs/promises';

import type { Clock } from '@memory-monitor/core';

import { runBounded } from '../run-bounded.js';
import { findEntry } from './database-entry.js';
import type { Database } from './nsswitch.js';

/** A directory that has answered is taken to be there for so long. */
const ALIVE_MS = 60_000;
/** One that has not answered is not asked for so long. */
const SILENT_MS = 10_000;
/** Of those that a directory has answered for, so many are asked for again: some are deleted in the course of time. */
const MOST_MEMBERS = 8;

/** Whether a directory, and nobody else, knows one of these now. */
export type AskDirectory = (
  directory: string,
  database: Database,
  keys: readonly string[],
  deadlineMs: number,
) => Promise<boolean>;

/** Whether the files of this machine have it. */
export type AskFiles = (database: Database, key: string) => Promise<boolean>;

interface Look {
  readonly isAlive: Promise<boolean>;
  readonly goodUntilMs: number;
}

/**
 * Tells a name that nobody has from a directory server that is away: getent(1) says "not found" of both. Whoever is known and
 * stands in no file of this machine can only have come from elsewhere; if the directory still knows such a one, it is there. It
 * is asked by its own name: systemd, too, knows users that stand in no file.
 */
export class Directory {
  readonly #clock: Clock;
  readonly #ask: AskDirectory;
  readonly #isInFiles: AskFiles;
  /** Keys that were found, the latest last. */
  readonly #members: Readonly<Record<Database, Set<string>>> = { passwd: new Set(), group: new Set() };
  readonly #looks = new Map<string, Look>();

  constructor(clock: Clock, ask: AskDirectory = askDirectory, isInFiles: AskFiles = isInFile) {
    this.#clock = clock;
    this.#ask = ask;
    this.#isInFiles = isInFiles;
  }

  /** Remembers who was found. */
  async remember(database: Database, key: string): Promise<void> {
    const members = this.#members[database];
    if (await this.#isInFiles(database, key)) {
      return;
    }
    members.delete(key);
    members.add(key);
    for (const oldest of [...members].slice(0, -MOST_MEMBERS)) {
      members.delete(oldest);
    }
  }

  /** Whether it has answered within the last minute, or does so now. */
  async isAlive(directory: string, deadlineMs: number): Promise<boolean> {
    const known = this.#looks.get(directory);
    if (known !== undefined && known.goodUntilMs > this.#clock.monotonicMs()) {
      return await known.isAlive;
    }
    if (this.#members.passwd.size + this.#members.group.size === 0) {
      return false;
    }
    const isAlive = this.#look(directory, deadlineMs);
    // Whoever asks meanwhile waits for the same answer.
    this.#looks.set(directory, { isAlive, goodUntilMs: Infinity });
    const lastsMs = (await isAlive) ? ALIVE_MS : SILENT_MS;
    this.#looks.set(directory, { isAlive, goodUntilMs: this.#clock.monotonicMs() + lastsMs });
    return await isAlive;
  }

  async #look(directory: string, deadlineMs: number): Promise<boolean> {
    const asked = (['passwd', 'group'] as const).filter((database) => this.#members[database].size > 0);
    const answers = await Promise.all(
      asked.map(
        async (database) => await this.#ask(directory, database, [...this.#members[database]], deadlineMs),
      ),
    );
    return answers.includes(true);
  }
}

/** By getent(1): it prints whom the source knows, and says that it does not know the others. */
async function askDirectory(
  directory: string,
  database: Database,
  keys: readonly string[],
  deadlineMs: number,
): Promise<boolean> {
  try {
    const { output } = await runBounded('getent', ['-s', directory, '--', database, ...keys], deadlineMs);
    return output.includes(':');
  } catch {
    return false;
  }
}

async function isInFile(database: Database, key: string): Promise<boolean> {
  try {
    return findEntry(await readFile(`/etc/${database}`, 'utf8'), key) !== undefined;
  } catch {
    return true;
  }
}
