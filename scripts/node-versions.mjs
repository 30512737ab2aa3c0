// Brings the other supported versions of Node, from npm, for tests that run on each of them:
//   npm run nodes
// They land below node_modules/.cache; tests that do not find them are skipped, with that reason.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = [20, 22, 24];
const cache = fileURLToPath(new URL('../node_modules/.cache/memory-monitor/', import.meta.url));
const name = `node-linux-${process.arch}`;

for (const version of VERSIONS) {
  const directory = join(cache, `node-${version}`);
  const binary = join(directory, 'node_modules', name, 'bin/node');
  if (Number(process.versions.node.split('.')[0]) === version || existsSync(binary)) continue;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${version}`], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`Node ${version}: ${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()}`);
}
