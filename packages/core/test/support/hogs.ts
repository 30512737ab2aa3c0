import { BYTES_PER_GB } from '@memory-monitor/core';
import type { FakeProcess, TestMonitor } from '@memory-monitor/core/testing';

export const GB = BYTES_PER_GB;
export const PAGE_BYTES = 4096;

/** A process of 3 GB, which is over both limits of a test monitor; it exits on SIGTERM. */
export function hog(more: FakeProcess = {}): FakeProcess {
  return { rssBytes: 3 * GB, ...more };
}

/** A hog that only SIGKILL ends. */
export function stubbornHog(more: FakeProcess = {}): FakeProcess {
  return hog({
    onSignal: (signal, machine, pid) => {
      if (signal === 'SIGKILL') {
        machine.exit(pid);
      }
      return 'sent';
    },
    ...more,
  });
}

/** A hog that no signal ends. */
export function immortalHog(more: FakeProcess = {}): FakeProcess {
  return hog({ onSignal: () => 'sent', ...more });
}

/** The names of the signals that were sent so far, in order. */
export function signalsOf({ machine }: TestMonitor, pid?: number): string[] {
  return machine.signals.filter((sent) => pid === undefined || sent.pid === pid).map(({ signal }) => signal);
}

/** The PIDs that got a signal, each once. */
export function signalledPids({ machine }: TestMonitor): number[] {
  return [...new Set(machine.signals.map(({ pid }) => pid))];
}

/** How the terminations ended that are over, in order. */
export function outcomesOf(test: TestMonitor): string[] {
  return test.eventsOf('kill').map(({ outcome }) => outcome);
}
