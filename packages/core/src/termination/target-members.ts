import type { Guards } from '../decision/guards.js';
import { wholeNameOf } from '../decision/whole-name.js';
import { printable } from '../log/printable.js';
import type {
  ProcessGroup,
  ProcessHandle,
  ProcessHandles,
  ProcessInspection,
  ProcessSource,
} from '../ports.js';
import { identityKey, isSameProcess, type ProcessIdentity } from '../process.js';

/** How long the command lines of members may take whose names are cut. */
const SLOW_FACTS_DEADLINE_MS = 250;
/** While those are read, members may have children with such names. */
const MOST_LOOKS = 3;
/** Each is held, read and checked in one turn: more would hold up the loop. */
const MOST_MEMBERS = 2000;

/** The members of a group that may be signalled, or why none but the violator may be. */
export type Membership =
  | { readonly isWhole: true; readonly members: readonly ProcessHandle[] }
  | { readonly isWhole: false; readonly why: string };

/** Who is in the group that a termination is aimed at: read afresh, held, and checked against the guards each time. */
export class TargetMembers {
  readonly #group: ProcessGroup;
  readonly #violator: ProcessIdentity;
  readonly #handles: ProcessHandles;
  readonly #source: ProcessSource;
  readonly #guards: Guards;
  /** By identity; held until the end. */
  readonly #held = new Map<string, ProcessHandle>();
  readonly #commandLines = new Map<string, readonly string[] | undefined>();
  #isOver = false;
  /** Those of the last check. */
  #known: ReadonlySet<string> = new Set();

  constructor(
    group: ProcessGroup,
    violator: ProcessIdentity,
    handles: ProcessHandles,
    source: ProcessSource,
    guards: Guards,
  ) {
    this.#group = group;
    this.#violator = violator;
    this.#handles = handles;
    this.#source = source;
    this.#guards = guards;
    this.#known = new Set([identityKey(violator)]);
  }

  /** Reads what takes time, so that nothing has to be waited for between check and signal. */
  async lookUp(): Promise<void> {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const unnamed = this.#present().flatMap(({ inspection }) => {
        const isNew = !this.#commandLines.has(identityKey(inspection));
        return isNew && this.#guards.needsWholeName(inspection) ? [inspection] : [];
      });
      if (unnamed.length === 0) {
        return;
      }
      await Promise.all(unnamed.map((inspection) => this.#readCommandLine(inspection)));
    }
  }

  /**
   * Everybody who is in the group now, the violator not among them, the oldest first: a parent would start again what has gone. To
   * be asked in the turn of the signal. Nobody is in it any more if none of those is that were in it at the last check: its
   * number, or its path, is another group's then; not so in the very turn of that check.
   */
  check({ isSameTurn = false } = {}): Membership {
    const present = this.#present();
    if (present.length > MOST_MEMBERS) {
      return this.#alone(`has more than ${MOST_MEMBERS} processes`);
    }
    const keys = present.map(({ inspection }) => identityKey(inspection));
    this.#isOver ||= !isSameTurn && !keys.some((key) => this.#known.has(key));
    if (this.#isOver) {
      return { isWhole: true, members: [] };
    }
    for (const { inspection } of present) {
      const wholeName = wholeNameOf(inspection, this.#commandLines.get(identityKey(inspection)));
      const finding = this.#guards.check({ inspection, wholeName });
      if (finding !== undefined) {
        const { pid, name } = inspection;
        return this.#alone(`has PID ${pid} (${printable(name)}), which is protected: ${finding.reason}`);
      }
    }
    this.#known = new Set(keys);
    const members = present
      .filter(({ inspection }) => !isSameProcess(inspection, this.#violator))
      .sort((a, b) => a.inspection.startTime - b.inspection.startTime)
      .map(({ handle }) => handle);
    return { isWhole: true, members };
  }

  /** SIGKILL to the whole group at once, if these are all of it. */
  killAll(members: readonly ProcessIdentity[]): boolean {
    return this.#group.killAll?.(members) === true;
  }

  close(): void {
    for (const handle of this.#held.values()) {
      handle.close();
    }
    this.#held.clear();
  }

  #alone(why: string): Membership {
    return { isWhole: false, why: `only it was signalled: ${this.#group.name} ${why}` };
  }

  /** Who can't be read is not signalled either. */
  #present(): { readonly handle: ProcessHandle; readonly inspection: ProcessInspection }[] {
    return this.#group
      .members()
      .slice(0, MOST_MEMBERS + 1)
      .flatMap((identity) => {
        const handle = this.#hold(identity);
        const inspection = handle?.inspect();
        return handle === undefined || inspection === undefined || !this.#group.has(inspection)
          ? []
          : [{ handle, inspection }];
      });
  }

  #hold(identity: ProcessIdentity): ProcessHandle | undefined {
    const key = identityKey(identity);
    const handle = this.#held.get(key) ?? this.#handles.open(identity);
    if (handle !== undefined) {
      this.#held.set(key, handle);
    }
    return handle;
  }

  async #readCommandLine(inspection: ProcessInspection): Promise<void> {
    const { commandLine } = await this.#source.inspectSlowly(
      inspection,
      { commandLine: true },
      SLOW_FACTS_DEADLINE_MS,
    );
    this.#commandLines.set(identityKey(inspection), commandLine);
  }
}
