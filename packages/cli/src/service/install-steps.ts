import { existsSync } from 'node:fs';

import { CONFIG, LOCAL } from './layout.js';
import { placeArming, placeConfiguration } from './place-configuration.js';
import { placeMail } from './place-mail.js';
import { placeCommand, placeProgram, visibleNode } from './place-program.js';
import { placeLogrotate, placeNeeds, placeUnit } from './place-unit.js';
import { findPluginNeeds, NO_NEEDS, type PluginNeeds } from './plugin-needs.js';
import {
  findPythonService,
  type PythonService,
  restorePythonService,
  retirePythonService,
} from './python-service.js';
import type { Site } from './site.js';
import { startService } from './start-service.js';
import type { Step } from './steps.js';
import { isServiceActive } from './system.js';

/** The steps of an installation or upgrade, for this machine as it is now. */
export function installSteps(site: Site, payload: string, isArmed: boolean, needs: PluginNeeds): Step[] {
  const python = findPythonService();
  const wasActive = python === undefined && isServiceActive();
  const isUpgrade = python === undefined && site.has(LOCAL.unit);
  const findNode = (): string => visibleNode(site);
  return [
    ...(python === undefined ? [] : [takeOver(python)]),
    placeProgram(site, LOCAL, payload),
    placeCommand(site, LOCAL, findNode),
    placeConfiguration(site, LOCAL, payload, python?.config !== undefined),
    placeArming(site, isArmed, isUpgrade),
    placeUnit(site, LOCAL, payload, findNode),
    placeNeeds(site, needs),
    placeMail(site, LOCAL, payload, findNode, needs.mail),
    placeLogrotate(site, payload),
    startService(site, LOCAL, { wasActive, isUpgrade }),
  ];
}

function takeOver(python: PythonService): Step {
  return {
    title: 'Stop the Python service and put it aside',
    act: () => {
      retirePythonService(python);
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
