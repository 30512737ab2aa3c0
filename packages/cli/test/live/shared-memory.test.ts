import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';

import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import { parseLog, type RunningMonitor } from './support/running-monitor.js';

const SHARERS = 5;
const MEGABYTES = 300;
const needs = { needs: ['koffi'] } as const;

/** Five processes that map the same 300 MB of shared memory. The file's name goes as soon as they all have it. */
async function sharers(ns: PidNamespace): Promise<Program[]> {
  const sharedFile = `/dev/shm/memory-monitor-test-${randomUUID()}`;
  try {
    await ns.shell(`truncate -s ${MEGABYTES}M ${sharedFile}`);
    const options = { megabytes: 0, sharedFile, sharedMegabytes: MEGABYTES };
    return await Promise.all(Array.from({ length: SHARERS }, async () => await ns.hog(options)));
  } finally {
    rmSync(sharedFile, { force: true });
  }
}

function alive(programs: readonly Program[]): number {
  return programs.filter(({ isAlive }) => isAlive).length;
}

async function expectAllToLive(ns: PidNamespace, measure: string): Promise<RunningMonitor> {
  const programs = await sharers(ns);
  const monitor = await ns.monitor({ config: { settings: { measure } } });
  await monitor.scans(3);
  expect(alive(programs)).to.equal(SHARERS);
  expect(monitor.kills()).to.deep.equal([]);
  return monitor;
}

describe('five processes that share 300 MB', () => {
  inNamespace(
    'all live when measure is "private"',
    async (ns) => {
      await expectAllToLive(ns, 'private');
    },
    needs,
  );

  inNamespace(
    'all live when measure is "pss", since the share of each is below the limit',
    async (ns) => {
      const monitor = await expectAllToLive(ns, 'pss');
      const lone = await ns.doomedHog();
      expect((await lone.ended()).signal, 'a process with as much of its own').to.equal('SIGTERM');
      const kill = await monitor.killOf(lone.pid);
      expect(kill['usedBytes']).to.equal(kill['pssBytes']);
    },
    needs,
  );

  inNamespace(
    'lose exactly one to a single scan when measure is "rss"',
    async (ns) => {
      const programs = await sharers(ns);
      const monitor = await ns.monitor({ config: {}, options: ['--once'] });
      expect((await monitor.program.ended()).code).to.equal(0);
      expect(alive(programs)).to.equal(SHARERS - 1);
      expect(monitor.kills()).to.have.lengthOf(1);
      expect(monitor.lines('decision').filter(({ action }) => action === 'defer')).to.have.lengthOf(
        SHARERS - 1,
      );
    },
    needs,
  );

  inNamespace(
    'go one after the other when measure is "rss", the rest measured again in between',
    async (ns) => {
      const programs = await sharers(ns);
      const monitor = await ns.monitor({ config: {} });
      await Promise.all(programs.map(async (program) => await program.ended()));
      await Promise.all(programs.map(async ({ pid }) => await monitor.killOf(pid)));

      expect(monitor.kills()).to.have.lengthOf(SHARERS);
      expect(Math.max(...monitor.lines('scan').map(({ killed }) => Number(killed)))).to.equal(1);
      const waiting = monitor.lines('decision').find(({ action }) => action === 'defer');
      expect(waiting?.['reason']).to.match(/^most of its memory is shared: PID \d+ goes first/);
      expectOneAtATime(monitor);
    },
    needs,
  );
});

/** Whenever one is about to be ended, the one before has gone, and a new scan has begun since. */
function expectOneAtATime(monitor: RunningMonitor): void {
  let underWay: unknown;
  let scansSince = 1;
  for (const { event, action, phase, pid } of parseLog(monitor.output)) {
    if (event === 'memory') {
      scansSince += 1;
    } else if (pid === underWay && (event === 'kill' || phase === 'ended')) {
      underWay = undefined;
    } else if (event === 'decision' && action === 'kill') {
      expect({ underWay, isNewScan: scansSince > 0 }).to.deep.equal({ underWay: undefined, isNewScan: true });
      underWay = pid;
      scansSince = 0;
    }
  }
}
