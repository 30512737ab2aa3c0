import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { messageOf } from '@memory-monitor/core';

/** Why a path can not be trusted: somebody else than root could change what is found there. */
export interface Distrust {
  /** The file, directory or link that is to blame, behind all links that lead to it. */
  readonly path: string;
  /** A phrase about it, such as "everybody may write to it". */
  readonly reason: string;
  /** What to do, to end a sentence with. */
  readonly remedy: string;
}

export interface TrustRules {
  /**
   * Whether a sticky directory that others may write to, such as /tmp, passes: nobody else can rename or replace what
   * is in it, but anybody can add to it. False if not given.
   */
  readonly allowsSticky?: boolean;
}

/** What a walk has found out about one name of a path. */
interface Finding {
  readonly distrust: Distrust | undefined;
  /** Where it leads, if it is a symbolic link. */
  readonly target: string | undefined;
}

const ROOT_UID = 0;
/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;
const ELSEWHERE = 'keep it where only root can write';

const STICKY = 0o1000;
const GROUP_MAY_WRITE = 0o020;
const OTHERS_MAY_WRITE = 0o002;

/** Checks many paths: directories that they share are looked at once. Made anew for each time that matters. */
export class TrustCheck {
  readonly #allowsSticky: boolean;
  readonly #findings = new Map<string, Finding>();

  constructor({ allowsSticky = false }: TrustRules = {}) {
    this.#allowsSticky = allowsSticky;
  }

  /** The first thing on the way to the absolute `path`, itself included, that can not be trusted. */
  findDistrust(path: string): Distrust | undefined {
    let place = '/';
    let links = 0;
    let finding = this.#look(place);
    // Taken from the end. A link's target goes in front of what is left, as the kernel does it.
    const names = path.split('/').reverse();
    while (finding.distrust === undefined && names.length > 0) {
      const name = names.pop() ?? '';
      const next = join(place, name);
      finding = this.#look(next);
      if (finding.target === undefined) {
        place = next;
      } else if (++links > MOST_LINKS) {
        return { path, reason: `it leads through more than ${MOST_LINKS} links`, remedy: ELSEWHERE };
      } else {
        place = isAbsolute(finding.target) ? '/' : place;
        names.push(...finding.target.split('/').reverse());
      }
    }
    return finding.distrust;
  }

  #look(path: string): Finding {
    let finding = this.#findings.get(path);
    if (finding === undefined) {
      finding = this.#lookAnew(path);
      this.#findings.set(path, finding);
    }
    return finding;
  }

  #lookAnew(path: string): Finding {
    try {
      const stats = lstatSync(path);
      return {
        distrust: this.#judge(path, stats),
        target: stats.isSymbolicLink() ? readlinkSync(path) : undefined,
      };
    } catch (error) {
      // Also what vanishes meanwhile: what can not be looked at is not trusted.
      return { distrust: { path, reason: phraseOf(error), remedy: 'check the path' }, target: undefined };
    }
  }

  #judge(path: string, stats: Stats): Distrust | undefined {
    if (stats.uid !== ROOT_UID && stats.uid !== process.getuid?.()) {
      const command = stats.isSymbolicLink() ? 'chown --no-dereference root' : 'chown root';
      return {
        path,
        reason: `it belongs to user ${stats.uid}`,
        remedy: `${ELSEWHERE}, or run "${command} ${quoted(path)}"`,
      };
    }
    const isSticky = stats.isDirectory() && (stats.mode & STICKY) !== 0;
    // The mode of a link means nothing.
    if (stats.isSymbolicLink() || (isSticky && this.#allowsSticky)) {
      return undefined;
    }
    // Of a file with an access control list, the group's bits are the most that the list grants to anybody.
    const [writers, mode] =
      (stats.mode & OTHERS_MAY_WRITE) !== 0
        ? ['everybody', 'go-w']
        : (stats.mode & GROUP_MAY_WRITE) !== 0
          ? [`group ${groupName(stats.gid) ?? stats.gid}`, 'g-w']
          : [];
    return writers === undefined
      ? undefined
      : {
          path,
          reason: `${writers} may write to it`,
          // Nobody should run that on /tmp.
          remedy: isSticky ? ELSEWHERE : `${ELSEWHERE}, or run "chmod ${mode} ${quoted(path)}"`,
        };
  }
}

function phraseOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'it is not there'
    : `it can not be looked at (${messageOf(error)})`;
}

/** Of this machine's own groups: a directory service may take its time, or not answer. */
function groupName(gid: number): string | undefined {
  try {
    const groups = readFileSync('/etc/group', 'utf8').split('\n');
    return groups.map((line) => line.split(':')).find(([name, , id]) => name && id === String(gid))?.[0];
  } catch {
    return undefined;
  }
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
