// Signals processes whose PIDs are handed on at the worst moments, again and again; prints how often the wrong one was signalled.
//   pid-reuse.js KIND ROUNDS COMMANDS ANSWERS
import { openSync, readFileSync, readSync, writeSync } from 'node:fs';

import {
  composeMonitor,
  defaultConfiguration,
  definePlugin,
  LOGGER,
  PROCESS_SOURCE,
  SIGNALLER,
  type ProcessIdentity,
  type ProcessSource,
  type Signaller,
  type TerminationRequest,
  type Violation,
} from '@memory-monitor/core';
import { LinuxKernel, LinuxProcessSource, provideLinux } from '@memory-monitor/linux';

/** Where the PID is handed on; between two of them lie all looks that are taken at a process before a signal. */
const POINTS = [
  'nowhere',
  'after the scan',
  'before the first look',
  'after the first look',
  'before the check',
  'after the check',
  'before the last look',
  'after the last look',
] as const;
type Point = (typeof POINTS)[number];

const [kind = '', rounds = '0', commandsPath = '', answersPath = ''] = process.argv.slice(2);
const commands = openSync(commandsPath, 'w');
const answers = openSync(answersPath, 'r');
const answer = Buffer.alloc(16);

function ask(command: 'n' | 'r'): number {
  writeSync(commands, command);
  return Number(answer.toString('latin1', 0, readSync(answers, answer)));
}

function startTimeOf(pid: number): number | undefined {
  try {
    return Number(/\) \S+(?: \S+){18} (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Whether a process was sent SIGTERM, which it blocks. */
function hasSigterm(pid: number): boolean {
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';
  return (Number.parseInt(pending.slice(-8), 16) & (1 << 14)) !== 0;
}

const kernel = kind === 'pidfd' ? await LinuxKernel.open() : undefined;
let signaller: Signaller | undefined;
let source: ProcessSource | undefined;
const defaults = defaultConfiguration();
const silent = (): void => undefined;
const monitor = composeMonitor({
  version: 'test',
  configuration: { ...defaults, settings: { ...defaults.settings, dryRun: false } },
  platform: (services) => {
    services.provide(LOGGER, () => ({ debug: silent, info: silent, warn: silent, error: silent }));
    provideLinux(services, { stateDirectory: '', ...(kernel === undefined ? {} : { kernel }) });
  },
});
const definition = definePlugin({
  name: 'takes-the-signaller',
  apiVersion: 1,
  setup: (host) => {
    signaller = host.get(SIGNALLER);
    source = host.get(PROCESS_SOURCE);
  },
});
const from = { use: 'test', file: undefined, version: undefined, isIsolated: false };
await monitor.usePlugins([{ definition, config: {}, onFailure: 'spare', source: from }]);
if (signaller === undefined || source === undefined) {
  throw new Error('there is no signaller');
}

/** A round: where the PID is still to be handed on, and the PID of who has come in the victim's place. */
class Scene {
  point: Point;
  successor: number | undefined;

  constructor(point: Point) {
    this.point = point;
  }
}
let scene = new Scene('nowhere');
/** Looks at the process so far. */
let looks = { alive: 0, inspected: 0, gone: 0 };

function reach(reached: Point): void {
  if (reached === scene.point) {
    scene.point = 'nowhere';
    scene.successor = ask('r');
  }
}

/** Hands on at looks of the inspector that all handles share. */
if (!(source instanceof LinuxProcessSource)) {
  throw new Error('the processes are not those of this machine');
}
const { inspector } = source;
const isAlive = inspector.isAlive.bind(inspector);
inspector.isAlive = (identity) => {
  looks.alive += 1;
  const isFirst = looks.alive === 1;
  reach(isFirst ? 'before the first look' : 'before the last look');
  const result = isAlive(identity);
  if (isFirst) {
    reach('after the first look');
  } else if (kernel !== undefined) {
    reach('after the last look');
  }
  return result;
};
// Without pidfds, this comes last.
const hasGone = source.hasGone.bind(source);
source.hasGone = (identity) => {
  looks.gone += 1;
  const result = hasGone(identity);
  if (looks.gone > 1) {
    reach('after the last look');
  }
  return result;
};
const inspect = inspector.inspect.bind(inspector);
inspector.inspect = (identity) => {
  looks.inspected += 1;
  const isCheck = looks.inspected === 2;
  if (isCheck) {
    reach('before the check');
  }
  const result = inspect(identity);
  if (isCheck) {
    reach('after the check');
  }
  return result;
};

const request = (identity: ProcessIdentity): TerminationRequest =>
  ({
    violation: { process: identity, measure: 'rss', spareBelowBytes: 1 } as unknown as Violation,
    graceMs: 1000,
    maySpareInGrace: true,
    why: 'test',
    isArmed: () => true,
    stop: { hasBegun: false, signal: new AbortController().signal } as unknown as TerminationRequest['stop'],
  }) satisfies TerminationRequest;

export interface Tally {
  rounds: number;
  /** The victim was signalled, where nobody came in its place. */
  right: number;
  /** Its successor was. */
  wrong: number;
  /** Of these, successors that started in another 10 ms than the victim. */
  wrongWithOtherStartTime: number;
  /** Successors that started in the same 10 ms. */
  alike: number;
}

const tallies: Record<string, Tally> = {};
for (let round = 0; round < Number(rounds); round += 1) {
  const wanted = POINTS[round % POINTS.length] ?? 'nowhere';
  const tally = (tallies[wanted] ??= {
    rounds: 0,
    right: 0,
    wrong: 0,
    wrongWithOtherStartTime: 0,
    alike: 0,
  });
  const pid = ask('n');
  const columns = source.scan();
  const index = columns.pid.subarray(0, columns.count).indexOf(pid);
  const identity = { pid, startTime: columns.startTime[index] ?? -1 };
  scene = new Scene(wanted);
  looks = { alive: 0, inspected: 0, gone: 0 };
  reach('after the scan');
  const hold = signaller.hold(request(identity));
  const attempt = await hold?.signal('SIGTERM');
  hold?.close();
  if (wanted !== 'nowhere' && scene.point !== 'nowhere') {
    // It was found out before it came to that.
    scene.point = 'nowhere';
    continue;
  }
  tally.rounds += 1;
  if (scene.successor === undefined) {
    tally.right += attempt?.isSent === true && hasSigterm(pid) ? 1 : 0;
    continue;
  }
  const isAlike = startTimeOf(scene.successor) === identity.startTime;
  tally.alike += isAlike ? 1 : 0;
  if (hasSigterm(scene.successor)) {
    tally.wrong += 1;
    tally.wrongWithOtherStartTime += isAlike ? 0 : 1;
  }
}
process.stdout.write(`${JSON.stringify(tallies)}\n`);
await kernel?.close();
process.exit(0);
