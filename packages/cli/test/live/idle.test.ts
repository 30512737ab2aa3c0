import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { until } from './support/wait.js';

const PROGRAM = fileURLToPath(new URL('./programs/idle.js', import.meta.url));
const TICKS_AN_HOUR = 3600;
/** On a machine that is busy otherwise, and counts which lines are covered. */
const LONGEST_MS = 180_000;
/** Until then what is remembered fills up. */
const SETTLED_TICKS = 500;
/** Less than 35 bytes a tick, and more than the heap's own ups and downs. */
const MOST_LEFT_BYTES = 120_000;

/** All of them, with limits that nothing reaches. */
const officialPlugins = (spool: string): string => `
[[plugins]]
use = "@memory-monitor/policy-schedule"
config.windows = [{ time = "22:00-06:00", ram_gb_threshold = 2000 }]
[[plugins]]
use = "@memory-monitor/policy-user"
config.rules = [{ users = ["*"], total_gb_threshold = 1000 }]
[[plugins]]
use = "@memory-monitor/notifier-email"
config.admins = ["root@localhost"]
config.spool = "${spool}"
`;

interface Report {
  readonly ticks: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly open: readonly string[];
}

describe('an idle monitor', () => {
  inNamespace(
    'has the same heap, descriptors and threads after an hour of a scan each second',
    async (ns) => {
      const config = ns.path('config.toml');
      const thresholds = { check_interval: 1, ram_gb_threshold: 1000 };
      writeFileSync(config, `${toml({ thresholds })}${officialPlugins(ns.path('spool'))}`);
      const ticks = [SETTLED_TICKS, SETTLED_TICKS + TICKS_AN_HOUR].map(String);
      const program = await ns.start({
        file: process.execPath,
        // Compiled code counts as heap, and goes on growing: without it, objects are what counts.
        args: ['--expose-gc', '--no-opt', '--no-sparkplug', PROGRAM, config, 'proc', ...ticks],
      });
      expect(await until('an hour of ticks', () => program.exit, LONGEST_MS)).to.include({ code: 0 });
      const [early, late] = program.lines.map((line) => JSON.parse(line) as Report) as [Report, Report];
      expect(late.ticks - early.ticks).to.equal(TICKS_AN_HOUR);
      expect(late.heapBytes - early.heapBytes, 'bytes that an hour leaves').to.be.below(MOST_LEFT_BYTES);
      expect(late.descriptors, `${late.open.join('\n')}\ninstead of\n${early.open.join('\n')}`).to.equal(
        early.descriptors,
      );
      expect(late.threads).to.equal(early.threads);
    },
    { timeoutMs: 2 * LONGEST_MS },
  );
});
