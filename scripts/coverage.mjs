// Runs mocha under c8, whose settings are in .c8rc.json. Every module counts, also one that no test loads,
// except those that hold only types: they have nothing to run and would count as uncovered.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = readdirSync('packages').map((name) => join('packages', name, 'dist'));
const modules = packages.flatMap((dist) =>
  readdirSync(dist, { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(dist, file)),
);
const exclude = modules.filter(holdsOnlyTypes).flatMap((file) => ['--exclude', file]);
const { status } = spawnSync('c8', [...exclude, 'mocha', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;

function holdsOnlyTypes(file) {
  const code = readFileSync(file, 'utf8').replace(/\/\*.*?\*\/|\/\/.*$/gms, '');
  return code.trim() === 'export {};';
}
