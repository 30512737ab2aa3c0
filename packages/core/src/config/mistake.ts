import { MonitorError } from '../errors.js';

/** One mistake in the configuration, with its place. */
export interface ConfigurationMistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path of the key, where there is one. */
  readonly key: string | undefined;
  /** One sentence: what was found, what is accepted, what to write. */
  readonly message: string;
}

/** All mistakes of a configuration at once. */
export class ConfigurationError extends MonitorError {
  readonly mistakes: readonly ConfigurationMistake[];

  constructor(mistakes: readonly ConfigurationMistake[]) {
    super('MM_ERR_CONFIG_INVALID', mistakes.map(formatMistake).join('\n'));
    this.name = 'ConfigurationError';
    this.mistakes = mistakes;
  }
}

/** `file:line:column: sentence`, as compilers write it. */
export function formatMistake({ file, line, column, message }: ConfigurationMistake): string {
  return `${file}:${line}:${column}: ${message}`;
}
