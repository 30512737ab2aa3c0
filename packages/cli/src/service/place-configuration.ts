import { armingText } from './arming.js';
import {
  ARMING,
  CONFIG,
  CONFIG_DIRECTORY,
  CONFIG_LINK,
  DROP_IN_DIRECTORY,
  LOCAL,
  type Layout,
  PLUGIN_DIRECTORY,
} from './layout.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';

export function placeConfiguration(site: Site, layout: Layout, text: string, isFromPython: boolean): Step {
  let undo: Undo | undefined;
  return {
    title: `Configuration in ${CONFIG_DIRECTORY}`,
    act: () => {
      for (const directory of [CONFIG_DIRECTORY, DROP_IN_DIRECTORY, PLUGIN_DIRECTORY]) {
        site.makeDirectory(directory);
      }
      const isKept = site.has(CONFIG);
      if (!isKept) {
        undo = site.replaceFile(CONFIG, text, 0o644);
      }
      if (layout === LOCAL) {
        site.link(CONFIG_LINK, CONFIG);
      }
      return isKept
        ? 'yours is kept'
        : isFromPython
          ? "taken over from the Python service's"
          : 'the one that comes with it';
    },
    undo: () => undo?.(),
  };
}

/** A first installation is a dry run; an upgrade leaves it as it is. */
export function placeArming(site: Site, isArmed: boolean, isUpgrade: boolean): Step {
  let undo: Undo | undefined;
  return {
    title: 'Decide whether it ends processes',
    act: () => {
      if (isArmed || !isUpgrade) {
        undo = site.replaceFile(ARMING, armingText(isArmed), 0o644);
        return isArmed ? 'armed' : 'a dry run, until you arm it';
      }
      return 'as before';
    },
    undo: () => undo?.(),
  };
}
