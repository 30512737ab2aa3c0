import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSIONS = [20, 22, 24];

export interface NodeVersion {
  readonly version: number;
  /** The executable; undefined where it is not to be had. */
  readonly path: string | undefined;
}

/** Every supported version of Node: the one that runs the tests, and what `npm run nodes` has brought. */
export const NODE_VERSIONS: readonly NodeVersion[] = VERSIONS.map((version) => ({
  version,
  path: Number(process.versions.node.split('.')[0]) === version ? process.execPath : broughtNode(version),
}));

function broughtNode(version: number): string | undefined {
  const place = `node_modules/.cache/memory-monitor/node-${version}/node_modules/node-linux-${process.arch}/bin/node`;
  const path = fileURLToPath(new URL(`../../../../../${place}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}
