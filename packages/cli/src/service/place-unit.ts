import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CONFIG, LOGROTATE, PLUGIN_NEEDS, type Layout } from './layout.js';
import { needsDropIn, type PluginNeeds } from './plugin-needs.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';

export function placeUnit(
  site: Site,
  { unit, program }: Layout,
  payload: string,
  findNode: () => string,
): Step {
  let undo: Undo | undefined;
  return {
    title: `Unit ${unit}`,
    act: () => {
      const text = readFileSync(join(payload, 'service/memory-monitor.service'), 'utf8')
        .replace('@NODE@', findNode())
        .replace('@PROGRAM@', program)
        .replace('@CONFIG@', CONFIG)
        // Where there is no such group, a unit that names it would not start.
        .replace(/^Group=adm\n/m, site.hasGroup('adm') ? '$&' : '');
      undo = site.replaceFile(unit, text, 0o644);
      site.run('systemctl', 'daemon-reload');
      return undefined;
    },
    undo: () => {
      undo?.();
      site.run('systemctl', 'daemon-reload');
    },
  };
}

/** Nothing of the network and of other users for a service whose plugins need none of it. */
export function placeNeeds(site: Site, needs: PluginNeeds, hasOwnUser: boolean): Step {
  let undo: Undo | undefined;
  return {
    title: 'Let the service have what its plugins need',
    act: () => {
      const text = needsDropIn(needs, hasOwnUser);
      undo = text === undefined ? site.removeFile(PLUGIN_NEEDS) : site.replaceFile(PLUGIN_NEEDS, text, 0o644);
      site.run('systemctl', 'daemon-reload');
      const names = [...new Set([...needs.network, ...needs.isolated])];
      return names.length === 0 ? 'nothing' : `for ${names.join(', ')}`;
    },
    undo: () => {
      undo?.();
      site.run('systemctl', 'daemon-reload');
    },
  };
}

export function placeLogrotate(site: Site, payload: string): Step {
  let undo: Undo | undefined;
  return {
    title: `Log rotation ${LOGROTATE}`,
    act: () => {
      const text = readFileSync(join(payload, 'service/memory-monitor.logrotate'), 'utf8');
      undo = site.replaceFile(LOGROTATE, text, 0o644);
      return undefined;
    },
    undo: () => undo?.(),
  };
}
