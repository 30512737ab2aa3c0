import { readFileSync, writeFileSync } from 'node:fs';

const FILE = '/proc/self/oom_score_adj';
/** As the unit has it: nearly the last that the kernel takes. */
const WANTED = -900;

/**
 * Asks the kernel to take this process last when memory runs out, unless somebody has set that already. Returns why it can't be;
 * undefined where it holds.
 */
export function protectFromOomKiller(file = FILE): string | undefined {
  try {
    const current = Number(readFileSync(file, 'utf8'));
    if (current === 0) {
      writeFileSync(file, String(WANTED));
    }
    return undefined;
  } catch (error) {
    return `${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
}
