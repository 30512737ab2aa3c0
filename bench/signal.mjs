// From a sample over the limit to SIGTERM, as the victim gets it, in ticks: a real victim, in a PID namespace of its own.
//   node bench/signal.mjs [--processes 2000] [--rounds 20] [--json FILE]
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile, workDirectory } from './measuring.mjs';
import { runAlone, whyNoNamespace } from './namespace.mjs';
import { missingRow, plainRow, worstRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '20' },
    json: { type: 'string' },
  },
});
const INTERVAL_SECONDS = 1;
const SAMPLE_TO_SIGNAL = 'sample over the limit to SIGTERM';

try {
  writeRows(`Signals at an interval of ${INTERVAL_SECONDS} s`, await measure(), values.json);
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

async function measure() {
  const reason = whyNoNamespace();
  if (reason !== undefined) {
    return [missingRow(SAMPLE_TO_SIGNAL, reason)];
  }
  const rounds = await runAlone(fileURLToPath(new URL('signal-rounds.mjs', import.meta.url)), {
    sleepers: compile('sleepers'),
    victim: compile('victim'),
    processes: Number(values.processes),
    rounds: Number(values.rounds),
    intervalSeconds: INTERVAL_SECONDS,
  });
  const ticks = (ms) => ms / 1000 / INTERVAL_SECONDS;
  return [
    // The tick's own beginning is before any of its samples.
    worstRow(
      SAMPLE_TO_SIGNAL,
      'ticks',
      rounds.map(({ fromTickMs }) => ticks(fromTickMs)),
      1,
    ),
    plainRow(
      'crossing the limit to SIGTERM',
      'ticks',
      rounds.map(({ fromCrossingMs }) => ticks(fromCrossingMs)),
    ),
  ];
}
