import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Tally } from './programs/pid-reuse.js';
import { compileC } from './support/compile-c.js';
import { inNamespace } from './support/in-namespace.js';
import { hogProgram, type PidNamespace } from './support/namespace.js';
import { parseLog } from './support/running-monitor.js';
import { until } from './support/wait.js';

const WAITING_MONITOR = fileURLToPath(new URL('./programs/waiting-monitor.js', import.meta.url));

/** Over a limit of 0.02 GB without taking anything: a successor has to be there at once. */
const SMALL = { megabytes: 0, recordsSignals: true };
const LOW_LIMIT = { thresholds: { ram_gb_threshold: 0.02 } };

describe('a process that takes over the PID of a victim', () => {
  inNamespace(
    'between detection and signal is not signalled, though it is over the limit too',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const goAhead = ns.path('go-ahead');
      const monitor = await ns.start({ file: process.execPath, args: [WAITING_MONITOR, goAhead] });
      expect(await monitor.says('deciding')).to.equal(`deciding ${victim.pid}`);
      const started = ns.succeed(victim.pid, hogProgram(SMALL));
      await ns.signal(victim.pid, 'SIGKILL');
      const successor = await started;
      await successor.says('ready');
      writeFileSync(goAhead, '');

      expect(await monitor.ended()).to.include({ code: 0 });
      expect(successor.pid).to.equal(victim.pid);
      const lines = parseLog(monitor.lines.filter((line) => line.startsWith('{')).join('\n') + '\n');
      const kills = lines.filter(({ event }) => event === 'kill');
      expect(kills).to.have.lengthOf(1);
      expect(kills[0]).to.include({ pid: victim.pid, outcome: 'vanished', signal: null });
      expect(lines.filter(({ event }) => event === 'pluginError')).to.deep.equal([]);
      expect(successor.signals).to.deep.equal([]);
      expect(successor.exit).to.equal(undefined);
    },
    { needs: ['chosen PIDs'] },
  );

  inNamespace(
    'during its grace period gets no SIGKILL, and no signal at all',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const started = ns.succeed(victim.pid, hogProgram(SMALL));
      const monitor = await ns.monitor({ config: LOW_LIMIT, options: ['--once'] });
      const successor = await started;
      await successor.says('ready');

      expect(await monitor.program.ended()).to.include({ code: 0 });
      expect(victim.exit).to.include({ signal: 'SIGTERM' });
      expect(successor.pid).to.equal(victim.pid);
      expect(monitor.kills()).to.have.lengthOf(1);
      expect(monitor.kills()[0]).to.include({ pid: victim.pid, outcome: 'terminated', signal: 'SIGTERM' });
      expect(successor.signals).to.deep.equal([]);
      expect(successor.exit).to.equal(undefined);
    },
    { needs: ['chosen PIDs'] },
  );

  inNamespace(
    'is a violator of its own at the next scan',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const started = ns.succeed(victim.pid, hogProgram({ megabytes: 0 }));
      const monitor = await ns.monitor({ config: LOW_LIMIT });
      const successor = await started;

      expect(await successor.ended()).to.include({ signal: 'SIGTERM' });
      await until('both kill lines', () => monitor.kills().length >= 2);
      const [first, second] = monitor.kills();
      expect(first?.['pid']).to.equal(second?.['pid']);
      expect(first?.['startTime']).to.not.equal(second?.['startTime']);
    },
    { needs: ['chosen PIDs'] },
  );
});

const PID_REUSE = fileURLToPath(new URL('./programs/pid-reuse.js', import.meta.url));
const HANDED_ON = [
  'after the scan',
  'before the first look',
  'after the first look',
  'before the check',
  'after the check',
  'before the last look',
  'after the last look',
];

/** Of ten thousand on a machine that is busy otherwise. */
const LONGEST_MS = 300_000;

/** What becomes of signals when PIDs are handed on between any two looks at a process. */
async function handOn(
  ns: PidNamespace,
  kind: 'pid' | 'pidfd',
  rounds: number,
): Promise<Record<string, Tally>> {
  const fifos = [ns.path('commands'), ns.path('answers')];
  execFileSync('mkfifo', fifos);
  await ns.start({ file: compileC('successors', ns.directory), args: fifos });
  const program = await ns.start({
    file: process.execPath,
    args: ['--enable-source-maps', PID_REUSE, kind, String(rounds), ...fifos],
  });
  const exit = await until('ten thousand successors', () => program.exit, LONGEST_MS);
  expect(exit).to.include({ code: 0 });
  return JSON.parse(program.lines[0] ?? '') as Record<string, Tally>;
}

describe('a PID that is handed on between any two looks at its process', () => {
  inNamespace(
    'ten thousand times leads to no wrong signal, by handles',
    async (ns) => {
      const tallies = await handOn(ns, 'pidfd', 10_000);
      expect(tallies['nowhere']?.right).to.equal(tallies['nowhere']?.rounds);
      for (const point of HANDED_ON) {
        expect(tallies[point], point).to.deep.include({ wrong: 0 });
      }
      // Successors that look the same to the last bit are what this is about.
      expect(tallies['after the scan']?.alike).to.be.greaterThan(500);
    },
    { needs: ['chosen PIDs', 'compiler', 'koffi'], timeoutMs: LONGEST_MS },
  );

  inNamespace(
    'leads without handles to no wrong signal, unless the successor comes after the last look',
    async (ns) => {
      const tallies = await handOn(ns, 'pid', 2000);
      expect(tallies['nowhere']?.right).to.equal(tallies['nowhere']?.rounds);
      for (const point of HANDED_ON.slice(0, -1)) {
        expect(tallies[point], point).to.deep.include({ wrong: 0 });
      }
      // What pidfds are for.
      expect(tallies['after the last look']?.wrong).to.be.greaterThan(0);
    },
    { needs: ['chosen PIDs', 'compiler'], timeoutMs: LONGEST_MS },
  );
});
