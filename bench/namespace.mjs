// A PID namespace of its own: the only place where something that ends processes is ever started by the benchmark.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const NEW_NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** Why this machine can't make one; undefined if it can. */
export function whyNoNamespace() {
  if (process.getuid() !== 0) {
    return 'needs root';
  }
  return spawnSync('unshare', [...NEW_NAMESPACE, 'true']).status === 0
    ? undefined
    : 'unshare --pid does not work here';
}

/** Runs a script as PID 1 of a namespace; resolves with what it has handed back by `handBack`. */
export async function runAlone(script, input) {
  const child = spawn(
    'unshare',
    [...NEW_NAMESPACE, process.execPath, script, readlinkSync('/proc/self/ns/pid'), JSON.stringify(input)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  const [status, signal] = await once(child, 'close');
  if (status !== 0) {
    throw new Error(`${script} ended with ${signal ?? `status ${status}`}`);
  }
  return JSON.parse(printed);
}

/** What `runAlone` was given, after a look around: nobody else may be there, and `/proc` may show nobody else. */
export function takeInput() {
  const [outerNamespace, input] = process.argv.slice(2);
  const seen = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const [parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8')).slice(1);
  const isAlone =
    outerNamespace !== undefined &&
    process.pid === 1 &&
    parent === '0' &&
    readlinkSync('/proc/self') === '1' &&
    readlinkSync('/proc/self/ns/pid') !== outerNamespace &&
    seen.join() === '1';
  if (!isAlone) {
    throw new Error('This is no PID namespace of its own: nothing that ends processes is started here.');
  }
  return JSON.parse(input);
}

/** Ends the namespace with everything in it. */
export function handBack(result) {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
