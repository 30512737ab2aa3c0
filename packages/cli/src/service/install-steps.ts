import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';

import { armingText } from './arming.js';
import { removeFile, replaceFile } from './files.js';
import {
  ARMING,
  COMMAND,
  CONFIG,
  CONFIG_DIRECTORY,
  CONFIG_LINK,
  CURRENT,
  DROP_IN_DIRECTORY,
  LOGROTATE,
  OWN_NODE,
  PLUGIN_DIRECTORY,
  PLUGIN_NEEDS,
  PREVIOUS,
  PROGRAM,
  PROGRAM_DIRECTORY,
  SERVICE,
  STATE_DIRECTORY,
  UNIT,
} from './layout.js';
import { findPluginNeeds, needsDropIn, NO_NEEDS, type PluginNeeds } from './plugin-needs.js';
import {
  findPythonService,
  RETIRED_CONFIG,
  restorePythonService,
  retirePythonService,
} from './python-service.js';
import { placeMail } from './place-mail.js';
import type { Step } from './steps.js';
import { isServiceActive, serviceStatusText, succeeds, systemctl } from './system.js';

/** Directories that ProtectHome= hides from the service, systemd.exec(5). */
const HIDDEN = ['/root/', '/home/', '/run/user/'];

/** The steps of an installation or upgrade, for this machine as it is now. */
export function installSteps(payload: string, isArmed: boolean, needs: PluginNeeds): Step[] {
  const python = findPythonService();
  const wasActive = python === undefined && isServiceActive();
  const isUpgrade = python === undefined && existsSync(UNIT);
  const takeOver: Step[] =
    python === undefined
      ? []
      : [
          {
            title: 'Stop the Python service and put it aside',
            act: () => {
              retirePythonService(python);
              return undefined;
            },
            undo: () => {
              restorePythonService(python);
            },
          },
        ];
  return [
    ...takeOver,
    placeProgram(payload),
    placeCommand(),
    placeConfiguration(payload, python?.config !== undefined),
    placeArming(isArmed, isUpgrade),
    placeUnit(payload),
    placeNeeds(needs),
    placeMail(payload, visibleNode, needs.mail),
    placeLogrotate(payload),
    startService(wasActive, isUpgrade, existsSync(STATE_DIRECTORY)),
  ];
}

function placeProgram(payload: string): Step {
  const fresh = `${PROGRAM_DIRECTORY}/new`;
  let isSwapped = false;
  return {
    title: `Copy the program to ${CURRENT}`,
    act: () => {
      mkdirSync(PROGRAM_DIRECTORY, { recursive: true, mode: 0o755 });
      rmSync(fresh, { recursive: true, force: true });
      cpSync(payload, fresh, { recursive: true, dereference: true });
      makeReadable(fresh);
      rmSync(PREVIOUS, { recursive: true, force: true });
      isSwapped = true;
      if (existsSync(CURRENT)) {
        renameSync(CURRENT, PREVIOUS);
      }
      renameSync(fresh, CURRENT);
      return `version ${versionOf(CURRENT)}${existsSync(PREVIOUS) ? `, was ${versionOf(PREVIOUS)}` : ''}`;
    },
    undo: () => {
      rmSync(fresh, { recursive: true, force: true });
      if (isSwapped) {
        rmSync(CURRENT, { recursive: true, force: true });
      }
      if (existsSync(PREVIOUS)) {
        renameSync(PREVIOUS, CURRENT);
      }
    },
  };
}

/** Whatever the umask of the copy, and whoever owned the clone: root's, and nobody else's to write. */
function makeReadable(directory: string): void {
  succeeds('chown', '-R', 'root:root', directory);
  succeeds('chmod', '-R', 'u=rwX,go=rX', directory);
}

function versionOf(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}

function placeCommand(): Step {
  let undo = (): void => undefined;
  return {
    title: `Make the command ${COMMAND}`,
    act: () => {
      const node = visibleNode();
      undo = replaceFile(COMMAND, `#!/bin/sh\nexec ${node} ${PROGRAM} "$@"\n`, 0o755);
      return `with ${node}`;
    },
    undo: () => {
      undo();
    },
  };
}

/** Node as the service can see it: a copy, if it lies in somebody's home (nvm). */
function visibleNode(): string {
  const node = realpathSync(process.execPath);
  if (!HIDDEN.some((directory) => node.startsWith(directory))) {
    return node;
  }
  // Under another name first: the one in use can not be written to.
  cpSync(node, `${OWN_NODE}.new`);
  chmodSync(`${OWN_NODE}.new`, 0o755);
  renameSync(`${OWN_NODE}.new`, OWN_NODE);
  return OWN_NODE;
}

function placeConfiguration(payload: string, isFromPython: boolean): Step {
  let undo = (): void => undefined;
  return {
    title: `Configuration in ${CONFIG_DIRECTORY}`,
    act: () => {
      for (const directory of [CONFIG_DIRECTORY, DROP_IN_DIRECTORY, PLUGIN_DIRECTORY]) {
        mkdirSync(directory, { recursive: true, mode: 0o755 });
      }
      const isKept = existsSync(CONFIG);
      if (!isKept) {
        undo = replaceFile(
          CONFIG,
          readFileSync(isFromPython ? RETIRED_CONFIG : join(payload, 'config.toml'), 'utf8'),
          0o644,
        );
      }
      linkConfiguration();
      return isKept
        ? 'yours is kept'
        : isFromPython
          ? "taken over from the Python service's"
          : 'the one that comes with it';
    },
    undo: () => {
      undo();
    },
  };
}

function linkConfiguration(): void {
  const isThere = lstatSync(CONFIG_LINK, { throwIfNoEntry: false }) !== undefined;
  if (!isThere) {
    symlinkSync(CONFIG, CONFIG_LINK);
  }
}

/** A first installation is a dry run; an upgrade leaves it as it is. */
function placeArming(isArmed: boolean, isUpgrade: boolean): Step {
  let undo = (): void => undefined;
  return {
    title: 'Decide whether it ends processes',
    act: () => {
      if (isArmed || !isUpgrade) {
        undo = replaceFile(ARMING, armingText(isArmed), 0o644);
        return isArmed ? 'armed' : 'a dry run, until you arm it';
      }
      return 'as before';
    },
    undo: () => {
      undo();
    },
  };
}

function placeUnit(payload: string): Step {
  let undo = (): void => undefined;
  return {
    title: `Unit ${UNIT}`,
    act: () => {
      const node = visibleNode();
      const text = readFileSync(join(payload, 'service/memory-monitor.service'), 'utf8')
        .replace('@NODE@', node)
        .replace('@PROGRAM@', PROGRAM)
        .replace('@CONFIG@', CONFIG)
        // Where there is no such group, a unit that names it would not start.
        .replace(/^Group=adm\n/m, succeeds('getent', 'group', 'adm') ? '$&' : '');
      undo = replaceFile(UNIT, text, 0o644);
      systemctl('daemon-reload');
      return undefined;
    },
    undo: () => {
      undo();
      systemctl('daemon-reload');
    },
  };
}

/** Nothing of the network and of other users for a service whose plugins need none of it. */
function placeNeeds(needs: PluginNeeds): Step {
  let undo = (): void => undefined;
  return {
    title: 'Let the service have what its plugins need',
    act: () => {
      const text = needsDropIn(needs);
      undo = text === undefined ? removeFile(PLUGIN_NEEDS) : replaceFile(PLUGIN_NEEDS, text, 0o644);
      systemctl('daemon-reload');
      const names = [...new Set([...needs.network, ...needs.isolated])];
      return names.length === 0 ? 'nothing' : `for ${names.join(', ')}`;
    },
    undo: () => {
      undo();
      systemctl('daemon-reload');
    },
  };
}

function placeLogrotate(payload: string): Step {
  let undo = (): void => undefined;
  return {
    title: `Log rotation ${LOGROTATE}`,
    act: () => {
      const text = readFileSync(join(payload, 'service/memory-monitor.logrotate'), 'utf8');
      undo = replaceFile(LOGROTATE, text, 0o644);
      return undefined;
    },
    undo: () => {
      undo();
    },
  };
}

/** Comes last, so that its failure takes everything back; the program before it is then started again. */
function startService(wasActive: boolean, isUpgrade: boolean, hadState: boolean): Step {
  return {
    title: 'Start the service, now and at boot',
    act: () => {
      if (isUpgrade && !wasActive) {
        rmSync(PREVIOUS, { recursive: true, force: true });
        return 'it was stopped, and stays so';
      }
      try {
        systemctl('enable', '--quiet', SERVICE);
        systemctl('restart', SERVICE);
      } catch (error) {
        succeeds('systemctl', ...(isUpgrade ? ['stop'] : ['disable', '--now']), SERVICE);
        if (!hadState) {
          rmSync(STATE_DIRECTORY, { recursive: true, force: true });
        }
        restartOnceTakenBack = wasActive;
        throw error;
      }
      rmSync(PREVIOUS, { recursive: true, force: true });
      return serviceStatusText();
    },
  };
}

let restartOnceTakenBack = false;

/** After a rollback: the version before runs again. */
export function restartPrevious(): boolean {
  return restartOnceTakenBack && existsSync(CURRENT) && succeeds('systemctl', 'restart', SERVICE);
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
