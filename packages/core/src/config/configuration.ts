import type { Limits } from '../decision/limits.js';
import type { WhitelistConfig } from '../decision/whitelist.js';
import type { Measure } from '../process.js';
import { BYTES_PER_GB } from '../units.js';

/** `[thresholds]`: exceeding either of the first two is a violation. */
export interface ThresholdsConfig {
  readonly ramPercentThreshold: number;
  /** In units of 1024³ bytes. */
  readonly ramGbThreshold: number;
  readonly checkIntervalSeconds: number;
}

/** The `[settings]` table, checked, with its defaults filled in. */
export interface SettingsConfig {
  readonly dryRun: boolean;
  /** Path of the log file; empty for none. */
  readonly logFile: string;
  readonly enableSyslog: boolean;
  readonly logFormat: 'text' | 'json';
  /** Whether log lines may show command lines; they can hold secrets. */
  readonly logCommandLines: boolean;
  readonly measure: Measure;
  /** Between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** For one owner, and for one systemd unit. */
  readonly maxKillsPerMinute: number;
  readonly maxDeferSeconds: number;
  /** The fastest that memory can be filled here: how often it is looked at between two scans follows from that; 0 for never. */
  readonly fillRateGbPerSecond: number;
  /** Where the monitor keeps what it has to remember over a crash; empty for nowhere. */
  readonly stateDirectory: string;
  /** How many files of processes are kept open at most, to be read faster; some 6 KB of kernel memory each. */
  readonly heldDescriptors: number;
  /** Path of the Unix socket that `memory-monitor status` asks; empty for none. */
  readonly controlSocket: string;
}

/** One `[[plugins]]`. */
export interface PluginConfig {
  readonly use: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isolate: boolean;
  readonly onFailure: 'spare' | 'ignore';
}

/** The whole configuration, complete and checked. */
export interface Configuration {
  readonly thresholds: ThresholdsConfig;
  readonly whitelist: WhitelistConfig;
  readonly settings: SettingsConfig;
  readonly plugins: readonly PluginConfig[];
  /** The files that it came from, in the order in which they were merged. */
  readonly files: readonly string[];
}

/** The thresholds as limits of one process. */
export function limitsOf({ ramPercentThreshold, ramGbThreshold }: ThresholdsConfig): Limits {
  return { percentOfRam: ramPercentThreshold, bytes: ramGbThreshold * BYTES_PER_GB };
}
