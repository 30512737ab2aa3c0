import type { Clock, Logger, LogMethod } from '../ports.js';
import { inSeconds } from '../units.js';
import { LogLane } from './log-lane.js';
import { shortened } from './shortened.js';
import type { Allowance } from './token-bucket.js';

/** What was not written is told after so long. */
const WINDOW_MS = 10_000;
/**
 * The monitor's own lines: the first picture of a machine with 2,000 processes over their limits is 2,000 lines, or 4,000
 * where each is also decided. A rate that an interval of a second stays far below.
 */
const OWN: Allowance = { atOnce: 5000, perSecond: 100 };
/** A plugin's: a line for each of 2,000 violations, then some 100 MB a day, which logrotate keeps up with. */
const OF_A_PLUGIN: Allowance = { atOnce: 2000, perSecond: 10 };

const LEVELS = ['info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Parameters<LogMethod>[0];

/**
 * A log that nobody can flood. Each plugin, and the monitor itself, may write so many lines at once and so many a second, of
 * each level; what says the same too often is written once, with how often it has come again. What is not written is counted,
 * and told with the first line after 10 s, which the next scan brings at the latest, or at the end. `kill` lines are the record of
 * what was ended: every one of them is written.
 */
export class BoundedLogger implements Logger {
  /** Not bounded: the log does not show them. */
  readonly debug: LogMethod;
  readonly info = this.#method('info');
  readonly warn = this.#method('warn');
  readonly error = this.#method('error');
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #own = new Writer(OWN);
  readonly #plugins = new Map<string, Writer>();
  #windowBeganMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
    this.debug = (fields, message) => {
      logger.debug(fields, message);
    };
  }

  /** Tells what was not written until now. */
  settle(): void {
    const nowMs = this.#clock.monotonicMs();
    const passed = inSeconds(nowMs - this.#windowBeganMs);
    this.#windowBeganMs = nowMs;
    this.#settle(this.#own, undefined, nowMs, passed);
    for (const [plugin, writer] of this.#plugins) {
      this.#settle(writer, plugin, nowMs, passed);
    }
  }

  #method(level: Level): LogMethod {
    return (fields, message) => {
      const nowMs = this.#clock.monotonicMs();
      if (nowMs - this.#windowBeganMs >= WINDOW_MS) {
        this.settle();
      }
      if (fields['event'] === 'kill' || this.#writerOf(fields)[level].takes(fields, message, nowMs)) {
        this.#logger[level](fields, message);
      }
    };
  }

  /** A plugin can not write in another's name, nor in the monitor's: its logger sees to that. */
  #writerOf({ event, plugin }: Fields): Writer {
    if (event !== 'plugin' || typeof plugin !== 'string') {
      return this.#own;
    }
    let writer = this.#plugins.get(plugin);
    if (writer === undefined) {
      writer = new Writer(OF_A_PLUGIN);
      this.#plugins.set(plugin, writer);
    }
    return writer;
  }

  #settle(writer: Writer, plugin: string | undefined, nowMs: number, passed: string): void {
    const whose = plugin === undefined ? {} : { plugin };
    for (const level of LEVELS) {
      writer[level].settle(nowMs, (message, count) => {
        const times = count === 1 ? 'once' : `${count} times`;
        this.#logger[level](
          { event: 'repeated', ...whose, count },
          `${message} (again ${times} in ${passed})`,
        );
      });
    }
    const { allowance, info, warn, error } = writer;
    const [infos, warnings, errors] = [info.takeLeftOut(), warn.takeLeftOut(), error.takeLeftOut()];
    const count = infos.count + warnings.count + errors.count;
    if (count > 0) {
      const most = [infos, warnings, errors].reduce((one, other) => (other.count > one.count ? other : one));
      const fields = { count, warnings: warnings.count, errors: errors.count, last: shortened(most.last) };
      const who = plugin === undefined ? 'the monitor' : `the plugin ${plugin}`;
      const words = `${count} left out in ${passed} (warnings: ${fields.warnings}, errors: ${fields.errors}), such as "${fields.last}"`;
      const rule = `of each level, ${allowance.atOnce} at once and then ${allowance.perSecond} a second are written`;
      this.#logger.warn(
        { event: 'leftOut', ...whose, ...fields },
        `Too many lines of ${who}: ${words}; ${rule}`,
      );
    }
  }
}

/** One that writes to the log, and its lanes. */
class Writer {
  readonly allowance: Allowance;
  readonly info: LogLane;
  readonly warn: LogLane;
  readonly error: LogLane;

  constructor(allowance: Allowance) {
    this.allowance = allowance;
    this.info = new LogLane(allowance);
    this.warn = new LogLane(allowance);
    this.error = new LogLane(allowance);
  }
}
