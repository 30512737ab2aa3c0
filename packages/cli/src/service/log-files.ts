import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { LOG } from './layout.js';

/** The log files and what logrotate has made of them: the usual one, and the one that is configured, if any. */
export function logFiles(configured: string): string[] {
  return [...new Set([LOG, configured])]
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const name = basename(path);
      return readdirSync(dirname(path))
        .filter(
          (candidate) =>
            candidate === name || candidate.startsWith(`${name}.`) || candidate.startsWith(`${name}-`),
        )
        .map((candidate) => join(dirname(path), candidate));
    });
}
