import {
  BoundedLogger,
  localTimestamp,
  printable,
  type Configuration,
  type Logger,
} from '@memory-monitor/core';
import {
  Journal,
  LogFile,
  StandardOutput,
  Syslog,
  SystemClock,
  type LogLine,
  type LogSink,
  type Severity,
} from '@memory-monitor/linux';
import { pino, type DestinationStream } from 'pino';

type LogSettings = Pick<Configuration['settings'], 'logFile' | 'enableSyslog' | 'logFormat'>;

/** pino's levels as the Python service named them, and as syslog does. */
const LEVELS: Readonly<Record<number, { readonly label: string; readonly severity: Severity }>> = {
  20: { label: 'DEBUG', severity: 'debug' },
  30: { label: 'INFO', severity: 'info' },
  40: { label: 'WARNING', severity: 'warning' },
  50: { label: 'ERROR', severity: 'error' },
};
const INFO = 30;

const FLUSH_DEADLINE_MS = 1000;

/** Every line of the log, in the configured format, to standard output, the log file and syslog. */
export class LogOutput {
  readonly #standardOutput: StandardOutput;
  readonly #logger: BoundedLogger;
  #settings: LogSettings;
  /** Standard output, or the journal that it leads to. */
  #main: LogSink;
  #file: LogFile | undefined;
  #syslog: Syslog | undefined;
  /** Trouble with the log itself that has come up before the first line. */
  #held: string[] | undefined = [];

  private constructor(settings: LogSettings, onTerminalGone: () => void) {
    this.#standardOutput = new StandardOutput({
      onTerminalGone,
      tellTrouble: (message) => {
        this.tellTrouble(message);
      },
    });
    this.#main = this.#standardOutput;
    this.#settings = settings;
    this.#logger = new BoundedLogger(this.#createLogger(), new SystemClock());
  }

  /** `onTerminalGone` is called when the terminal that standard output leads to has been closed. */
  static async open(settings: LogSettings, onTerminalGone: () => void): Promise<LogOutput> {
    const output = new LogOutput(settings, onTerminalGone);
    if (output.#standardOutput.isJournal) {
      output.#main = (await Journal.open(output.#standardOutput)) ?? output.#standardOutput;
    }
    await output.#openSinks();
    return output;
  }

  get logger(): Logger {
    return this.#logger;
  }

  /** Lets trouble with the log be told: the first line of all is the monitor's. */
  tellHeldTrouble(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) {
      this.tellTrouble(message);
    }
  }

  /** Opens the log file anew, after logrotate has moved it away. */
  reopen(): void {
    this.#file?.reopen();
    this.#syslog?.reopen();
  }

  /** Puts changed settings in force. */
  async apply(settings: LogSettings): Promise<void> {
    const before = this.#settings;
    this.#settings = settings;
    if (before.logFile !== settings.logFile || before.enableSyslog !== settings.enableSyslog) {
      // First the new ones: lines are written meanwhile.
      const replaced: (LogSink | undefined)[] = [this.#file, this.#syslog];
      await this.#openSinks();
      await Promise.all(
        replaced.map(async (sink) => {
          await sink?.close(FLUSH_DEADLINE_MS);
        }),
      );
    }
  }

  /** Tells what was not written until now, since it would have been too much. */
  tellWhatWasLeftOut(): void {
    this.#logger.settle();
  }

  /** Writes out what is kept back, as far as that can be done in a second. */
  async close(): Promise<void> {
    this.tellWhatWasLeftOut();
    await Promise.all(
      this.#sinks().map(async (sink) => {
        await sink.close(FLUSH_DEADLINE_MS);
      }),
    );
  }

  /** What reaches the journal by standard output does not go there by syslog as well. */
  async #openSinks(): Promise<void> {
    const { logFile, enableSyslog } = this.#settings;
    const tell = (message: string): void => {
      this.tellTrouble(message);
    };
    this.#file = logFile === '' ? undefined : new LogFile(logFile, tell);
    this.#syslog = enableSyslog && !this.#standardOutput.isJournal ? await Syslog.open(tell) : undefined;
  }

  #sinks(): LogSink[] {
    return [this.#main, this.#file, this.#syslog].filter((sink) => sink !== undefined);
  }

  /** Tells the admin about trouble with the log, or with whoever started the monitor. */
  tellTrouble(message: string): void {
    if (this.#held === undefined) {
      this.#logger.warn({ event: 'log' }, message);
    } else {
      this.#held.push(message);
    }
  }

  #createLogger(): Logger {
    const destination: DestinationStream & PinoMetadata = {
      write: (json) => {
        this.#write(json, destination);
      },
    };
    // pino then leaves the parts of each line on the destination, so that the text needs no parsing.
    Object.assign(destination, { [Symbol.for('pino.metadata')]: true });
    const options = { base: null, level: 'info', timestamp: pino.stdTimeFunctions.isoTime };
    return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, destination);
  }

  #write(json: string, { lastLevel = INFO, lastMsg = '', lastObj = {} }: PinoMetadata): void {
    const { label, severity } = LEVELS[lastLevel] ?? { label: 'INFO', severity: 'info' };
    const isJson = this.#settings.logFormat === 'json';
    const text = printable(lastMsg);
    const line: LogLine = {
      line: isJson ? json : `${localTimestamp(new Date())} - ${label} - ${text}\n`,
      message: isJson ? json.trimEnd() : text,
      severity,
      fields: lastObj,
    };
    for (const sink of this.#sinks()) {
      sink.write(line);
    }
  }
}

/** What pino leaves on a destination that asks for it. */
interface PinoMetadata {
  readonly lastLevel?: number;
  readonly lastMsg?: string;
  readonly lastObj?: Readonly<Record<string, unknown>>;
}
