import { existsSync } from 'node:fs';

import { MonitorError } from '@memory-monitor/core';

import { EX_OK } from '../exit-codes.js';
import { checkExistingConfiguration, installSteps } from '../service/install-steps.js';
import { LOCAL } from '../service/layout.js';
import { findPayload } from '../service/payload.js';
import { Site } from '../service/site.js';
import { restartPrevious } from '../service/start-service.js';
import { runSteps } from '../service/steps.js';
import { requireRoot, requireSystemd } from '../service/system.js';

export interface InstallOptions {
  readonly armed?: boolean | undefined;
}

/** `memory-monitor install`: installs the service, or upgrades it; what fails is taken back. */
export async function install({ armed = false }: InstallOptions): Promise<number> {
  requireRoot('install');
  requireSystemd(existsSync('/run/systemd/system'));
  const payload = findPayload();
  const needs = await checkExistingConfiguration();
  const steps = installSteps(new Site(), payload, armed, needs);
  print(`Installing Memory Monitor as a systemd service, in ${steps.length} steps:`);
  for (const { title } of steps) {
    print(`  - ${title}`);
  }
  try {
    runSteps(steps, print);
  } catch (error) {
    if (error instanceof MonitorError && restartPrevious(LOCAL)) {
      print('The version before is running again.');
    }
    throw error;
  }
  print(NEXT);
  return EX_OK;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const NEXT = `
Done. What to do next:
  See what it does:                  journalctl -u memory-monitor -f
  Set limits and what is protected:  sudo nano /etc/memory-monitor/config.toml
  Check and apply a change:          memory-monitor check && sudo systemctl reload memory-monitor
  A first installation ends nothing. When its log says what you want:
                                     sudo memory-monitor arm`;
