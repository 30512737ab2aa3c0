import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What was at a number of paths at one time. */
export interface Snapshot {
  /** By path; empty where nothing is. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Links in the directories by which an import may have gone. */
  readonly links: readonly string[];
  /** When the last change was made to any of it, of the wall clock. */
  readonly changedMs: number;
}

/** Where nothing is. */
export const NOTHING = '';
/** A link of any other name leads an import nowhere. */
const MAY_BE_IMPORTED = /\.(?:[cm]?[jt]s|[jt]sx|json)$/;

/** Synchronous: a hundred small files take a few milliseconds, ten times less than by promises. */
export function takeSnapshot(paths: readonly string[]): Snapshot {
  const looks = paths.map((path) => ({ path, ...look(path) }));
  return {
    fingerprints: Object.fromEntries(looks.map(({ path, fingerprint }) => [path, fingerprint])),
    links: looks.flatMap(({ links }) => links),
    changedMs: Math.max(0, ...looks.map(({ changedMs }) => changedMs)),
  };
}

/** Whether everything is still as it was. */
export function isUnchanged(before: Snapshot['fingerprints'], now: Snapshot['fingerprints']): boolean {
  return Object.entries(before).every(([path, fingerprint]) => now[path] === fingerprint);
}

/** In hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

interface Look {
  readonly fingerprint: string;
  readonly links: readonly string[];
  readonly changedMs: number;
}

function look(path: string): Look {
  try {
    const stats = statSync(path);
    const { ctimeMs: changedMs } = stats;
    if (stats.isDirectory()) {
      const { names, links } = list(path);
      return { fingerprint: sha256(JSON.stringify([realpathSync(path), names])), links, changedMs };
    }
    // Reading from a pipe could wait for ever.
    return { fingerprint: stats.isFile() ? sha256(readFileSync(path)) : 'no file', links: [], changedMs };
  } catch {
    // What can not be read here was not read by the compiler either.
    return { fingerprint: NOTHING, links: [], changedMs: 0 };
  }
}

/** The names in a directory, those of links with where they lead. */
function list(directory: string): { readonly names: readonly string[]; readonly links: readonly string[] } {
  const names: string[] = [];
  const links: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    names.push(entry.isSymbolicLink() ? `${entry.name} -> ${readlinkSync(path)}` : entry.name);
    // Packages are many, and those that were imported are known.
    if (
      entry.isSymbolicLink() &&
      MAY_BE_IMPORTED.test(entry.name) &&
      basename(directory) !== 'node_modules' &&
      existsSync(path)
    ) {
      links.push(path);
    }
  }
  return { names: names.sort(), links };
}
