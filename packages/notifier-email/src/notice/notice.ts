import type { Action, MachineMemory, ViolationMeasure, Outcome, Signal } from '@memory-monitor/core';

export const NOTICE_KINDS = [
  'kill',
  'warn',
  'failed',
  'cap',
  'plugin',
  'config',
  'recovered',
  'restart-loop',
] as const;

/** What somebody is told about. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export type Audience = 'admin' | 'owner';

export interface Recipient {
  readonly address: string;
  readonly audience: Audience;
}

/** A recipient as a key for maps: what somebody gets as an admin and as an owner is kept apart. */
export function recipientKey({ audience, address }: Recipient): string {
  return `${audience} ${address}`;
}

/** One thing that happened, as the monitor writes it to the queue. Plain JSON; text in it may be hostile. */
export interface Notice {
  readonly version: 1;
  /** Unique, and fit for a file's name. */
  readonly id: string;
  /** What it is about, where that is to be told once only. */
  readonly key?: string;
  readonly atMs: number;
  readonly host: string;
  readonly recipients: readonly Recipient[];
  readonly dryRun: boolean;
  /** Notices of one cause are folded into one line. */
  readonly cause: string;
  readonly facts: Facts;
}

export type Facts =
  ProcessFacts | PluginFacts | ConfigFacts | RecoveredFacts | RestartLoopFacts | OverflowFacts;

/** About a process over its limit, or close to it. */
export interface ProcessFacts {
  readonly kind: 'kill' | 'warn' | 'failed' | 'cap';
  readonly process: NamedProcess & {
    readonly uid: number;
    readonly startedAtMs: number;
    readonly unit: string | undefined;
    /** Secrets masked; undefined where the configuration does not ask for it. */
    readonly commandLine: readonly string[] | undefined;
  };
  readonly measure: ViolationMeasure;
  readonly ownBytes: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly rule: string;
  readonly ruleReason: string | undefined;
  /** The plugin that has raised it, where it is not over its own limit. */
  readonly raisedBy: string | undefined;
  readonly outcome: Outcome | undefined;
  readonly signal: Signal | undefined;
  readonly tookMs: number | undefined;
  readonly lastedMs: number;
  readonly reason: string;
  readonly trail: readonly { readonly source: string; readonly action: Action; readonly reason: string }[];
  readonly memory: MachineMemory | undefined;
  readonly history: History;
  /** The largest ones beside it, largest first. */
  readonly others: readonly (NamedProcess & { readonly bytes: number })[];
}

export function isAboutProcess(facts: Facts): facts is ProcessFacts {
  return ['kill', 'warn', 'failed', 'cap'].includes(facts.kind);
}

export interface NamedProcess {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
}

/** A process's resident memory, oldest first. */
export interface History {
  readonly atMs: readonly number[];
  readonly bytes: readonly number[];
}

export interface PluginFacts {
  readonly kind: 'plugin';
  readonly plugin: string;
  readonly hook: string;
  readonly message: string;
  readonly place: string | undefined;
  readonly failures: number;
}

export interface ConfigFacts {
  readonly kind: 'config';
  readonly errors: readonly string[];
}

export interface RecoveredFacts {
  readonly kind: 'recovered';
  readonly process: NamedProcess;
  readonly isStillRunning: boolean;
  readonly why: string;
}

export interface RestartLoopFacts {
  readonly kind: 'restart-loop';
  readonly unit: string;
  readonly name: string;
  readonly rebirths: number;
}

/** What the queue had no room for. */
export interface OverflowFacts {
  readonly kind: 'overflow';
  readonly count: number;
}
