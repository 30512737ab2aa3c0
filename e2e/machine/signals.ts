import type { SmallMachine } from './small-machine.js';

/** A SIGTERM or SIGKILL, as the kernel's own trace has it. */
export interface TracedSignal {
  readonly atMs: number;
  readonly number: number;
  /** comm of the task that sent it, or in which the kernel did. */
  readonly senderName: string;
  readonly senderTid: number;
  readonly isKernels: boolean;
  readonly targetName: string;
  readonly targetPid: number;
}

const TRACING = '/sys/kernel/tracing';
const SI_KERNEL = 128;
const LINE =
  /^\s*(.+)-(\d+)\s+\[\d+\]\s\S+\s+([\d.]+): signal_generate: sig=(\d+) errno=\d+ code=(-?\d+) comm=(.*) pid=(\d+) grp/gm;

export async function traceSignals(machine: SmallMachine): Promise<void> {
  const event = `${TRACING}/events/signal/signal_generate`;
  // 64 KB for each processor: of 469 MB, nothing is to be missed.
  await machine.succeed(
    `mountpoint -q ${TRACING} || mount -t tracefs tracefs ${TRACING}
    echo mono >${TRACING}/trace_clock && echo 64 >${TRACING}/buffer_size_kb &&
    echo 'sig == 9 || sig == 15' >${event}/filter && echo 1 >${event}/enable`,
  );
}

export async function forgetSignals(machine: SmallMachine): Promise<void> {
  await machine.succeed(`: >${TRACING}/trace`);
}

/** Oldest first. */
export async function tracedSignals(machine: SmallMachine): Promise<TracedSignal[]> {
  return parseTrace(await machine.succeed(`cat ${TRACING}/trace`));
}

function parseTrace(trace: string): TracedSignal[] {
  const signals = [...trace.matchAll(LINE)].map(
    ([, senderName = '', senderTid, seconds, number, code, targetName = '', targetPid]) => ({
      atMs: Number(seconds) * 1000,
      number: Number(number),
      senderName: senderName.trim(),
      senderTid: Number(senderTid),
      isKernels: Number(code) === SI_KERNEL,
      targetName,
      targetPid: Number(targetPid),
    }),
  );
  return signals.sort((one, other) => one.atMs - other.atMs);
}
