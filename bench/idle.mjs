// What an idle monitor holds after so many ticks, on a clock that runs ahead: heap, descriptors and threads. All official plugins, on the
// real /proc of a PID namespace of its own, and on a fake machine.
//   node bench/idle.mjs [--ticks 100000] [--json FILE]
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { workDirectory } from './measuring.mjs';
import { bundledPlugins, PLUGINS, writeConfig } from './monitor.mjs';
import { whyNoNamespace } from './namespace.mjs';
import { missingRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: { ticks: { type: 'string', default: '100000' }, json: { type: 'string' } },
});
const PROGRAM = fileURLToPath(new URL('../packages/cli/dist-test/live/programs/idle.js', import.meta.url));
/** Until then code is compiled, and what is remembered fills up. */
const SETTLED_TICKS = 1000;
const BYTES_PER_MIB = 1024 ** 2;
const SOURCES = { proc: 'real /proc', fake: 'fake machine' };

if (!existsSync(PROGRAM)) {
  throw new Error('The programs of the tests are not built: run "npm run build" first.');
}
try {
  const config = writeConfig('idle', {
    plugins: bundledPlugins()
      .map((name) => PLUGINS[name])
      .join(''),
  });
  const rows = await Promise.all(Object.keys(SOURCES).map((source) => rowsOf(source, config)));
  writeRows('An idle monitor', rows.flat(), values.json);
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

async function rowsOf(source, config) {
  const place = `${SOURCES[source]}, ${Number(values.ticks).toLocaleString('en')} ticks`;
  const reason = whyNoNamespace();
  if (source === 'proc' && reason !== undefined) {
    return [missingRow(`heap, ${place}`, reason)];
  }
  const alone = source === 'proc' ? ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] : [];
  const [file, ...args] = [
    ...alone,
    process.execPath,
    '--expose-gc',
    PROGRAM,
    config,
    source,
    String(SETTLED_TICKS),
    values.ticks,
  ];
  const { stdout } = await promisify(execFile)(file, args);
  const [early, late] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const row = (name, unit, key, scale = 1) => ({
    name: `${name}, ${place}`,
    unit,
    median: late[key] / scale,
    low: late[key] / scale,
    high: late[key] / scale,
    beside: { name: `after ${SETTLED_TICKS.toLocaleString('en')}`, median: early[key] / scale },
    ratio: late[key] / early[key],
    noise: 0,
  });
  return [
    row('heap', 'MiB', 'heapBytes', BYTES_PER_MIB),
    row('descriptors', 'open', 'descriptors'),
    row('threads', 'running', 'threads'),
  ];
}
