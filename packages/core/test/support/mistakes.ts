import { ConfigurationError, parseConfiguration } from '@memory-monitor/core';

/** The mistakes of a configuration as a person reads them, without the name of the only file: `line:column: sentence`. */
export async function mistakesIn(...lines: readonly string[]): Promise<string[]> {
  const mistakes = await mistakesOf({ 'c.toml': lines.join('\n') });
  return mistakes.map((mistake) => mistake.replace(/^c\.toml:/, ''));
}

/** The mistakes of several files: `file:line:column: sentence`. */
export async function mistakesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  try {
    await parseConfiguration(Object.entries(files).map(([path, text]) => ({ path, text })));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.message.split('\n');
    }
    throw error;
  }
}
