import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ARMING, CONFIG, LOCAL, LOG, OWN_USER, SERVICE_USER, type Layout } from './layout.js';
import { placeArming, placeConfiguration } from './place-configuration.js';
import { placeCatalogue } from './place-catalogue.js';
import { placeMail } from './place-mail.js';
import { placeCommand, placeProgram, visibleNode } from './place-program.js';
import { placeLogrotate, placeNeeds, placeUnit } from './place-unit.js';
import { placeUser } from './place-user.js';
import { findNeeds, type Needs, USUAL_NEEDS } from './plugin-needs.js';
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

/** What whoever installs it wants of it. */
export interface Wishes {
  readonly isArmed: boolean;
  /** Whether it is to run as a user of its own, and not as root; as before if that is not said. */
  readonly ownUser?: boolean | undefined;
}

/** The steps of an installation or upgrade, for this machine as it is now. */
export function installSteps(site: Site, payload: string, wishes: Wishes, needs: Needs): Step[] {
  const { isArmed } = wishes;
  const hasOwnUser = wantsOwnUser(site, wishes);
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
    ...placeUser(site, hasOwnUser, needs),
    placeNeeds(site, needs, hasOwnUser),
    placeMail(site, LOCAL, payload, findNode, { mail: needs.mail, owner: ownerOf(hasOwnUser) }),
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
  wishes: Wishes,
  findNode: () => string,
): Step[] {
  const config = readFileSync(join(payload, 'config.toml'), 'utf8');
  return [
    placeProgram(site, layout, payload),
    placeCommand(site, layout, findNode),
    placeConfiguration(site, layout, config, false),
    // A package has it made on the machine that it comes to.
    ...(layout === LOCAL ? [placeArming(site, wishes.isArmed, site.has(ARMING))] : []),
    placeUnit(site, layout, payload, findNode),
    ...placeUser(site, wantsOwnUser(site, wishes), { files: [], logFile: LOG }),
    placeLogrotate(site, payload),
    placeCatalogue(site, layout, payload),
  ];
}

/** Those that are left where a package has brought the files: what depends on this machine. */
export function packagedSteps(
  site: Site,
  layout: Layout,
  payload: string,
  wishes: Wishes,
  needs: Needs,
): Step[] {
  const hasOwnUser = wantsOwnUser(site, wishes);
  const wasActive = !isServiceStopped();
  // The package removes the drop-in with the service, so that it comes back as a dry run.
  const isUpgrade = wasActive || site.has(ARMING);
  return [
    placeArming(site, wishes.isArmed, isUpgrade),
    ...placeUser(site, hasOwnUser, needs),
    placeNeeds(site, needs, hasOwnUser),
    placeMail(site, layout, payload, () => process.execPath, {
      mail: needs.mail,
      owner: ownerOf(hasOwnUser),
    }),
    startPackaged(site, { wasActive, isUpgrade }),
  ];
}

function wantsOwnUser(site: Site, { ownUser }: Wishes): boolean {
  return ownUser ?? site.has(OWN_USER);
}

function ownerOf(hasOwnUser: boolean): string {
  return hasOwnUser ? SERVICE_USER : 'root';
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
 * mistakes; returns what it needs of the service.
 */
export async function checkExistingConfiguration(): Promise<Needs> {
  const python = findPythonService();
  const config = existsSync(CONFIG) ? CONFIG : python?.config;
  return config === undefined ? USUAL_NEEDS : await findNeeds(config);
}
