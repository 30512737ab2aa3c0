import { statSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import { COMMAND, ORDINARY_UID } from './support/isolation.js';
import type { PidNamespace } from './support/namespace.js';
import { until } from './support/wait.js';

interface Status {
  readonly pid: number;
  readonly monitor: {
    readonly dryRun: boolean;
    readonly scans: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly violations: readonly { readonly pid: number; readonly action: string }[];
    readonly configErrors: readonly string[];
  };
}

const withSocket = (ns: PidNamespace) => ({ control_socket: ns.path('control.sock') });

async function statusOf(ns: PidNamespace): Promise<Status> {
  return JSON.parse(await ns.command('status', '--json', '--socket', ns.path('control.sock'))) as Status;
}

describe('the control socket', () => {
  inNamespace('tells how the running monitor fares', async (ns) => {
    const victim = await ns.hog();
    const spared = await ns.hog();
    const config = { settings: withSocket(ns), whitelist: { pids: [1] } };
    const monitor = await ns.monitor({ config });
    await monitor.killOf(victim.pid);
    await monitor.killOf(spared.pid);
    const status = await statusOf(ns);
    expect(status.pid).to.equal(monitor.pid);
    expect(status.monitor).to.deep.include({ dryRun: false, outcomes: { terminated: 2 }, violations: [] });
    expect(status.monitor.scans).to.be.at.least(1);
    const text = await ns.command('status', '--socket', ns.path('control.sock'));
    expect(text).to.match(new RegExp(`^Memory Monitor \\S+, PID ${monitor.pid}, armed, for `));
    expect(text).to.include('Ended since the start: 2 terminated');
  });

  inNamespace('shows who is over the limit now, and why a reload was refused', async (ns) => {
    const hog = await ns.hog();
    const config = { settings: { ...withSocket(ns), dry_run: true } };
    const monitor = await ns.monitor({ config });
    await monitor.killOf(hog.pid);
    await monitor.reload('[thresholds]\nram_gb_threshold = "plenty"\n');
    const status = await statusOf(ns);
    expect(status.monitor.violations.map(({ pid, action }) => [pid, action])).to.deep.equal([
      [hog.pid, 'kill'],
    ]);
    expect(status.monitor.configErrors[0]).to.match(/\.toml:2:20: /);
    expect(await ns.command('status', '--socket', ns.path('control.sock'))).to.match(
      /NOT in force, since it has a mistake: .*\.toml:2:20: /,
    );
  });

  inNamespace(
    'is for its owner alone',
    async (ns) => {
      const monitor = await ns.monitor({ config: { settings: withSocket(ns) } });
      await monitor.told('scan');
      expect(statSync(ns.path('control.sock')).mode & 0o777).to.equal(0o600);
      const other = await ns.start({
        file: process.execPath,
        args: [
          '-e',
          `require('net').connect('${ns.path('control.sock')}').on('error', (e) => process.exit(e.code === 'EACCES' ? 13 : 1)).on('connect', () => process.exit(0))`,
        ],
        uid: ORDINARY_UID,
        gid: ORDINARY_UID,
      });
      expect(await other.ended()).to.include({ code: 13 });
    },
    { needs: ['other users'] },
  );

  inNamespace('that a killed monitor has left behind is taken over by the next one', async (ns) => {
    const config = { settings: withSocket(ns) };
    const first = await ns.monitor({ config });
    await first.told('scan');
    await ns.signal(first.pid, 'SIGKILL');
    await first.program.ended();
    const second = await ns.monitor({ config });
    await second.told('scan');
    expect((await statusOf(ns)).pid).to.equal(second.pid);
    expect(second.lines('log')).to.deep.equal([]);
  });

  inNamespace(
    'of a running monitor is left to it by another one, which says so and does its job',
    async (ns) => {
      const config = { settings: withSocket(ns) };
      const first = await ns.monitor({ config: { ...config, thresholds: { ram_gb_threshold: 1000 } } });
      await first.told('scan');
      const second = await ns.monitor({ config });
      const trouble = await second.told('log');
      expect(trouble.msg).to.match(/no control socket, .*another monitor answers at/);
      expect((await statusOf(ns)).pid).to.equal(first.pid);
      const victim = await ns.doomedHog();
      expect((await victim.ended()).signal).to.equal('SIGTERM');
    },
  );

  inNamespace('that can not be had is one line, and the monitor does its job', async (ns) => {
    writeFileSync(ns.path('file'), '');
    const settings = { control_socket: ns.path('file', 'control.sock') };
    const monitor = await ns.monitor({ config: { settings } });
    const trouble = await monitor.told('log');
    expect(trouble.msg).to.match(/^There is no control socket, so status, plugins and explain can not ask/);
    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(monitor.lines('log')).to.have.lengthOf(1);
  });

  inNamespace(
    'answers nonsense with an error, survives hangers-on, and the monitor stops at once',
    async (ns) => {
      const monitor = await ns.monitor({ config: { settings: withSocket(ns) } });
      await monitor.told('scan');
      const socket = ns.path('control.sock');
      const nonsense = await ns.shell(
        `curl -s --unix-socket ${socket} http://x/nothing; curl -s --unix-socket ${socket} http://x/explain/999999; ` +
          `curl -s -X POST --unix-socket ${socket} http://x/status; curl -s --unix-socket ${socket} http://x/explain/%ZZ`,
      );
      const answers = nonsense
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
      expect(answers).to.deep.equal([
        'MM_ERR_USAGE',
        'MM_ERR_NO_SUCH_PROCESS',
        'MM_ERR_USAGE',
        'MM_ERR_USAGE',
      ]);
      const connect = `require('net').connect('${socket}').on('error', () => 0).write('GET /sta'); setInterval(() => 0, 1e6); console.log('on')`;
      const hangers = await Promise.all(
        Array.from(
          { length: 20 },
          async () => await ns.start({ file: process.execPath, args: ['-e', connect] }),
        ),
      );
      await Promise.all(hangers.map(async (hanger) => await hanger.says('on')));
      await monitor.scans(3);
      await Promise.all(
        hangers.map(async ({ pid }) => {
          await ns.signal(pid, 'SIGKILL');
        }),
      );
      await until('an answer', async () => await statusOf(ns).catch(() => undefined));
      expect((await monitor.stop()).code).to.equal(0);
    },
  );

  inNamespace('that nobody serves is one sentence, with exit status 69', async (ns) => {
    const output = await ns.shell(
      `${process.execPath} ${COMMAND} status --socket ${ns.path('none.sock')} 2>&1; echo "status $?"`,
    );
    expect(output).to.match(
      /^memory-monitor: No monitor answers \(.*none\.sock: nobody listens\); start it .*\(MM_ERR_NOT_RUNNING\)\nstatus 69\n$/,
    );
  });
});
