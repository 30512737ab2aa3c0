import { existsSync } from 'node:fs';

import { messageOf, MonitorError, type Configuration } from '@memory-monitor/core';

import { readConfiguration } from '../config/read-configuration.js';
import { replaceFile } from './files.js';
import { ARMING, CONFIG, LOCAL, PACKAGED, SERVICE } from './layout.js';
import { isServiceActive, requireRoot, serviceStatusText, succeeds, systemctl } from './system.js';

const RELOAD_DEADLINE_MS = 15_000;
const POLL_MS = 100;

/** What the drop-in says. */
export function armingText(isArmed: boolean): string {
  return `# Written by "memory-monitor arm" and "memory-monitor disarm"; it counts more than config.toml.\n[settings]\ndry_run = ${String(!isArmed)}\n`;
}

/** Arms the installed service, and makes sure that it took effect; puts the old state back if it did not. */
export async function armService(): Promise<string> {
  requireInstalled('arm');
  const undo = replaceFile(ARMING, armingText(true), 0o644);
  try {
    refuseOverriding((await readConfiguration({ config: CONFIG })).configuration, false);
    if (!isServiceActive()) {
      return 'The service is not running; it will be armed when it starts: sudo systemctl start memory-monitor';
    }
    await reloadUntilItSays('Armed');
    return 'The service is armed: from now on it ends what is over its limits. Take it back with: sudo memory-monitor disarm';
  } catch (error) {
    undo();
    // A daemon that was only slow has taken the change up by now.
    succeeds('systemctl', 'reload', SERVICE);
    throw error;
  }
}

/** Turns the installed service into a dry run. One that can't be told so is stopped: it must not go on ending processes. */
export async function disarmService(): Promise<string> {
  requireInstalled('disarm');
  replaceFile(ARMING, armingText(false), 0o644);
  if (!isServiceActive()) {
    return 'The service is not running; it will be a dry run when it starts.';
  }
  try {
    refuseOverriding((await readConfiguration({ config: CONFIG })).configuration, true);
    await reloadUntilItSays('Dry run');
    return 'The service is a dry run: it ends nothing, and says what it would end.';
  } catch (error) {
    systemctl('stop', SERVICE);
    const message = `The service could not be made a dry run, so it has been stopped and ends nothing: ${messageOf(error)}`;
    throw new MonitorError('MM_ERR_SERVICE', message, { cause: error });
  }
}

function requireInstalled(command: string): void {
  requireRoot(command);
  if (![LOCAL, PACKAGED].some(({ unit }) => existsSync(unit))) {
    throw new MonitorError(
      'MM_ERR_NOT_INSTALLED',
      'The service is not installed; run: sudo memory-monitor install.',
    );
  }
}

/** A drop-in whose name sorts after ours counts more. */
function refuseOverriding({ settings, files }: Configuration, isDryRun: boolean): void {
  if (settings.dryRun !== isDryRun) {
    const later = files.slice(files.indexOf(ARMING) + 1).join(', ');
    throw new MonitorError(
      'MM_ERR_SERVICE',
      `dry_run is set again after ${ARMING}; remove it from ${later}.`,
    );
  }
}

async function reloadUntilItSays(word: string): Promise<void> {
  systemctl('reload', SERVICE);
  await waitUntilItSays(word);
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
