import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Notice } from '../notice/notice.js';
import { syncDirectory, writeDurably } from './durable.js';
import type { SpoolLayout } from './layout.js';

/** So many notices wait for the sender at most. */
const MOST_WAITING = 1000;
/** So many may be on their way to a disk that does not answer. */
const MOST_PENDING = 50;
/** So many are remembered as told. */
const MOST_TOLD = 2000;
/** Names what this process is writing: after a reload, two writers are at work for a moment. */
const RUN = randomUUID().slice(0, 8);
/** What is to be told once and is on its way to the disk: after a reload, the writer before may still be at it. */
const onTheirWay = new Set<string>();
/** The group is that of the directory, and the sender's. */
const FILE_MODE = 0o640;

export interface SpoolWriterOptions {
  readonly layout: SpoolLayout;
  /** Tells that so many notices were left out. */
  readonly overflowNotice: (count: number) => Notice;
  /** Called when there is something for the sender. */
  readonly onPut: () => void;
  /** Told once, until something can be put again. */
  readonly warn: (message: string) => void;
}

/** The monitor's end of the spool: notices appear there whole or not at all, and outlast whatever happens to the monitor. */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  #opened: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #pending = 0;
  #waiting = 0;
  #told = 0;
  #leftOut = 0;
  #isLeavingOut = false;

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
  }

  /** Makes what is missing, and finishes what a run before this one has left. Rejects where the spool can't be written. */
  async open(): Promise<void> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
  }

  /** Resolves when nothing is on its way to the disk any more. */
  async settle(): Promise<void> {
    await this.#last;
  }

  async #open(): Promise<void> {
    const { layout } = this.#options;
    for (const directory of [layout.directory, layout.staging, layout.told, layout.fresh]) {
      await mkdir(directory, { recursive: true, mode: 0o750 });
    }
    for (const name of await readdir(layout.staging)) {
      if (!name.startsWith(RUN)) {
        await this.#finishLeft(join(layout.staging, name));
      }
    }
    this.#waiting = (await readdir(layout.fresh)).length;
    await this.#forgetOldest();
  }

  /** Whether something of this key was put. */
  hasTold(key: string): boolean {
    return existsSync(join(this.#options.layout.told, key));
  }

  /**
   * Resolves when it is on disk; one of a key that was put already is left out. Rejects if it can't be written; that it is missing is
   * told with a later one.
   */
  async put(notice: Notice): Promise<void> {
    const { key } = notice;
    // What a run before this one has left is told by then: only now is it known what was.
    await this.open().catch(() => undefined);
    if (key !== undefined && (onTheirWay.has(key) || this.hasTold(key))) {
      return;
    }
    if (this.#pending >= MOST_PENDING) {
      this.#leaveOut(`the disk that ${this.#options.layout.directory} is on does not keep up`);
      return;
    }
    if (key !== undefined) {
      onTheirWay.add(key);
    }
    this.#pending += 1;
    // One after the other: a disk is not faster otherwise.
    const write = this.#last.then(async () => {
      await this.#putNext(notice);
    });
    this.#last = write.catch(() => {
      this.#leftOut += 1;
    });
    try {
      await write;
    } finally {
      this.#pending -= 1;
      onTheirWay.delete(key ?? '');
    }
  }

  async #putNext(notice: Notice): Promise<void> {
    await this.open();
    if (!(await this.#hasRoom())) {
      const { fresh } = this.#options.layout;
      this.#leaveOut(
        `${MOST_WAITING} notices wait in ${fresh}, and nobody delivers them; see journalctl -u memory-monitor-mail`,
      );
      return;
    }
    await this.#write(notice);
    if (this.#leftOut > 0) {
      const count = this.#leftOut;
      await this.#write(this.#options.overflowNotice(count));
      this.#leftOut -= count;
      this.#isLeavingOut = false;
    }
    this.#options.onPut();
  }

  #leaveOut(why: string): void {
    this.#leftOut += 1;
    if (!this.#isLeavingOut) {
      this.#isLeavingOut = true;
      this.#options.warn(`mail is left out: ${why}`);
    }
  }

  /** Who takes notices out is another process: they are counted where the count matters. */
  async #hasRoom(): Promise<boolean> {
    if (this.#waiting >= MOST_WAITING) {
      this.#waiting = (await readdir(this.#options.layout.fresh)).length;
    }
    return this.#waiting < MOST_WAITING;
  }

  async #write(notice: Notice): Promise<void> {
    const path = join(this.#options.layout.staging, `${RUN}.${notice.id}.json`);
    try {
      await writeDurably(path, JSON.stringify(notice), FILE_MODE);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    await this.#finish(path, notice);
    this.#waiting += 1;
    this.#told += 1;
    if (this.#told >= MOST_TOLD) {
      await this.#forgetOldest();
    }
  }

  /** A whole notice goes to the sender; what a crash has cut goes away. */
  async #finishLeft(path: string): Promise<void> {
    const notice = parseNotice(await readFile(path, 'utf8'));
    await (notice === undefined ? unlink(path) : this.#finish(path, notice));
  }

  async #finish(path: string, { id, key }: Notice): Promise<void> {
    const { layout } = this.#options;
    if (key !== undefined) {
      await writeFile(join(layout.told, key), '');
    }
    await rename(path, join(layout.fresh, `${id}.json`));
    await syncDirectory(layout.fresh);
  }

  async #forgetOldest(): Promise<void> {
    const { told } = this.#options.layout;
    const names = await readdir(told);
    this.#told = names.length;
    if (names.length < MOST_TOLD) {
      return;
    }
    const aged = await Promise.all(
      names.map(async (name) => ({ name, atMs: (await stat(join(told, name))).mtimeMs })),
    );
    aged.sort((a, b) => a.atMs - b.atMs);
    const oldest = aged.slice(0, names.length - MOST_TOLD / 2);
    await Promise.all(oldest.map(async ({ name }) => unlink(join(told, name))));
    this.#told = names.length - oldest.length;
  }
}

function parseNotice(text: string): Notice | undefined {
  try {
    return JSON.parse(text) as Notice;
  } catch {
    return undefined;
  }
}
