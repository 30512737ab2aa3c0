import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { OWN_NODE, type Layout } from './layout.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';

/** Directories that ProtectHome= hides from the service, systemd.exec(5). */
const HIDDEN = ['/root/', '/home/', '/run/user/'];

export function placeProgram(site: Site, layout: Layout, payload: string): Step {
  let undo: Undo | undefined;
  return {
    title: `Copy the program to ${layout.current}`,
    act: () => {
      const before = site.has(layout.current) ? `, was ${versionOf(site.at(layout.current))}` : '';
      undo = site.replaceProgram(payload, layout);
      return `version ${versionOf(payload)}${before}`;
    },
    undo: () => undo?.(),
  };
}

function versionOf(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}

export function placeCommand(site: Site, { command, program }: Layout, findNode: () => string): Step {
  let undo: Undo | undefined;
  return {
    title: `Make the command ${command}`,
    act: () => {
      const node = findNode();
      undo = site.replaceFile(command, `#!/bin/sh\nexec ${node} ${program} "$@"\n`, 0o755);
      return `with ${node}`;
    },
    undo: () => undo?.(),
  };
}

/** Node as the service can see it: a copy, if it lies in somebody's home (nvm). */
export function visibleNode(site: Site): string {
  const node = realpathSync(process.execPath);
  if (!HIDDEN.some((directory) => node.startsWith(directory))) {
    return node;
  }
  site.copyFile(node, OWN_NODE, 0o755);
  return OWN_NODE;
}
