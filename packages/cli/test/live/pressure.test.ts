import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';

import { expect } from 'chai';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { CONTROL_GROUPS, PERL } from './support/isolation.js';
import { hogProgram, type PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import { until } from './support/wait.js';

/** Every machine has less than that available: who is worth ending is ended, and the machine itself is never in danger. */
const ALWAYS_SHORT = 100;
const GB = 1024 ** 3;

type PluginConfig = NonNullable<NonNullable<Parameters<typeof toml>[0]['plugins']>[number]['config']>;

function pressure(config: PluginConfig, tables: Parameters<typeof toml>[0] = {}): string {
  return toml({
    thresholds: { ram_gb_threshold: 1000 },
    ...tables,
    plugins: [{ use: '@memory-monitor/policy-pressure', config }],
  });
}

/** A hog, as the leader of a session, with processes beside it; each says what it is and its PID. */
async function sessionWith(ns: PidNamespace, before: string): Promise<Program> {
  const { file, args = [] } = hogProgram({ megabytes: 300 });
  const words = [file, ...args].map((word) => `'${word}'`).join(' ');
  const hog = await ns.start({ file: 'setsid', args: ['sh', '-c', `${before} exec ${words}`] });
  await hog.says('ready');
  return hog;
}

function pidSaidBy(hog: Program, name: string): number {
  const line = hog.lines.find((said) => said.startsWith(`${name} `)) ?? '';
  return Number(line.split(' ')[1]);
}

/** A zombie that nobody reaps does not run. */
async function isRunning(ns: PidNamespace, pid: number): Promise<boolean> {
  const state = await ns.shell(
    `sed -n 's/^State:[^A-Za-z]*\\(.\\).*/\\1/p' /proc/${pid}/status 2>&1 || true`,
  );
  return /^[RSDTt]\s*$/.test(state);
}

describe('a machine that is short of memory', () => {
  inNamespace('has one process ended, the one that gives most back', async (ns) => {
    const bystander = await ns.start({ file: 'sleep', args: ['1000'] });
    const [small, large] = [await ns.hog({ megabytes: 150 }), await ns.hog({ megabytes: 400 })];
    const monitor = await ns.monitor({
      config: pressure({ available: { soft_percent: ALWAYS_SHORT }, wait_seconds: 3600 }),
    });
    expect((await large.ended()).signal).to.equal('SIGTERM');
    const kill = await monitor.killOf(large.pid);
    expect(kill).to.include({ outcome: 'terminated', rule: 'plugin:policy-pressure', measure: 'anonymous' });
    expect(String(kill['ruleReason'])).to.match(/^the machine is short of memory, soft level/);
    expect(Number(kill['ownBytes'])).to.be.greaterThan(0.39 * GB);
    expect([small.isAlive, bystander.isAlive]).to.deep.equal([true, true]);
  });

  inNamespace('has nobody else ended when enough is available again', async (ns) => {
    // What others take or give back meanwhile is to make no difference.
    const large = await ns.hog({ megabytes: 2000 });
    const other = await ns.hog({ megabytes: 300 });
    const availableGb =
      (Number(/^MemAvailable:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]) * 1024) / GB;
    const monitor = await ns.monitor({
      config: pressure({ available: { soft_gb: availableGb + 1, margin_gb: 0 } }),
    });
    await monitor.killOf(large.pid);
    await monitor.scans(10);
    expect(other.isAlive).to.equal(true);
    expect(monitor.kills()).to.have.length(1);
  });

  inNamespace('waits for nothing at the hard level: no grace period, no cap of kills', async (ns) => {
    const hogs = [
      await ns.hog({ megabytes: 400, onSigterm: 'ignore' }),
      await ns.hog({ megabytes: 300, onSigterm: 'ignore' }),
    ];
    const config = { available: { hard_percent: ALWAYS_SHORT }, wait_seconds: 0.2, pause_seconds: 0 };
    const monitor = await ns.monitor({
      config: pressure(config, { settings: { grace_seconds: 60, max_kills_per_minute: 1 } }),
    });
    for (const hog of hogs) {
      expect((await hog.ended()).signal).to.equal('SIGKILL');
      expect(await monitor.killOf(hog.pid)).to.include({ outcome: 'killed', isUrgent: true });
    }
  });

  describe('with a target', () => {
    const aim = (target: string, whitelist = { names: [] as string[] }): string =>
      pressure({ available: { soft_percent: ALWAYS_SHORT }, target, wait_seconds: 3600 }, { whitelist });
    /** One in a process group of its own, one in that of the hog. */
    const apart = `${PERL} -e 'setpgrp(0, 0); sleep 1000' & echo apart $!;`;
    const companions = `${apart} sleep 1001 & echo member $!;`;

    inNamespace(
      'has the whole session ended, and nobody else',
      async (ns) => {
        const bystander = await ns.start({ file: 'setsid', args: ['sleep', '1000'] });
        const hog = await sessionWith(ns, companions);
        const monitor = await ns.monitor({ config: aim('session') });
        const kill = await monitor.killOf(hog.pid);
        expect(kill).to.include({ outcome: 'terminated', target: 'session', signalled: 3 });
        expect(await isRunning(ns, pidSaidBy(hog, 'member'))).to.equal(false);
        expect(await isRunning(ns, pidSaidBy(hog, 'apart'))).to.equal(false);
        expect(bystander.isAlive).to.equal(true);
      },
      { needs: ['perl'] },
    );

    inNamespace(
      'has the process group ended, and not the rest of the session',
      async (ns) => {
        const hog = await sessionWith(ns, companions);
        const monitor = await ns.monitor({ config: aim('group') });
        expect(await monitor.killOf(hog.pid)).to.include({ target: 'group', signalled: 2 });
        expect(await isRunning(ns, pidSaidBy(hog, 'member'))).to.equal(false);
        expect(await isRunning(ns, pidSaidBy(hog, 'apart'))).to.equal(true);
      },
      { needs: ['perl'] },
    );

    inNamespace(
      'has the violator ended alone where a member is protected',
      async (ns) => {
        const hog = await sessionWith(ns, companions);
        const monitor = await ns.monitor({ config: aim('session', { names: ['perl'] }) });
        const kill = await monitor.killOf(hog.pid);
        expect(kill).to.include({ outcome: 'terminated', target: 'session', signalled: 1 });
        expect(String(kill['reason'])).to.include(
          `only it was signalled: session ${hog.pid} has PID ${pidSaidBy(hog, 'apart')} (perl), which is protected`,
        );
        for (const name of ['member', 'apart']) {
          expect(await isRunning(ns, pidSaidBy(hog, name))).to.equal(true);
        }
      },
      { needs: ['perl'] },
    );

    for (const version of ['v1', 'v2'] as const) {
      const directory = `${CONTROL_GROUPS[version] ?? ''}/memory-monitor-test-${process.pid}`;

      describe(`that is a control group of ${version}`, () => {
        after(async () => {
          await until('the control group to be empty', () => !existsSync(directory) || isRemoved(directory));
        });

        inNamespace(
          'has all of it ended, those that ignore SIGTERM and have children too',
          async (ns) => {
            mkdirSync(directory);
            const enter = `echo $$ > '${directory}/cgroup.procs';`;
            const forker = `sh -c 'trap "" TERM; while :; do sleep 0.05; done' & echo forker $!;`;
            const many = 'for i in $(seq 12); do sleep 1000 & done;';
            const hog = await sessionWith(ns, `${enter} ${many} ${forker}`);
            const bystander = await ns.start({ file: 'sleep', args: ['1000'] });
            const monitor = await ns.monitor({ config: aim('cgroup') });
            const kill = await monitor.killOf(hog.pid);
            expect(kill).to.include({ outcome: 'killed', signal: 'SIGKILL', target: 'cgroup' });
            expect(Number(kill['signalled'])).to.be.at.least(14);
            expect(monitor.errorOutput).to.equal('');
            expect(await isRunning(ns, pidSaidBy(hog, 'forker'))).to.equal(false);
            expect(bystander.isAlive).to.equal(true);
          },
          { needs: [`control groups ${version}`] },
        );
      });
    }
  });
});

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
