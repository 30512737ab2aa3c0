import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { PluginEntry } from '../compile/find-entry.js';
import { sha256 } from '../touch/snapshot.js';
import { writeAtomically } from './write-atomically.js';

/** What is remembered about a plugin that was compiled. */
export interface Memory {
  /** Stands for everything but files that decides what comes out. */
  readonly recipe: string;
  readonly entryPath: string;
  readonly version: string | null;
  readonly inputs: readonly string[];
  /** Of everything that compiling it touched, by path. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Name of the file with the compiled code. */
  readonly file: string;
}

/** The names of what is made here, when it is done and before; anything else is left alone. */
const OURS =
  /^(?:(?:core-|plugin-)[0-9a-f]{64}\.mjs|entry-[0-9a-f]{64}\.json|work-\w{6})(?:\.[0-9a-f-]{36}\.tmp)?$/;
/** Far longer than it takes from compiling a plugin to importing it, which another process may be about to do. */
const SURELY_UNUSED_MS = 5 * 60_000;

/** A directory of compiled plugins, each named by its content, and of what is remembered about them. */
export class CompiledFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** What is remembered about a plugin; undefined if that is nothing, or is not as it was written. */
  async recall(entry: PluginEntry): Promise<Memory | undefined> {
    const [hash, body = ''] = (await readOrNothing(this.#memoryPathOf(entry))).split('\n');
    return hash === sha256(body) ? (JSON.parse(body) as Memory) : undefined;
  }

  async remember(entry: PluginEntry, memory: Memory): Promise<void> {
    const body = JSON.stringify(memory);
    await writeAtomically(this.#memoryPathOf(entry), `${sha256(body)}\n${body}`);
  }

  /** The path of a file that was put here; undefined if it is not there, or is not as it was written. */
  async find(name: string): Promise<string | undefined> {
    const path = join(this.directory, name);
    if (!name.includes(sha256(await readOrNothing(path)))) {
      return undefined;
    }
    // It is in use: another process that prunes is to leave it alone.
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }

  /** Puts code there, unless it is there already, and returns its path. */
  async put(kind: 'core' | 'plugin', code: string): Promise<string> {
    const name = `${kind}-${sha256(code)}.mjs`;
    const path = join(this.directory, name);
    if ((await this.find(name)) === undefined) {
      await writeAtomically(path, code);
    }
    return path;
  }

  /** Gives `work` an empty directory of its own, and removes that afterwards. */
  async withWorkDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(this.directory, 'work-'));
    try {
      return await work(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Removes what belongs to no plugin of these and has not been used for five minutes. */
  async prune(entries: readonly PluginEntry[]): Promise<void> {
    const kept = new Set<string>();
    for (const entry of entries) {
      kept.add(basename(this.#memoryPathOf(entry)));
      kept.add((await this.recall(entry))?.file ?? '');
    }
    for (const name of await readdir(this.directory)) {
      const path = join(this.directory, name);
      if (OURS.test(name) && !kept.has(name) && (await isUnused(path))) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }

  #memoryPathOf({ use, directory }: PluginEntry): string {
    return join(this.directory, `entry-${sha256(JSON.stringify([directory, use]))}.json`);
  }
}

async function isUnused(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > SURELY_UNUSED_MS;
  } catch {
    return false;
  }
}

/** Empty for what is not there, or can not be read: then it has to be made anew. */
async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
