import { messageOf, type KernelMeans, type PressureAlarm, type ProcessHandles } from '@memory-monitor/core';

import { EventWaiter } from '../native/event-waiter.js';
import { loadLibc, type Libc } from '../native/libc.js';
import type { ProcessInspector } from '../proc/inspect.js';
import { MemoryReaper } from '../signals/memory-reaper.js';
import { NOBODY_HOLDS, PidHandles } from '../signals/pid-handles.js';
import { PidfdHandles } from '../signals/pidfd-handles.js';
import { lockProgram } from './lock-program.js';
import { protectFromOomKiller } from './oom-score.js';
import { PressureTrigger } from './pressure-trigger.js';
import { testOnChild, type SelfTest } from './self-test.js';

const NO_LIBC = 'the package koffi does not load';

/**
 * The means of the kernel beyond files and PIDs: each used where it is to be had, which is tried at start, and done without where
 * it is not.
 */
export class LinuxKernel implements PressureAlarm {
  readonly means: readonly KernelMeans[];
  readonly #libc: Libc | undefined;
  readonly #waiter: EventWaiter | undefined;
  readonly #reaper: MemoryReaper | undefined;
  readonly #trigger: PressureTrigger | undefined;
  readonly #hasPidfds: boolean;

  private constructor(parts: {
    readonly libc: Libc | undefined;
    readonly waiter: EventWaiter | undefined;
    readonly reaper: MemoryReaper | undefined;
    readonly trigger: Attempt<PressureTrigger>;
    readonly test: SelfTest;
    readonly protection: readonly KernelMeans[];
  }) {
    const { test, trigger } = parts;
    this.#libc = parts.libc;
    this.#trigger = trigger.value;
    this.#waiter = parts.waiter;
    this.#hasPidfds = test.pidfd === undefined;
    this.#reaper = test.memoryRelease === undefined ? parts.reaper : undefined;
    this.means = [
      meansOf('pidfd', test.pidfd, 'a successor of the same PID and start time could be signalled'),
      meansOf('exit-events', test.exitEvents, 'exits are looked for ten times a second'),
      meansOf('process_mrelease', test.memoryRelease, 'memory comes back when the process gets round to it'),
      meansOf('pressure-trigger', trigger.failure, 'only falling memory and the interval wake the monitor'),
      ...parts.protection,
    ];
  }

  /** Never rejects: what does not work is told by `means`. `protectsItself` is for the daemon: the kernel takes it last. */
  static async open({ protectsItself = false } = {}): Promise<LinuxKernel> {
    const libc = await loadLibc().catch(() => undefined);
    const protection = protectsItself ? protectItself(libc) : [];
    if (libc === undefined) {
      return new LinuxKernel({
        libc,
        waiter: undefined,
        reaper: undefined,
        trigger: { failure: NO_LIBC },
        test: { pidfd: NO_LIBC, exitEvents: NO_LIBC, memoryRelease: NO_LIBC },
        protection,
      });
    }
    const waiter = attempt(() => EventWaiter.open(libc));
    const reaper = new MemoryReaper(libc);
    const trigger = waiter.value === undefined ? waiter : attempt(() => new PressureTrigger(waiter.value));
    const test = await testOnChild(libc, waiter.value, reaper);
    return new LinuxKernel({ libc, waiter: waiter.value, reaper, trigger, test, protection });
  }

  /** Handles on processes, by the best means that there is. */
  handles(inspector: ProcessInspector, hasGone = NOBODY_HOLDS): ProcessHandles {
    return this.#libc === undefined || !this.#hasPidfds
      ? new PidHandles(inspector, hasGone)
      : new PidfdHandles({
          libc: this.#libc,
          inspector,
          waiter: this.#waiter,
          reaper: this.#reaper,
          hasGone,
        });
  }

  onPressure(listener: () => void): () => void {
    return this.#trigger?.subscribe(listener) ?? (() => undefined);
  }

  /** Resolves when no thread waits any more: then the process can exit. */
  async close(): Promise<void> {
    this.#trigger?.close();
    await this.#waiter?.close();
  }
}

function protectItself(libc: Libc | undefined): KernelMeans[] {
  return [
    meansOf('oom-score-adj', protectFromOomKiller(), 'the kernel may take the monitor when memory runs out'),
    meansOf(
      'program-lock',
      libc === undefined ? NO_LIBC : lockProgram(libc),
      'the monitor may have to be read from disk again when memory runs out',
    ),
  ];
}

type Attempt<T> =
  | { readonly value: T; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: string };

function attempt<T>(make: () => T): Attempt<T> {
  try {
    return { value: make() };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

function meansOf(name: KernelMeans['name'], failure: string | undefined, without: string): KernelMeans {
  return failure === undefined ? { name, isInUse: true } : { name, isInUse: false, reason: failure, without };
}
