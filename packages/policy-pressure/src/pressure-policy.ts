import {
  identityKey,
  inGb,
  printable,
  type DeciderAnswer,
  type DecisionEvent,
  type Detection,
  type DetectScan,
  type KillEvent,
  type MachineMemory,
  type MemoryPressure,
  type ProcessIdentity,
  type ProcessSample,
  type Violation,
} from '@memory-monitor/core';

import type { PressureConfig } from './config.js';
import { ShortageWatch, type Shortage } from './levels/shortage.js';
import { returnedBytes, snapshotOf, type Snapshot } from './repayment.js';
import { choose, largestOwners, LOOK_UP_MS, type ChoiceParts } from './victims/choose.js';

/** While something is under way, or could be, memory is looked at so often. */
const SHORT_SECONDS = 0.2;
/** While there is nobody who could be ended. */
const HELPLESS_SECONDS = 1;
/** Below so many times a level, a shortage is near. */
const NEAR = 3;
/** What a victim has to give back of what was expected. */
const ENOUGH_SHARE = 0.5;

export interface PressurePolicyParts extends Omit<ChoiceParts, 'target' | 'prefer' | 'avoid'> {
  /** Its name, as violations have it. */
  readonly plugin: string;
  readonly config: PressureConfig;
  readonly readPressure: () => MemoryPressure | undefined;
  readonly warn: (message: string) => void;
}

/** A victim that is being ended, or has been and whose memory is awaited. */
interface Attempt {
  readonly key: string;
  /** `PID 4711 (python3)` */
  readonly words: string;
  readonly expectedBytes: number;
  readonly before: Snapshot;
  endedAtMs: number | undefined;
}

/** Ends one process when the machine is short of memory, waits for what that gives back, and only then looks for another. */
export class PressurePolicy {
  readonly #parts: PressurePolicyParts;
  readonly #watch: ShortageWatch;
  /** The machine when the last detection was made. */
  #before: Snapshot | undefined;
  #attempt: Attempt | undefined;
  #pause: { readonly untilMs: number; readonly why: string } | undefined;
  /** Whom another plugin would not have ended, in this shortage. */
  readonly #passedOver = new Set<string>();
  /** Who has been warned of, or would have been ended in a dry run: another would be another line in the log at each scan. */
  #told: { readonly key: string; readonly isDryRun: boolean } | undefined;
  #isNextWanted = false;
  /** The last look has found a shortage, and nobody has been warned of it or would have been ended. */
  #isShort = false;
  #isNobodyTold = false;
  #isRehearsed = false;

  constructor(parts: PressurePolicyParts) {
    this.#parts = parts;
    this.#watch = new ShortageWatch(parts.config);
  }

  /** Once less is available, a scan is due at once: it is a level that had not been passed at the last one. */
  dueBelowBytes(memory: MachineMemory): number {
    return this.#watch.nextLevelBytes(memory);
  }

  async detect(scan: DetectScan): Promise<Detection[]> {
    const shortage = this.#watch.look(scan.memory, this.#parts.readPressure);
    this.#isNextWanted = false;
    this.#isShort = shortage !== undefined;
    if (shortage === undefined) {
      this.#endShortage();
      this.#prepare(scan);
      return [];
    }
    const missingBytes = Math.max(0, shortage.enoughBytes - scan.memory.availableBytes);
    const now = snapshotOf(scan);
    const leaving = this.#leaving(scan, now, missingBytes);
    if (leaving !== undefined) {
      return shortage.level === 'hard' && leaving.length > 0
        ? [this.#detection(shortage, scan, leaving)]
        : [];
    }
    const leftOut = new Set([
      ...[...scan.terminating, ...scan.beyondReach].map(identityKey),
      ...this.#passedOver,
    ]);
    const { config } = this.#parts;
    const chosen = await choose(scan, leftOut, missingBytes, { ...this.#parts, ...config });
    if (chosen.length === 0) {
      this.#tellNobody(shortage);
      return [];
    }
    this.#before = now;
    return [this.#detection(shortage, scan, this.#toldFirst(chosen, shortage))];
  }

  decide({ raisedBy, isUrgent = false }: Violation): DeciderAnswer {
    if (raisedBy !== this.#parts.plugin) {
      return undefined;
    }
    const pause = this.#pauseInForce();
    if (pause !== undefined) {
      return { verdict: { action: 'warn' }, reason: pause.why };
    }
    return !isUrgent && this.#parts.config.soft_action === 'warn'
      ? { verdict: { action: 'warn' }, reason: 'the soft level only warns' }
      : undefined;
  }

  /** Seconds until the next scan. */
  interval(currentSeconds: number): number {
    const pause = this.#pauseInForce();
    const leftSeconds =
      pause === undefined ? Infinity : (pause.untilMs - this.#parts.clock.monotonicMs()) / 1000;
    return Math.min(currentSeconds, leftSeconds, this.#lookAgainSeconds());
  }

  /** A detection that has come too late, or a decision that is still awaited, leaves nothing but the shortage behind. */
  #lookAgainSeconds(): number {
    if (this.#attempt !== undefined || this.#isNextWanted) {
      return SHORT_SECONDS;
    }
    if (!this.#isShort || this.#told !== undefined) {
      return Infinity;
    }
    return this.#isNobodyTold ? HELPLESS_SECONDS : SHORT_SECONDS;
  }

  onDecision({ violation, action, trail, dryRun }: DecisionEvent): void {
    const { plugin } = this.#parts;
    if (violation.raisedBy !== plugin) {
      return;
    }
    const source = trail.at(-1)?.source ?? '';
    const { process, ownBytes } = violation;
    const key = identityKey(process);
    if (dryRun || (action === 'warn' && source === `plugin:${plugin}`)) {
      this.#told = { key, isDryRun: dryRun };
    }
    if (action === 'kill' && !dryRun && this.#before !== undefined) {
      const words = `PID ${process.pid} (${printable(process.name)})`;
      this.#attempt = { key, words, expectedBytes: ownBytes, before: this.#before, endedAtMs: undefined };
    } else if (isLeftAlone(action) && source.startsWith('plugin:') && source !== `plugin:${plugin}`) {
      this.#passedOver.add(key);
      this.#isNextWanted = true;
    }
  }

  onKill({ violation, outcome }: KillEvent): void {
    if (this.#attempt?.key !== identityKey(violation.process)) {
      return;
    }
    if (outcome === 'spared' || outcome === 'vanished') {
      this.#attempt = undefined;
    } else {
      this.#attempt.endedAtMs = this.#parts.clock.monotonicMs();
    }
  }

  /**
   * What chooses has run once before somebody waits for it, since code is compiled when it runs first; and when a shortage may be near,
   * it is looked up whose the largest processes are, which only the first question to the user database takes time for.
   */
  #prepare(scan: DetectScan): void {
    const { config, users } = this.#parts;
    if (!this.#isRehearsed) {
      this.#isRehearsed = true;
      choose(scan, new Set(), 0, { ...this.#parts, ...config }).catch(() => undefined);
    }
    if (scan.memory.availableBytes < NEAR * this.#watch.nextLevelBytes(scan.memory)) {
      void users.resolve({ uids: largestOwners(scan) }, LOOK_UP_MS);
    }
  }

  #endShortage(): void {
    if (this.#attempt?.endedAtMs !== undefined) {
      this.#attempt = undefined;
    }
    this.#passedOver.clear();
    this.#told = undefined;
    this.#isNobodyTold = false;
  }

  #toldFirst(chosen: readonly ProcessSample[], shortage: Shortage): readonly ProcessSample[] {
    const told = this.#told;
    if (told === undefined || (this.#isUrgent(shortage) && !told.isDryRun)) {
      return chosen;
    }
    const isTold = (sample: ProcessSample): boolean => identityKey(sample) === told.key;
    return [...chosen.filter(isTold), ...chosen.filter((sample) => !isTold(sample))];
  }

  #isUrgent({ level }: Shortage): boolean {
    return level === 'hard' && this.#pauseInForce() === undefined;
  }

  /** Who is on the way out, as long as nobody else need go: there may be none left whose memory is still awaited. */
  #leaving(
    { terminating }: DetectScan,
    now: Snapshot,
    missingBytes: number,
  ): readonly ProcessIdentity[] | undefined {
    const own = this.#ownVictim(terminating, now);
    if (own !== undefined) {
      return own;
    }
    const bytesOf = (process: ProcessIdentity): number => now.privateBytes.get(identityKey(process)) ?? 0;
    const leaving = [...terminating].sort((a, b) => bytesOf(b) - bytesOf(a));
    const leavingBytes = leaving.reduce((sum, process) => sum + bytesOf(process), 0);
    return leaving.length > 0 && leavingBytes >= missingBytes ? leaving : undefined;
  }

  #ownVictim(terminating: DetectScan['terminating'], now: Snapshot): readonly ProcessIdentity[] | undefined {
    const attempt = this.#attempt;
    if (attempt === undefined) {
      return undefined;
    }
    const own = terminating.filter((process) => identityKey(process) === attempt.key);
    if (own.length > 0) {
      return own;
    }
    if (attempt.endedAtMs !== undefined && this.#isAwaited(attempt, attempt.endedAtMs, now)) {
      return [];
    }
    this.#attempt = undefined;
    return undefined;
  }

  /** Whether its memory may still come back. If it has not, nobody else is ended for a while. */
  #isAwaited(attempt: Attempt, endedAtMs: number, now: Snapshot): boolean {
    const { clock, config, warn } = this.#parts;
    const returned = returnedBytes(attempt.key, attempt.before, now);
    if (returned >= attempt.expectedBytes * ENOUGH_SHARE) {
      return false;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - endedAtMs < config.wait_seconds * 1000) {
      return true;
    }
    const why =
      `the end of ${attempt.words} gave back ${inGb(Math.max(0, returned))} of ${inGb(attempt.expectedBytes)}, less than half: ` +
      `nobody else is ended for want of memory for ${config.pause_seconds} s`;
    this.#pause = { untilMs: nowMs + config.pause_seconds * 1000, why };
    warn(why.charAt(0).toUpperCase() + why.slice(1));
    return false;
  }

  #pauseInForce(): { readonly untilMs: number; readonly why: string } | undefined {
    return this.#pause !== undefined && this.#parts.clock.monotonicMs() < this.#pause.untilMs
      ? this.#pause
      : undefined;
  }

  #detection(shortage: Shortage, { memory }: DetectScan, processes: readonly ProcessIdentity[]): Detection {
    const { target, hard_grace_seconds: graceSeconds } = this.#parts.config;
    const isUrgent = this.#isUrgent(shortage);
    return {
      processes: processes.map(({ pid, startTime }) => ({ pid, startTime })),
      usedBytes: memory.usedBytes,
      limitBytes: Math.max(0, memory.totalBytes - shortage.enoughBytes),
      reason: `the machine is short of memory, ${shortage.why}`,
      measure: 'anonymous',
      spareAboveAvailableBytes: shortage.enoughBytes,
      target,
      ...(isUrgent ? { isUrgent, graceSeconds } : {}),
    };
  }

  #tellNobody({ why }: Shortage): void {
    if (!this.#isNobodyTold) {
      this.#isNobodyTold = true;
      this.#parts.warn(`The machine is short of memory, and nobody can be ended for it: ${why}`);
    }
  }
}

function isLeftAlone(action: DecisionEvent['action']): boolean {
  return action === 'warn' || action === 'spare';
}
