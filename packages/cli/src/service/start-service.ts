import { existsSync, rmSync } from 'node:fs';

import { type Layout, SERVICE, STATE_DIRECTORY } from './layout.js';
import type { Site } from './site.js';
import type { Step } from './steps.js';
import { succeeds } from './system.js';

export interface Before {
  readonly wasActive: boolean;
  readonly isUpgrade: boolean;
}

let restartOnceTakenBack = false;

/** Comes last, so that its failure takes everything back; the program before it is then started again. */
export function startService(site: Site, { wasActive, isUpgrade }: Before): Step {
  const hadState = existsSync(STATE_DIRECTORY);
  return {
    title: 'Start the service, now and at boot',
    act: () => {
      if (isUpgrade && !wasActive) {
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
      return site.status();
    },
  };
}

/** After a rollback: the version before runs again. */
export function restartPrevious({ current }: Layout): boolean {
  return restartOnceTakenBack && existsSync(current) && succeeds('systemctl', 'restart', SERVICE);
}

/** Where the service came as a package: that enables it, and the machine has a policy for what packages may start. */
export function startPackaged(site: Site, { wasActive, isUpgrade }: Before): Step {
  return {
    title: 'Start the service',
    act: () => {
      if (isUpgrade && !wasActive) {
        return 'it was stopped, and stays so';
      }
      try {
        site.run(INVOKE.find(existsSync) ?? 'systemctl', wasActive ? 'restart' : 'start', SERVICE);
      } catch (error) {
        if (!isUpgrade) {
          succeeds('systemctl', 'stop', SERVICE);
        }
        throw error;
      }
      return site.status();
    },
  };
}

/** Where policy-rc.d is heard, deb-systemd-invoke(1p). */
const INVOKE = ['/usr/bin/deb-systemd-invoke'];
