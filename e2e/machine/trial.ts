import { setTimeout as sleep } from 'node:timers/promises';

import { waitFor } from '../support/wait-for.js';
import type { MemoryReading } from './agent-channel.js';
import { type Bystander, missing } from './bystanders.js';
import type { Guard } from './guards.js';
import { inSession, type Scenario, SESSION_CGROUP } from './scenarios.js';
import { forgetSignals, type TracedSignal, tracedSignals } from './signals.js';
import type { SmallMachine } from './small-machine.js';

/** What one run of a scenario came to. Times in milliseconds, memory in KiB. */
export interface Outcome {
  readonly scenario: Scenario['name'];
  readonly guard: Guard['name'];
  readonly run: number;
  /** Counted outside, in what came out of the serial port. */
  readonly kernelOomKills: number;
  /** Of a control group that was over its own limit: the monitor's, say. */
  readonly cgroupOomKills: number;
  readonly firstSignalBy: 'guard' | 'kernel' | 'nobody';
  /** SIGTERM 15, SIGKILL 9. */
  readonly firstSignal: number | null;
  /** From the start of the hog. */
  readonly firstSignalAfterMs: number | null;
  readonly availableKibAtSignal: number | null;
  readonly lowestAvailableKib: number;
  readonly guardsSignals: number;
  /** From the start of the hog until nothing was left of it; null where it had to be let go. */
  readonly hogGoneAfterMs: number | null;
  /** The longest that a root shell did not answer, from one answer to the next. */
  readonly longestGapMs: number;
  /** The same before the hog. */
  readonly calmGapMs: number;
  readonly missingBystanders: readonly string[];
  readonly wasGuardRestarted: boolean;
  /** What the guard has said meanwhile. */
  readonly told: string;
}

const MEASURE_EVERY_MS = 25;
const CALM_ANSWERS = 8;
/** Each run begins at another point of whatever the guard does in turns. */
const SHIFT_MS = 370;
const RECOVERY_TIMEOUT_MS = 240_000;
const GUARD_LINES = 60;
/** comm; a guard also signals programs that it has started itself. */
const HOG_NAME = 'hog';

/** Lets the machine run out of memory, with a guard that runs, and measures what comes of it. */
export async function runTrial(
  machine: SmallMachine,
  guard: Guard,
  scenario: Scenario,
  run: number,
  bystanders: readonly Bystander[],
): Promise<Outcome> {
  const { agent } = machine;
  const before = await guardState(machine, guard);
  const cursor = await machine.succeed("journalctl --lines=0 --show-cursor | sed -n 's/^-- cursor: //p'");
  await forgetSignals(machine);
  const consoleBefore = machine.kernelLog().length;
  agent.measure(MEASURE_EVERY_MS, SESSION_CGROUP);
  await waitFor(() => agent.shell.length >= CALM_ANSWERS, 'a calm machine', RECOVERY_TIMEOUT_MS);
  await sleep((run - 1) * SHIFT_MS);
  const calmAnswers = agent.shell.length;
  const calmKib = agent.memory.at(-1)?.availableKib ?? 0;

  machine.start(inSession(scenario.command));
  const began = await waitFor(() => agent.memory.find(lives), 'the hog to begin', RECOVERY_TIMEOUT_MS);
  const gone = await goneAt(machine, scenario.deadlineMs);
  if (gone === undefined) await letGo(machine);
  await waitFor(
    () => (agent.memory.at(-1)?.availableKib ?? 0) > 0.8 * calmKib,
    'the memory to come back',
    RECOVERY_TIMEOUT_MS,
  );
  const answers = agent.shell.length;
  await waitFor(() => agent.shell.length > answers + 1, 'the shell to answer', RECOVERY_TIMEOUT_MS);
  agent.endMeasuring();

  const beganMs = began.atMs;
  const signals = (await tracedSignals(machine)).filter(({ atMs }) => atMs >= beganMs);
  const console = machine.kernelLog().slice(consoleBefore);
  const relevant = signals.filter(
    ({ senderName, senderTid, isKernels, targetName }) =>
      targetName === HOG_NAME && (isKernels || isGuards(guard, before, senderName, senderTid)),
  );
  const first = relevant[0];
  const after = await guardState(machine, guard);
  const unit = guard.unit === undefined ? '' : `--unit=${guard.unit}`;
  return {
    scenario: scenario.name,
    guard: guard.name,
    run,
    kernelOomKills: count(console, /Out of memory: Killed process/g),
    cgroupOomKills: count(console, /Memory cgroup out of memory: Killed process/g),
    firstSignalBy: first === undefined ? 'nobody' : first.isKernels ? 'kernel' : 'guard',
    firstSignal: first?.number ?? null,
    firstSignalAfterMs: first === undefined ? null : first.atMs - beganMs,
    availableKibAtSignal: availableAt(machine, first),
    lowestAvailableKib: Math.min(...agent.memory.map(({ availableKib }) => availableKib)),
    guardsSignals: relevant.filter(({ isKernels }) => !isKernels).length,
    hogGoneAfterMs: gone === undefined ? null : gone.atMs - beganMs,
    longestGapMs: longestGap(machine, calmAnswers),
    calmGapMs: longestGap(machine, 0, calmAnswers),
    missingBystanders: await missing(machine, bystanders),
    wasGuardRestarted: before.pid !== after.pid,
    told: await machine.succeed(
      `journalctl --no-pager --output=short-monotonic --after-cursor='${cursor.trim()}' ${unit} | tail -n ${GUARD_LINES}`,
    ),
  };
}

function lives({ isPopulated }: MemoryReading): boolean {
  return isPopulated;
}

/** When nothing was left of the hog; undefined if somebody still is. */
async function goneAt(machine: SmallMachine, deadlineMs: number): Promise<MemoryReading | undefined> {
  try {
    return await waitFor(
      () => {
        const { memory } = machine.agent;
        const last = memory.findLastIndex(lives);
        return memory[last + 1];
      },
      'the hog to end',
      deadlineMs,
    );
  } catch {
    return undefined;
  }
}

/** What no guard has ended. */
async function letGo(machine: SmallMachine): Promise<void> {
  await waitFor(
    () => {
      machine.agent.killCgroup();
      return machine.agent.memory.at(-1)?.isPopulated === false;
    },
    'nobody to be left',
    RECOVERY_TIMEOUT_MS,
  );
}

interface GuardState {
  readonly pid: string;
  readonly tids: readonly number[];
}

async function guardState(machine: SmallMachine, { unit }: Guard): Promise<GuardState> {
  if (unit === undefined) return { pid: '0', tids: [] };
  const pid = (await machine.succeed(`systemctl show --value --property=MainPID ${unit}`)).trim();
  const { output } = await machine.run(`ls /proc/${pid}/task`);
  return { pid, tids: output.split('\n').filter(Boolean).map(Number) };
}

function isGuards(guard: Guard, { tids }: GuardState, name: string, tid: number): boolean {
  return tids.includes(tid) || name === guard.unit;
}

function availableAt(machine: SmallMachine, signal: TracedSignal | undefined): number | null {
  if (signal === undefined) return null;
  return machine.agent.memory.findLast(({ atMs }) => atMs <= signal.atMs)?.availableKib ?? null;
}

/** Between one answer and the next. */
function longestGap(machine: SmallMachine, from: number, to?: number): number {
  const times = machine.agent.shell
    .slice(Math.max(0, from - 1), to)
    .flatMap(({ endedMs }) => (endedMs < 0 ? [] : [endedMs]));
  return Math.max(0, ...times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)));
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
