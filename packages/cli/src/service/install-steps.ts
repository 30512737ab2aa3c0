import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ARMING, CONFIG, LOCAL, type Layout } from './layout.js';
import { placeArming, placeConfiguration } from './place-configuration.js';
import { placeCatalogue } from './place-catalogue.js';
import { placeMail } from './place-mail.js';
import { placeCommand, placeProgram, visibleNode } from './place-program.js';
import { placeLogrotate, placeNeeds, placeUnit } from './place-unit.js';
import { findPluginNeeds, NO_NEEDS, type PluginNeeds } from './plugin-needs.js';
import {
  findPythonService,
  type PythonService,
  restorePythonService,
  retirementOf,
  retirePythonService,
} from './python-service.js';
import type { Site } from './site.js';
import { startPackaged, startService } from './start-service.js';
import type { Step } from './steps.js';
import { isServiceStopped } from './system.js';

/** The steps of an installation or upgrade, for this machine as it is now. */
export function installSteps(site: Site, payload: string, isArmed: boolean, needs: PluginNeeds): Step[] {
  const python = findPythonService();
  const wasActive = python === undefined && !isServiceStopped();
  const isUpgrade = python === undefined && site.has(LOCAL.unit);
  const config = readFileSync(python?.config ?? join(payload, 'config.toml'), 'utf8');
  const findNode = (): string => visibleNode(site);
  return [
    ...(python === undefined ? [] : [takeOver(site, python)]),
    placeProgram(site, LOCAL, payload),
    placeCommand(site, LOCAL, findNode),
    placeConfiguration(site, LOCAL, config, python?.config !== undefined),
    placeArming(site, isArmed, isUpgrade),
    placeUnit(site, LOCAL, payload, findNode),
    placeNeeds(site, needs),
    placeMail(site, LOCAL, payload, findNode, needs.mail),
    placeLogrotate(site, payload),
    placeCatalogue(site, LOCAL, payload),
    startService(site, { wasActive, isUpgrade }),
  ];
}

/** Those that fill a directory, which becomes a machine's root or a package: what needs neither systemd nor a configuration of its own. */
export function directorySteps(
  site: Site,
  layout: Layout,
  payload: string,
  isArmed: boolean,
  findNode: () => string,
): Step[] {
  const config = readFileSync(join(payload, 'config.toml'), 'utf8');
  return [
    placeProgram(site, layout, payload),
    placeCommand(site, layout, findNode),
    placeConfiguration(site, layout, config, false),
    // A package has it made on the machine that it comes to.
    ...(layout === LOCAL ? [placeArming(site, isArmed, site.has(ARMING))] : []),
    placeUnit(site, layout, payload, findNode),
    placeLogrotate(site, payload),
    placeCatalogue(site, layout, payload),
  ];
}

/** Those that are left where a package has brought the files: what depends on this machine. */
export function packagedSteps(
  site: Site,
  layout: Layout,
  payload: string,
  isArmed: boolean,
  needs: PluginNeeds,
): Step[] {
  const wasActive = !isServiceStopped();
  // The package removes the drop-in with the service, so that it comes back as a dry run.
  const isUpgrade = wasActive || site.has(ARMING);
  return [
    placeArming(site, isArmed, isUpgrade),
    placeNeeds(site, needs),
    placeMail(site, layout, payload, () => process.execPath, needs.mail),
    startPackaged(site, { wasActive, isUpgrade }),
  ];
}

function takeOver(site: Site, python: PythonService): Step {
  return {
    title: 'Stop the Python service and put it aside',
    act: () => {
      site.perform(retirementOf(python), () => {
        retirePythonService(python);
      });
      return undefined;
    },
    undo: () => {
      restorePythonService(python);
    },
  };
}

/**
 * Reads the configuration that the service would read, and loads its plugins, before anything is changed. Rejects with its
 * mistakes; returns what the plugins need.
 */
export async function checkExistingConfiguration(): Promise<PluginNeeds> {
  const python = findPythonService();
  const config = existsSync(CONFIG) ? CONFIG : python?.config;
  return config === undefined ? NO_NEEDS : await findPluginNeeds(config);
}
