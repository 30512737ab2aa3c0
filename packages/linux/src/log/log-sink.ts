/** One line for the log. */
export interface LogLine {
  /** In the configured format, with its time, ending in a newline. */
  readonly line: string;
  /** What to give to a logger that adds time and severity itself: the message, or in JSON the whole line. No newline. */
  readonly message: string;
  readonly severity: Severity;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Severities of syslog(3). */
export type Severity = 'debug' | 'info' | 'warning' | 'error';

export const SYSLOG_SEVERITY: Readonly<Record<Severity, number>> = {
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};

/** Where log lines go. Writing never throws and never waits for a reader. */
export interface LogSink {
  write(line: LogLine): void;
  /** Opens the file anew, after somebody has moved the old one away. */
  reopen(): void;
  /** Gets rid of what is kept back; gives up after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** Tells the admin about trouble with the log itself, through the other sinks. */
export type TellTrouble = (message: string) => void;
