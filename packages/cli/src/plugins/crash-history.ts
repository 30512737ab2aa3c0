/** So many within `WITHIN_MS`, and a plugin is left out. */
const MOST_CRASHES = 3;
/** A crash counts for so long. */
const WITHIN_MS = 60 * 60_000;

/** A configured plugin, as long as neither its file nor its configuration changes. */
export interface KnownPlugin {
  readonly key: string;
  readonly use: string;
  /** It is not part of the program, and runs in its process. */
  readonly isForeign: boolean;
}

/** How one run of the monitor ended. */
export interface RunEnding {
  /** Whose code was running, by its number: 1 for the first of `plugins`; 0 for nobody's in particular. */
  readonly running: number;
  readonly isOver: boolean;
  /** Its loop did not come round any more: the watchdog has ended it. */
  readonly hadHung: boolean;
  /** The machine had little memory left then. */
  readonly wasShort: boolean;
}

/** What is remembered from run to run, as JSON: the plugins of the last one, and when any has ended the monitor. */
export interface CrashHistory {
  /** In the order of their numbers. */
  readonly plugins: readonly KnownPlugin[];
  /** By key: times in milliseconds since boot. */
  readonly crashes: Readonly<Record<string, readonly number[]>>;
}

export const NO_HISTORY: CrashHistory = { plugins: [], crashes: {} };

/** Counts how the last run ended. One that ended in order leaves nothing to count: whoever has restarted it wants all plugins tried. */
export function afterRun({ plugins, crashes }: CrashHistory, ending: RunEnding, nowMs: number): CrashHistory {
  if (ending.isOver) {
    return NO_HISTORY;
  }
  const culprits = culpritsOf(plugins, ending);
  return culprits.reduce((history, { key }) => afterCrash(history, key, nowMs), {
    plugins,
    crashes: recent(crashes, nowMs),
  });
}

/** Counts one more. */
export function afterCrash({ plugins, crashes }: CrashHistory, key: string, nowMs: number): CrashHistory {
  const times = [...(crashes[key] ?? []), nowMs].slice(-MOST_CRASHES);
  return { plugins, crashes: { ...crashes, [key]: times } };
}

/** How often the plugin has ended the monitor lately, if that is too often. */
export function crashesToLeaveOut({ crashes }: CrashHistory, key: string, nowMs: number): number | undefined {
  const count = (crashes[key] ?? []).filter((atMs) => nowMs - atMs < WITHIN_MS).length;
  return count >= MOST_CRASHES ? count : undefined;
}

/** A loop that stands still in nobody's hook is in a timer or behind an `await`: of which plugin, nobody knows. */
function culpritsOf(
  plugins: readonly KnownPlugin[],
  { running, hadHung, wasShort }: RunEnding,
): readonly KnownPlugin[] {
  if (hadHung && wasShort) {
    // Everything stands still where memory runs out, and who is needed then is not to be left out for it.
    return [];
  }
  const culprit = plugins[running - 1];
  if (culprit !== undefined) {
    return [culprit];
  }
  return hadHung ? plugins.filter(({ isForeign }) => isForeign) : [];
}

function recent(crashes: CrashHistory['crashes'], nowMs: number): CrashHistory['crashes'] {
  return Object.fromEntries(
    Object.entries(crashes)
      .map(([key, times]) => [key, times.filter((atMs) => nowMs - atMs < WITHIN_MS)] as const)
      .filter(([, times]) => times.length > 0),
  );
}
