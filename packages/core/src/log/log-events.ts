import type { Violation } from '../detection/violation.js';
import type {
  DecisionEvent,
  KillEvent,
  MonitorEmitter,
  RecoveredEvent,
  ReloadedEvent,
  ScanEvent,
  StartedEvent,
  ViolationEvent,
} from '../events.js';
import type { Logger } from '../ports.js';
import { inGb, inSeconds } from '../units.js';
import { decisionFields, killFields, violationFields } from './fields.js';
import { printable, printableField } from './printable.js';

/** What the log lines may show. */
export interface LogEventsOptions {
  /** Whether command lines may be shown; asked at each line, so that a reload counts. */
  readonly showsCommandLines: () => boolean;
}

/** Writes each event as one log line: the message for people, the fields for programs. */
export function logEvents(
  events: MonitorEmitter,
  logger: Logger,
  { showsCommandLines }: LogEventsOptions,
): void {
  let isUnreadableTold = false;
  events.on('started', (event) => {
    logger.info(
      { event: 'started', ...event },
      `Memory Monitor ${event.version} started ${modeAndLimits(event)}`,
    );
  });
  events.on('reloaded', (event) => {
    logReload(logger, event);
  });
  events.on('stopping', (event) => {
    const waiting =
      event.terminationsUnderWay === 0 ? '' : `, after ${event.terminationsUnderWay} terminations under way`;
    logger.info({ event: 'stopping', ...event }, `Stopping on ${event.reason}${waiting}`);
  });
  events.on('memory', ({ memory }) => {
    const { usedBytes, totalBytes } = memory;
    const percent = ((100 * usedBytes) / totalBytes).toFixed(1);
    const message = `System Memory: ${percent}% used (${inGb(usedBytes)} / ${inGb(totalBytes)})`;
    logger.info({ event: 'memory', ...memory }, message);
  });
  events.on('scan', (event) => {
    logger.info(scanFields(event), `Scan complete. Scanned: ${event.scanned}, Killed: ${event.killed}`);
    if (event.unreadable > 0 && !isUnreadableTold) {
      isUnreadableTold = true;
      const message = `${event.unreadable} processes can not be read, so they are never ended; run as root, look at the hidepid option of /proc, or for zombies with hundreds of threads (ps -eo pid,stat,nlwp)`;
      logger.warn({ event: 'unreadable', count: event.unreadable }, message);
    }
  });
  events.on('violation', (event) => {
    logger[event.phase === 'began' ? 'warn' : 'info'](
      { event: 'violation', phase: event.phase, ...violationFields(event.violation, showsCommandLines()) },
      violationMessage(event),
    );
  });
  events.on('decision', (event) => {
    const message = decisionMessage(event);
    if (message !== undefined) {
      logger.warn(decisionFields(event, showsCommandLines()), message);
    }
  });
  events.on('kill', (event) => {
    const isTrouble = event.outcome === 'failed' || event.outcome === 'dry-run';
    logger[isTrouble ? 'warn' : 'info'](killFields(event, showsCommandLines()), killMessage(event));
  });
  events.on('recovered', (event) => {
    logger.warn(
      { event: 'recovered', ...event.process, isStillRunning: event.isStillRunning },
      recoveredMessage(event),
    );
  });
  events.on('restartLoop', ({ unit, name, rebirths }) => {
    const message = `Restart loop: unit ${printable(unit)} has started ${printable(name)} again ${rebirths} times after it was ended; raise its limit, whitelist it, or stop the unit`;
    logger.warn({ event: 'restartLoop', unit, name, rebirths }, message);
  });
  events.on('pluginError', (event) => {
    const { plugin, hook, message, place, failures } = event;
    const where = place === undefined ? '' : ` (${printable(place)})`;
    const repeated = failures === 1 ? '' : ` (${failures} times)`;
    logger.error(
      { event: 'pluginError', ...event },
      `Plugin ${plugin} failed in ${hook}: ${printable(message)}${where}${repeated}`,
    );
  });
}

/** `PID=12345, Name=chrome, User=john`, as the Python service wrote it. */
function who({ process }: Violation): string {
  return `PID=${process.pid}, Name=${printableField(process.name)}, User=${printableField(process.user)}`;
}

/** `RAM=3.50GB (21.88%)`: the process's own, also where a plugin counts more against the limit. */
function ram({ ownBytes, ramBytes }: Violation): string {
  return `RAM=${inGb(ownBytes)} (${((100 * ownBytes) / ramBytes).toFixed(2)}%)`;
}

/** `Limit=2.00GB (ram_gb_threshold)`, `Limit=12.00GB (plugin:policy-user: all processes of alice, 13.00GB)` */
function limit({ limitBytes, rule, ruleReason, raisedBy, usedBytes }: Violation): string {
  const why = ruleReason === undefined ? '' : `: ${printable(ruleReason)}`;
  const used = raisedBy === undefined ? '' : `, ${inGb(usedBytes)}`;
  return `Limit=${inGb(limitBytes)} (${rule}${why}${used})`;
}

function modeAndLimits(event: StartedEvent): string {
  const mode = event.dryRun ? 'as a DRY RUN, nothing will be ended' : 'armed';
  const percentBytes = (event.ramPercentThreshold / 100) * event.totalBytes;
  const limits = `${event.ramPercentThreshold}% of RAM (${inGb(percentBytes)}) or ${event.ramGbThreshold}GB`;
  const source = event.configFiles.length === 0 ? 'defaults' : event.configFiles.map(printable).join(', ');
  return `${mode}. Limits: ${limits} by ${event.measure}, every ${event.checkIntervalSeconds} s. Configuration: ${source}`;
}

function logReload(logger: Logger, event: ReloadedEvent): void {
  if (event.accepted) {
    logger.info({ event: 'reloaded', ...event }, `Configuration reloaded, running ${modeAndLimits(event)}`);
  } else {
    const mistakes = event.errors.map(printable).join(' | ');
    logger.error(
      { event: 'reloaded', ...event },
      `Configuration not reloaded, the old one stays in force: ${mistakes}`,
    );
  }
}

function scanFields({ memory, tookMs, ...rest }: ScanEvent): Record<string, unknown> {
  return {
    event: 'scan',
    ...rest,
    tookMs: Math.round(tookMs * 10) / 10,
    usedBytes: memory.usedBytes,
    totalBytes: memory.totalBytes,
  };
}

function violationMessage(event: ViolationEvent): string {
  const { violation } = event;
  if (event.phase === 'began') {
    return `Over the limit: ${who(violation)}, ${ram(violation)}, ${limit(violation)}`;
  }
  const how = {
    'below-limit': 'Back below the limit',
    gone: 'Exited',
    guarded: 'Protected from now on',
  }[event.endReason];
  return `${how}: ${who(violation)}, after ${inSeconds(violation.lastedMs)} over the limit`;
}

/** A dry run says what it would do with its `kill` event, once for each violation. */
function decisionMessage({ violation, action, reason, dryRun }: DecisionEvent): string | undefined {
  const subject = `${who(violation)}, ${ram(violation)}`;
  switch (action) {
    case 'kill':
      return dryRun ? undefined : `Killing process: ${subject}`;
    case 'warn':
      return `Not killing, only warning: ${subject}: ${printable(reason)}`;
    case 'defer':
      return `Not killing yet: ${subject}: ${printable(reason)}`;
    case 'spare':
      return `Not killing, spared: ${subject}: ${printable(reason)}`;
  }
}

/** `, with its session (5 processes)` */
function companions({ violation: { target }, signalled = 0 }: KillEvent): string {
  const what = { group: 'process group', session: 'session', cgroup: 'control group' };
  return target === undefined || signalled < 2 ? '' : `, with its ${what[target]} (${signalled} processes)`;
}

function killMessage(event: KillEvent): string {
  const { violation, outcome, reason, signal, tookMs } = event;
  const subject = `${who(violation)}${companions(event)}`;
  const why = printable(reason);
  switch (outcome) {
    case 'dry-run':
      return `[DRY RUN] Would kill process: ${subject}, ${ram(violation)}`;
    case 'terminated':
      return `Process terminated: ${subject}, by SIGTERM after ${inSeconds(tookMs)}`;
    case 'killed':
      return `Process force-killed: ${subject}, by SIGKILL after ${inSeconds(tookMs)}: ${why}`;
    case 'vanished':
      return `Process vanished: ${subject}: ${why}`;
    case 'spared':
      return `Process spared${signal === undefined ? '' : ` after ${signal}`}: ${subject}: ${why}`;
    case 'failed':
      return `Process not ended: ${subject}: ${why}`;
  }
}

function recoveredMessage({ process, isStillRunning, why }: RecoveredEvent): string {
  const subject = `PID=${process.pid}, Name=${printableField(process.name)}, User=${printableField(process.user)}`;
  const state = isStillRunning ? 'is still running' : 'is gone';
  return `The last run was interrupted while it ended a process, which ${state}: ${subject}: ${printable(why)}`;
}
