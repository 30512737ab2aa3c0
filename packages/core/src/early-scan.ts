import type { ScanTrigger } from './events.js';
import type { HookFailure } from './hook-failure.js';
import type { MachineMemory } from './process.js';
import { BYTES_PER_GB } from './units.js';

/** A plugin that may want the next scan before its time. */
export interface EarlyScan {
  readonly plugin: string;
  /**
   * Once less than so many bytes are available, a scan is due at once, if the last one saw more; 0 is never. Asked at each glance
   * at the memory between two scans, with what the last scan saw.
   */
  dueBelowBytes(memory: MachineMemory, atLastScan: MachineMemory): number;
}

/** A plugin's level. */
export interface EarlyLevel {
  readonly plugin: string;
  readonly bytes: number;
}

/** No two glances are closer together. */
const SHORTEST_GLANCE_MS = 25;
/** Of what was available at the last scan, so much less is much. */
const FALLEN_SHARE = 1 / 4;
/** Of the RAM, so much less is nothing: it comes and goes. */
const NOISE_SHARE = 1 / 200;

/**
 * How long the memory may go unlooked at: half of the time in which the fastest program could take what is available, and no longer than
 * that takes to come to a plugin's level. Infinity where nothing is said about how fast that is.
 */
export function glanceMs(
  { availableBytes }: MachineMemory,
  levels: readonly EarlyLevel[],
  fillGbPerSecond: number,
): number {
  if (fillGbPerSecond === 0) {
    return Number.POSITIVE_INFINITY;
  }
  const below = levels.filter(({ bytes }) => bytes < availableBytes);
  const freeBytes = Math.min(availableBytes / 2, ...below.map(({ bytes }) => availableBytes - bytes));
  return Math.max(SHORTEST_GLANCE_MS, (1000 * freeBytes) / (fillGbPerSecond * BYTES_PER_GB));
}

/** The levels that the plugins name now. */
export function levelsOf(
  plugins: readonly EarlyScan[],
  memory: MachineMemory,
  atLastScan: MachineMemory,
  onFailure: HookFailure,
): EarlyLevel[] {
  return plugins.map((early) => ({
    plugin: early.plugin,
    bytes: levelOf(early, memory, atLastScan, onFailure),
  }));
}

/** Why a scan is due before its time; undefined if none is. */
export function earlyTrigger(
  memory: MachineMemory,
  atLastScan: MachineMemory,
  levels: readonly EarlyLevel[],
): ScanTrigger | undefined {
  const fallenBytes = atLastScan.availableBytes - memory.availableBytes;
  if (
    fallenBytes > atLastScan.availableBytes * FALLEN_SHARE &&
    fallenBytes > memory.totalBytes * NOISE_SHARE
  ) {
    return 'memory';
  }
  const wanting = levels.find(
    ({ bytes }) => memory.availableBytes < bytes && atLastScan.availableBytes >= bytes,
  );
  return wanting === undefined ? undefined : `plugin:${wanting.plugin}`;
}

function levelOf(
  early: EarlyScan,
  memory: MachineMemory,
  atLastScan: MachineMemory,
  onFailure: HookFailure,
): number {
  try {
    const answer: unknown = early.dueBelowBytes(memory, atLastScan);
    if (typeof answer !== 'number' || !Number.isFinite(answer)) {
      throw new Error('the answer is no number of bytes');
    }
    return answer;
  } catch (error) {
    onFailure(early.plugin, 'scanEarly', error);
    return 0;
  }
}
