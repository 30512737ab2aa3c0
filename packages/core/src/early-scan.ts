import type { ScanTrigger } from './events.js';
import type { HookFailure } from './hook-failure.js';
import type { MachineMemory } from './process.js';
import { BYTES_PER_GB } from './units.js';

/** A plugin that may want the next scan at once. */
export interface EarlyScan {
  readonly plugin: string;
  /** Asked at each glance at the memory between two scans; `atLastScan` is what the last scan saw. */
  isDue(memory: MachineMemory, atLastScan: MachineMemory): boolean;
}

/** No two glances are closer together. */
const SHORTEST_GLANCE_MS = 100;
/** Of what was available at the last scan, so much less is much. */
const FALLEN_SHARE = 1 / 4;
/** Of the RAM, so much less is nothing: it comes and goes. */
const NOISE_SHARE = 1 / 200;

/**
 * How long the memory may go unlooked at: half of the time in which the fastest program could take what is available. Infinity
 * where nothing is said about how fast that is.
 */
export function glanceMs({ availableBytes }: MachineMemory, fillGbPerSecond: number): number {
  return fillGbPerSecond === 0
    ? Number.POSITIVE_INFINITY
    : Math.max(SHORTEST_GLANCE_MS, (1000 * availableBytes) / (2 * fillGbPerSecond * BYTES_PER_GB));
}

/** Why a scan is due before its time; undefined if none is. */
export function earlyTrigger(
  memory: MachineMemory,
  atLastScan: MachineMemory,
  plugins: readonly EarlyScan[],
  onFailure: HookFailure,
): ScanTrigger | undefined {
  const fallenBytes = atLastScan.availableBytes - memory.availableBytes;
  if (
    fallenBytes > atLastScan.availableBytes * FALLEN_SHARE &&
    fallenBytes > memory.totalBytes * NOISE_SHARE
  ) {
    return 'memory';
  }
  const wanting = plugins.find((early) => isDue(early, memory, atLastScan, onFailure));
  return wanting === undefined ? undefined : `plugin:${wanting.plugin}`;
}

function isDue(
  early: EarlyScan,
  memory: MachineMemory,
  atLastScan: MachineMemory,
  onFailure: HookFailure,
): boolean {
  try {
    const answer: unknown = early.isDue(memory, atLastScan);
    if (typeof answer !== 'boolean') {
      throw new Error('the answer is neither true nor false');
    }
    return answer;
  } catch (error) {
    onFailure(early.plugin, 'scanEarly', error);
    return false;
  }
}
