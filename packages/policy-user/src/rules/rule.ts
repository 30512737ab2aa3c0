import { BYTES_PER_GB, type LimitsChange, type MachineMemory } from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';
import type { ExemptName } from './exempt-names.js';
import { Selector } from './selector.js';

/** A limit on memory; the smaller of the two counts. */
export interface Threshold {
  readonly bytes: number;
  readonly percentOfRam: number;
}

export type Order = NonNullable<RuleConfig['first']>;

/** What holds for some users. */
export interface Rule {
  /** As it was written. */
  readonly config: RuleConfig;
  /** `rule "students" (/etc/memory-monitor/config.toml:12)`, for logs and trails. */
  readonly title: string;
  readonly selector: Selector;
  readonly during: string | undefined;
  readonly isExempt: boolean;
  /** Of each process. */
  readonly ofProcess: Threshold | undefined;
  /** Of all processes of each user. */
  readonly ofUser: Threshold | undefined;
  /** Of all processes of all users that the rule is for. */
  readonly ofAll: Threshold | undefined;
  readonly limits: LimitsChange | undefined;
  readonly first: Order;
  readonly exemptNames: readonly ExemptName[];
  /** The share of each limit above which there is a warning. */
  readonly warnShare: number | undefined;
  readonly tolerateMs: number;
  readonly onlyWarns: boolean;
}

/** `place`: where it stands, as `FILE:LINE`. `index` counts from 0. */
export function ruleOf(config: RuleConfig, place: string | undefined, index: number): Rule {
  const called = config.name === undefined ? `rule ${index + 1}` : `rule "${config.name}"`;
  const title = place === undefined ? called : `${called} (${place})`;
  const ofProcess = config.exempt
    ? { bytes: Infinity, percentOfRam: Infinity }
    : threshold(config.ram_gb_threshold, config.ram_percent_threshold);
  return {
    config,
    title,
    selector: new Selector(config),
    during: config.during,
    isExempt: config.exempt,
    ofProcess,
    ofUser: threshold(config.total_gb_threshold, config.total_percent_threshold),
    ofAll: threshold(config.together_gb_threshold, config.together_percent_threshold),
    limits: ofProcess === undefined ? undefined : { ...ofProcess, reason: title },
    first: config.first ?? 'largest',
    exemptNames: (config.exempt_names ?? []).map((entry) =>
      typeof entry === 'string'
        ? { pattern: entry, user: undefined }
        : { pattern: entry.name, user: entry.user },
    ),
    warnShare: config.warn_percent === undefined ? undefined : config.warn_percent / 100,
    tolerateMs: config.tolerate_seconds * 1000,
    onlyWarns: config.action === 'warn',
  };
}

/** In bytes on this machine. */
export function bytesOf(
  { bytes, percentOfRam }: Threshold,
  { totalBytes }: Pick<MachineMemory, 'totalBytes'>,
): number {
  return Math.min(bytes, (percentOfRam / 100) * totalBytes);
}

function threshold(gb: number | undefined, percentOfRam: number | undefined): Threshold | undefined {
  return gb === undefined && percentOfRam === undefined
    ? undefined
    : { bytes: (gb ?? Infinity) * BYTES_PER_GB, percentOfRam: percentOfRam ?? Infinity };
}
