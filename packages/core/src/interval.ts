import { messageOf } from './errors.js';

/** Changes the seconds until the next scan, or has no opinion. */
export interface IntervalOverride {
  readonly plugin: string;
  intervalSeconds(currentSeconds: number): number | undefined;
}

/** Called for an override that throws or answers garbage. */
export type IntervalFailure = (plugin: string, hook: 'overrideInterval', message: string) => void;

const SHORTEST_SECONDS = 0.05;
const LONGEST_SECONDS = 24 * 3600;

/** Seconds until the next scan: what is configured, after each override in its turn, within sane bounds. */
export function nextInterval(
  configuredSeconds: number,
  overrides: readonly IntervalOverride[],
  onFailure: IntervalFailure,
): number {
  let seconds = configuredSeconds;
  for (const override of overrides) {
    try {
      const answer = override.intervalSeconds(seconds);
      if (answer !== undefined && !Number.isFinite(answer)) {
        throw new Error('the answer is not a number of seconds');
      }
      seconds = answer ?? seconds;
    } catch (error) {
      onFailure(override.plugin, 'overrideInterval', messageOf(error));
    }
  }
  return Math.min(Math.max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS);
}
