import { existsSync } from 'node:fs';

import { MonitorError } from '@memory-monitor/core';

import { readConfiguration } from '../config/read-configuration.js';
import { replaceFile } from './files.js';
import { ARMING, CONFIG, SERVICE, UNIT } from './layout.js';
import { isServiceActive, requireRoot, serviceStatusText, succeeds, systemctl } from './system.js';

const RELOAD_DEADLINE_MS = 15_000;
const POLL_MS = 100;

/** What the drop-in says. */
export function armingText(isArmed: boolean): string {
  return `# Written by "memory-monitor arm" and "memory-monitor disarm"; it counts more than config.toml.\n[settings]\ndry_run = ${String(!isArmed)}\n`;
}

/** Arms or disarms the installed service, and makes sure that it took effect; puts the old state back if it did not. */
export async function setArmed(isArmed: boolean): Promise<string> {
  requireRoot(isArmed ? 'arm' : 'disarm');
  if (!existsSync(UNIT)) {
    throw new MonitorError(
      'MM_ERR_NOT_INSTALLED',
      'The service is not installed; run: sudo memory-monitor install.',
    );
  }
  const undo = replaceFile(ARMING, armingText(isArmed), 0o644);
  try {
    await readConfiguration({ config: CONFIG });
    if (!isServiceActive()) {
      return 'The service is not running; it will be so when it starts: sudo systemctl start memory-monitor';
    }
    systemctl('reload', 'memory-monitor.service');
    await waitUntilItSays(isArmed ? 'Armed' : 'Dry run');
    return isArmed
      ? 'The service is armed: from now on it ends what is over its limits. Take it back with: sudo memory-monitor disarm'
      : 'The service is a dry run: it ends nothing, and says what it would end.';
  } catch (error) {
    undo();
    // A daemon that was only slow has taken the change up by now.
    succeeds('systemctl', 'reload', SERVICE);
    throw error;
  }
}

async function waitUntilItSays(word: string): Promise<void> {
  const deadlineMs = performance.now() + RELOAD_DEADLINE_MS;
  let text = serviceStatusText();
  while (!text.startsWith(word)) {
    if (performance.now() > deadlineMs) {
      throw new MonitorError(
        'MM_ERR_SERVICE',
        `The service did not take the change up, it says: "${text}"; look at journalctl -u memory-monitor.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    text = serviceStatusText();
  }
}
