import type { Supervisor } from '@memory-monitor/core';

import { openDatagramSocket, type DatagramSocket } from '../native/datagram.js';
import type { TellTrouble } from '../log/log-sink.js';

/** A watchdog is fed at least twice in its time, sd_watchdog_enabled(3). */
const BEATS_PER_WATCHDOG = 2;

export interface SupervisorOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly onBeat?: () => void;
}

/** The service manager, by the protocol of sd_notify(3). */
export class SystemdSupervisor implements Supervisor {
  readonly beatIntervalMs: number;
  /** How long it may go without a beat. */
  readonly watchdogMs: number;
  readonly #socket: DatagramSocket;
  readonly #path: string;
  readonly #onBeat: () => void;

  private constructor(socket: DatagramSocket, path: string, watchdogMs: number, onBeat: () => void) {
    this.#socket = socket;
    this.#path = path;
    this.#onBeat = onBeat;
    this.watchdogMs = watchdogMs;
    this.beatIntervalMs = watchdogMs / BEATS_PER_WATCHDOG;
  }

  /** Undefined where no service manager waits to hear; told if one does and can't be reached. `onBeat` is called at each beat, too. */
  static async open(
    tellTrouble: TellTrouble,
    { environment = process.env, onBeat = (): void => undefined }: SupervisorOptions = {},
  ): Promise<SystemdSupervisor | undefined> {
    const path = environment['NOTIFY_SOCKET'];
    if (path === undefined || path === '') {
      return undefined;
    }
    try {
      return new SystemdSupervisor(await openDatagramSocket(), path, watchdogMs(environment), onBeat);
    } catch (error) {
      tellTrouble(
        `systemd can not be told that the monitor is up: ${String(error)}; is the package koffi installed?`,
      );
      return undefined;
    }
  }

  ready(status: string): void {
    this.#notify('READY=1', `STATUS=${status}`);
  }

  status(status: string): void {
    this.#notify(`STATUS=${status}`);
  }

  beat(): void {
    this.#onBeat();
    if (Number.isFinite(this.beatIntervalMs)) {
      this.#notify('WATCHDOG=1');
    }
  }

  /** The manager wants to know when, to tell this reload from an earlier one. */
  reloading(): void {
    const microseconds = process.hrtime.bigint() / 1000n;
    this.#notify('RELOADING=1', `MONOTONIC_USEC=${microseconds}`);
  }

  stopping(): void {
    this.#notify('STOPPING=1');
  }

  /** A message that can't be delivered is no reason to stop watching. */
  #notify(...assignments: readonly string[]): void {
    const message = assignments.map((assignment) => assignment.replaceAll('\n', ' ')).join('\n');
    this.#socket.send(this.#path, Buffer.from(message));
  }
}

/** The watchdog is ours if WATCHDOG_PID names us, or nobody. */
function watchdogMs(environment: NodeJS.ProcessEnv): number {
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? Number.NaN);
  const isOurs = [undefined, '', String(process.pid)].includes(environment['WATCHDOG_PID']);
  return isOurs && microseconds > 0 ? microseconds / 1000 : Number.POSITIVE_INFINITY;
}
