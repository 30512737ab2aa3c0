import { NOTHING, type Snapshot } from './snapshot.js';
import { untrusted } from '../trust/require-trusted.js';
import { TrustCheck } from '../trust/trust-check.js';

/**
 * Throws MM_ERR_UNTRUSTED if somebody else than root could change anything that the plugin was made of. Never is a
 * sticky directory trusted: whoever may add to it can plant a `node_modules` there.
 */
export function requireAllTrusted(pluginPath: string, inputs: readonly string[], snapshot: Snapshot): void {
  const check = new TrustCheck();
  const present = Object.keys(snapshot.fingerprints).filter(
    (path) => snapshot.fingerprints[path] !== NOTHING,
  );
  for (const path of new Set([pluginPath, ...inputs, ...snapshot.links, ...present])) {
    const distrust = check.findDistrust(path);
    if (distrust !== undefined) {
      throw untrusted(path, path === pluginPath ? 'a plugin' : `used by the plugin ${pluginPath}`, distrust);
    }
  }
}
