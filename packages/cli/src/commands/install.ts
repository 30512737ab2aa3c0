import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { MonitorError } from '@memory-monitor/core';

import { EX_OK } from '../exit-codes.js';
import {
  checkExistingConfiguration,
  directorySteps,
  installSteps,
  packagedSteps,
  type Wishes,
} from '../service/install-steps.js';
import { type Layout, layoutOf, LOCAL, PACKAGED } from '../service/layout.js';
import { findPayload } from '../service/payload.js';
import { visibleNode } from '../service/place-program.js';
import { SiteInWords } from '../service/site-in-words.js';
import { Site } from '../service/site.js';
import { restartPrevious } from '../service/start-service.js';
import { runSteps, type Step, tellSteps } from '../service/steps.js';
import { requireRoot, requireSystemd } from '../service/system.js';

export interface InstallOptions {
  readonly armed?: boolean | undefined;
  readonly ownUser?: boolean | undefined;
  readonly asRoot?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly root?: string | undefined;
  readonly packaged?: boolean | undefined;
  readonly node?: string | undefined;
}

/** A package's own Node, unless it brings one. */
const PACKAGED_NODE = '/usr/bin/node';

/** `memory-monitor install`: installs the service, or upgrades it; what fails is taken back. */
export async function install(options: InstallOptions): Promise<number> {
  const { dryRun = false, root } = options;
  if (options.ownUser === true && options.asRoot === true) {
    throw new MonitorError('MM_ERR_USAGE', '--own-user and --as-root exclude each other; give one of them.');
  }
  const payload = findPayload();
  const changes: string[] = [];
  const directory = root === undefined ? undefined : directoryOf(root);
  const site = dryRun
    ? new SiteInWords(directory, (change) => {
        if (!changes.includes(change)) {
          changes.push(change);
        }
      })
    : new Site(directory);
  const { steps, layout, advice } =
    directory === undefined
      ? await stepsOnMachine(site, payload, options)
      : stepsInDirectory(site, payload, options);
  if (dryRun) {
    let told = 0;
    const untold = (): readonly string[] => changes.slice(told, (told = changes.length));
    tellSteps(steps, untold, print);
    print('\nThis was a dry run: nothing has been changed.');
    return EX_OK;
  }
  run(steps, layout, advice);
  site.dropPrevious(layout);
  print(directory === undefined ? NEXT : `Done, in ${directory}.`);
  return EX_OK;
}

interface Plan {
  readonly steps: readonly Step[];
  readonly layout: Layout;
  /** What to do where a step fails. */
  readonly advice?: string;
}

async function stepsOnMachine(site: Site, payload: string, options: InstallOptions): Promise<Plan> {
  const { dryRun = false, packaged, node } = options;
  if (packaged === true || node !== undefined) {
    throw new MonitorError('MM_ERR_USAGE', '--packaged and --node are for a directory; name it with --root.');
  }
  if (!dryRun) {
    requireRoot('install');
    requireSystemd(existsSync('/run/systemd/system'));
  }
  const layout = layoutOf(payload);
  if (layout === PACKAGED) {
    const needs = await checkExistingConfiguration();
    return {
      steps: packagedSteps(site, layout, payload, wishesOf(options), needs),
      layout,
      advice: ADVICE_OF_PACKAGE,
    };
  }
  if (existsSync(PACKAGED.unit)) {
    const message =
      'It is installed as a package, which apt upgrades; to have this one instead, run first: sudo apt remove memory-monitor.';
    throw new MonitorError('MM_ERR_INSTALL', message);
  }
  const needs = await checkExistingConfiguration();
  return { steps: installSteps(site, payload, wishesOf(options), needs), layout };
}

function stepsInDirectory(site: Site, payload: string, options: InstallOptions): Plan {
  const { armed = false, ownUser = false, packaged = false, node } = options;
  if (packaged && (armed || ownUser)) {
    const message = `A package is never ${armed ? 'armed' : 'made for a user of its own'}: that is up to the admin of a machine.`;
    throw new MonitorError('MM_ERR_USAGE', message);
  }
  const layout = packaged ? PACKAGED : LOCAL;
  const findNode = (): string => node ?? (packaged ? PACKAGED_NODE : visibleNode(site));
  return { steps: directorySteps(site, layout, payload, wishesOf(options), findNode), layout };
}

function wishesOf({ armed = false, ownUser, asRoot }: InstallOptions): Wishes {
  return { isArmed: armed, ownUser: ownUser ?? (asRoot === true ? false : undefined) };
}

function directoryOf(root: string): string {
  const directory = resolve(root);
  if (directory === '/') {
    throw new MonitorError(
      'MM_ERR_USAGE',
      '--root names a directory; leave it out to install on this machine.',
    );
  }
  return directory;
}

function run(steps: readonly Step[], layout: Layout, advice: string | undefined): void {
  print(`Installing Memory Monitor as a systemd service, in ${steps.length} steps:`);
  for (const { title } of steps) {
    print(`  - ${title}`);
  }
  try {
    runSteps(steps, print, advice);
  } catch (error) {
    if (error instanceof MonitorError && restartPrevious(layout)) {
      print('The version before is running again.');
    }
    throw error;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ADVICE_OF_PACKAGE =
  'Mend the cause and run: sudo dpkg --configure memory-monitor, or sudo memory-monitor install where that has nothing to do.';

const NEXT = `
Done. What to do next:
  See what it does:                  journalctl -u memory-monitor -f
  Set limits and what is protected:  sudo nano /etc/memory-monitor/config.toml
  Check and apply a change:          memory-monitor check && sudo systemctl reload memory-monitor
  A first installation ends nothing. When its log says what you want:
                                     sudo memory-monitor arm`;
