import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { removeIfEmpty } from './files.js';
import { CATALOGUE_DIRECTORIES, type Layout } from './layout.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';

/** Makes the journal's database of explanations anew, journalctl(1). */
export const UPDATE_CATALOGUE = ['journalctl', '--update-catalog'] as const;

/** What "journalctl -x" explains the monitor's lines with. A journal without that is no failure: the lines are the same. */
export function placeCatalogue(site: Site, { catalogue }: Layout, payload: string): Step {
  const undo: Undo[] = [];
  return {
    title: `Explanations for "journalctl -x" in ${catalogue}`,
    act: () => {
      const text = readFileSync(join(payload, 'service/memory-monitor.catalog'), 'utf8');
      const made = CATALOGUE_DIRECTORIES.filter((directory) => !site.has(directory));
      undo.push(site.replaceFile(catalogue, text, 0o644), () => {
        made.forEach((directory) => {
          removeIfEmpty(site.at(directory));
        });
      });
      return site.attempt(...UPDATE_CATALOGUE)
        ? undefined
        : `they are not shown yet; run: sudo ${UPDATE_CATALOGUE.join(' ')}`;
    },
    undo: () => {
      undo.forEach((putBack) => {
        putBack();
      });
      site.attempt(...UPDATE_CATALOGUE);
    },
  };
}
