import { existsSync, rmSync } from 'node:fs';

import { type Layout, SERVICE, STATE_DIRECTORY } from './layout.js';
import type { Site } from './site.js';
import type { Step } from './steps.js';
import { serviceStatusText, succeeds } from './system.js';

export interface Before {
  readonly wasActive: boolean;
  readonly isUpgrade: boolean;
}

let restartOnceTakenBack = false;

/** Comes last, so that its failure takes everything back; the program before it is then started again. */
export function startService(site: Site, layout: Layout, { wasActive, isUpgrade }: Before): Step {
  const hadState = existsSync(STATE_DIRECTORY);
  return {
    title: 'Start the service, now and at boot',
    act: () => {
      if (isUpgrade && !wasActive) {
        site.dropPrevious(layout);
        return 'it was stopped, and stays so';
      }
      try {
        site.run('systemctl', 'enable', '--quiet', SERVICE);
        site.run('systemctl', 'restart', SERVICE);
      } catch (error) {
        succeeds('systemctl', ...(isUpgrade ? ['stop'] : ['disable', '--now']), SERVICE);
        if (!hadState) {
          rmSync(STATE_DIRECTORY, { recursive: true, force: true });
        }
        restartOnceTakenBack = wasActive;
        throw error;
      }
      site.dropPrevious(layout);
      return serviceStatusText();
    },
  };
}

/** After a rollback: the version before runs again. */
export function restartPrevious({ current }: Layout): boolean {
  return restartOnceTakenBack && existsSync(current) && succeeds('systemctl', 'restart', SERVICE);
}
