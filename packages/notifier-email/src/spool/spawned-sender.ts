import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

import type { Clock } from '@memory-monitor/core';

import type { SpoolLayout } from './layout.js';

const LOOK_MS = 60_000;

/** Starts the sender where nobody else does, one at a time: when there is something new, and when something is due. */
export class SpawnedSender {
  readonly #layout: SpoolLayout;
  readonly #command: readonly [string, ...string[]];
  readonly #warn: (message: string) => void;
  #isRunning = false;
  #isWanted = false;

  /** `command`: the monitor's own. */
  constructor(layout: SpoolLayout, command: readonly [string, ...string[]], warn: (message: string) => void) {
    this.#layout = layout;
    this.#command = command;
    this.#warn = warn;
  }

  /** Goes on until the signal fires. */
  async watch(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#hasWork()) {
        this.start();
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  #hasWork(): boolean {
    const { waiting, fresh, queue } = this.#layout;
    return (
      existsSync(waiting) || [fresh, queue].some((path) => existsSync(path) && readdirSync(path).length > 0)
    );
  }

  /** Starts one, or lets the one that runs be followed by another. */
  start(): void {
    if (this.#isRunning) {
      this.#isWanted = true;
      return;
    }
    this.#isRunning = true;
    this.#isWanted = false;
    const [program, ...args] = this.#command;
    const child = spawn(program, [...args, 'mail', 'deliver', '--spool', this.#layout.directory], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    // Neither waits for the other one's end.
    child.unref();
    child.once('error', (error) => {
      this.#ended(`the sender of mail can not be started: ${error.message}`);
    });
    child.once('exit', () => {
      this.#ended(undefined);
    });
  }

  #ended(trouble: string | undefined): void {
    this.#isRunning = false;
    if (trouble !== undefined) {
      this.#warn(trouble);
    } else if (this.#isWanted) {
      this.start();
    }
  }
}
