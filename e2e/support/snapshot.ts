/** Path to what is there: type, mode, owner, and size and hash or the link's target. */
export type Snapshot = ReadonlyMap<string, string>;

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** "PATH: before → after" */
  readonly changed: readonly string[];
}

/** What a running Debian writes by itself, whether or not anything was installed. */
const LIVING = [
  /^\/(var\/)?tmp\/systemd-private-/,
  /^\/var\/cache\/ldconfig\//,
  /^\/var\/lib\/logrotate\//,
  /^\/var\/lib\/systemd\/(linger|random-seed|timers|catalog)/,
  /^\/var\/log\/(btmp|faillog|journal|lastlog|wtmp)/,
];

/** Lists every file of the root file system and not of what is mounted below it, one record each, ended by NUL. */
export const SNAPSHOT_COMMAND = `
set -o pipefail
cd /
find / -xdev \\( -type d -printf '%p\\t%y %m %u:%g\\0' -o -type l -printf '%p\\t%y %u:%g %l\\0' -o -printf '%p\\t%y %m %u:%g %s\\0' \\)
printf '\\0'
find / -xdev -type f -print0 | sort -z | xargs -0 sha256sum --zero --
`;

export function parseSnapshot(output: string): Snapshot {
  const divider = output.indexOf('\0\0');
  const entries = new Map<string, string>();
  for (const record of output.slice(0, divider).split('\0')) {
    const tab = record.lastIndexOf('\t');
    entries.set(record.slice(0, tab), record.slice(tab + 1));
  }
  for (const record of output.slice(divider + 2).split('\0')) {
    const [hash, path] = [record.slice(0, 64), record.slice(66)];
    if (entries.has(path)) entries.set(path, `${entries.get(path) ?? ''} ${hash.slice(0, 16)}`);
  }
  return entries;
}

/** Leaves out what Debian changes by itself, and what `except` matches. */
export function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  { except = [] }: { readonly except?: readonly RegExp[] } = {},
): Difference {
  const counts = (path: string) => ![...LIVING, ...except].some((pattern) => pattern.test(path));
  const added = [...after.keys()].filter((path) => counts(path) && !before.has(path));
  const removed = [...before.keys()].filter((path) => counts(path) && !after.has(path));
  const changed = [...after]
    .filter(([path, now]) => counts(path) && before.has(path) && before.get(path) !== now)
    .map(([path, now]) => `${path}: ${before.get(path) ?? ''} → ${now}`);
  return { added, removed, changed };
}
