// How far a hog gets below a threshold before it is signalled: this monitor, earlyoom and nohang, each alone with the hog in a
// PID namespace of its own, in turn. The threshold is below what the machine has available at that moment.
//   node bench/overshoot.mjs [--rounds 9] [--json FILE]
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { contenders } from './contenders.mjs';
import { compile, workDirectory } from './measuring.mjs';
import { runAlone, whyNoNamespace } from './namespace.mjs';
import { besideRow, missingRow, plainRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, json: { type: 'string' } },
});
const GB = 1024 ** 3;
const MIB = 1024 ** 2;
const KIB = 1024;
/** What the hog takes before it crosses the threshold, and what it may take after that: never the machine's last. */
const MOST_HEADROOM_BYTES = 3 * GB;
const MOST_BEYOND_BYTES = 4 * GB;
const FLOOR_BYTES = 2 * GB;
/** The hog gets pages of 2 MB, and each processor holds back some of what it counts: less than this says nothing. */
const RESOLUTION_MIB = 8;
const PHASE_MS = 1000;
const ROUND = fileURLToPath(new URL('overshoot-round.mjs', import.meta.url));
const NAMES = {
  'policy-pressure': 'overshoot, policy-pressure',
  'process limit': 'overshoot, process limit',
};

try {
  writeRows('Overshoot of a hog', await measure(), values.json);
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

async function measure() {
  const roomBytes = availableBytes() - FLOOR_BYTES;
  const reason =
    whyNoNamespace() ?? (roomBytes < 2 * GB ? 'less than 4 GB of memory is available' : undefined);
  if (reason !== undefined) {
    return Object.values(NAMES).map((name) => missingRow(name, reason));
  }
  const headroomBytes = Math.min(MOST_HEADROOM_BYTES, roomBytes / 3);
  const beyondBytes = Math.min(MOST_BEYOND_BYTES, roomBytes / 3);
  const hog = compile('hog');
  const all = Object.entries(contenders(workDirectory));
  const present = all.filter(([, { reason: missing }]) => missing === undefined);
  const results = Object.fromEntries(present.map(([name]) => [name, []]));
  touchFirst(hog, headroomBytes + beyondBytes / 4);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    process.stderr.write(`round ${round + 1} of ${values.rounds}\r`);
    for (const [name, { of }] of present) {
      const phaseMs = Math.round(((round + 0.5) / Number(values.rounds)) * PHASE_MS);
      results[name].push(await roundOf(of, { hog, headroomBytes, beyondBytes, phaseMs }));
    }
  }
  process.stderr.write('\n');
  return rowsOf(all, results);
}

/** A virtual machine gets its memory when it is first touched, which is slow, and fast from then on: the hog alone, up to its own bound. */
function touchFirst(hog, bytes) {
  spawnSync(hog, [join(workDirectory, 'hog-state'), bytes, FLOOR_BYTES / KIB].map(String));
}

async function roundOf(of, { hog, headroomBytes, beyondBytes, phaseMs }) {
  const startKib = availableBytes() / KIB;
  const thresholdKib = Math.round(startKib - headroomBytes / KIB);
  const result = await runAlone(ROUND, {
    ...of({ thresholdKib, headroomBytes }),
    phaseMs,
    hog,
    stateFile: join(workDirectory, 'hog-state'),
    mostBytes: headroomBytes + beyondBytes,
    floorKib: FLOOR_BYTES / KIB,
  });
  const { isSignalled, availableKib } = result;
  if (!isSignalled && result.signal === null) {
    process.stderr.write(`nobody has stopped the hog:\n${result.printed}\n`);
  }
  // One that was killed without a word could not look what was available.
  const takenBytes = isSignalled ? result.takenAtSignalBytes : result.takenBytes;
  const beyondMib = (takenBytes - headroomBytes) / MIB;
  return { belowMib: isSignalled ? (thresholdKib - availableKib) / KIB : beyondMib, beyondMib };
}

function rowsOf(all, results) {
  const belowOf = (name) => results[name].map(({ belowMib }) => belowMib);
  const earlyoom =
    results.earlyoom === undefined ? undefined : { name: 'earlyoom', rounds: belowOf('earlyoom') };
  return all.flatMap(([name, { reason }]) => {
    const title = NAMES[name] ?? `overshoot, ${name}`;
    if (reason !== undefined) {
      return [missingRow(title, reason)];
    }
    if (name === 'process limit') {
      return [
        plainRow(
          title,
          'MiB',
          results[name].map(({ beyondMib }) => beyondMib),
        ),
      ];
    }
    if (earlyoom === undefined || name === 'earlyoom') {
      return [plainRow(title, 'MiB', belowOf(name))];
    }
    const row = besideRow(title, 'MiB', belowOf(name), earlyoom);
    return [{ ...row, noise: Math.max(row.noise, RESOLUTION_MIB / row.beside.median) }];
  });
}

function availableBytes() {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))[1]) * KIB;
}
