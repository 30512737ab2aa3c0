import { expect } from 'chai';
import { mkdirSync } from 'node:fs';

import { inNamespace, sharedNamespace } from './support/in-namespace.js';
import { ORDINARY_UID } from './support/isolation.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import type { RunningMonitor } from './support/running-monitor.js';

const ZERO = { ram_gb_threshold: 0, ram_percent_threshold: 0, check_interval: 0.25 };
const GRACE = { grace_seconds: 0.5 };

interface Scene {
  readonly monitor: RunningMonitor;
  readonly kept: Readonly<Record<string, Program>>;
  readonly ended: Readonly<Record<string, Program>>;
}

function comm(name: string): string {
  return Buffer.from(name).toString('base64');
}

async function keep(ns: PidNamespace, name?: string, program = {}): Promise<Program> {
  return await ns.hog(
    { megabytes: 0, recordsSignals: true, ...(name === undefined ? {} : { comm: comm(name) }) },
    program,
  );
}

async function end(ns: PidNamespace, name?: string, program = {}): Promise<Program> {
  return await ns.hog({ megabytes: 0, ...(name === undefined ? {} : { comm: comm(name) }) }, program);
}

/** Containers often lack the right to lower it (CAP_SYS_RESOURCE); there a file that says so is laid over it. */
async function protectFromOomKiller(ns: PidNamespace, { pid }: Program): Promise<void> {
  const file = `/proc/${pid}/oom_score_adj`;
  const fake = ns.path('oom_score_adj');
  await ns.shell(`echo -1000 > ${fake}; cat ${fake} > ${file} || mount --bind ${fake} ${file}`);
}

/** Waits until the unprotected are gone, and the protected have been looked at a few times more. */
async function settle({ monitor, ended }: Scene): Promise<void> {
  await Promise.all(Object.values(ended).map(async (program) => await program.ended()));
  await monitor.scans(5);
}

function expectUntouched(scene: Scene, which: string): void {
  const program = scene.kept[which]!;
  expect(program.signals).to.deep.equal([]);
  expect(program.exit).to.equal(undefined);
  expect(scene.monitor.kills(program.pid)).to.deep.equal([]);
}

describe('a whitelist, with limits of zero,', () => {
  const test = sharedNamespace(async (ns): Promise<Scene> => {
    mkdirSync(ns.path('guarded-tool'));
    const kept = {
      byPid: await keep(ns, 'just-a-number'),
      byExecutable: await keep(ns, undefined, { file: ns.nodeNamed('Guarded-Tool') }),
      byComm: await keep(ns, 'kept-by-comm'),
      byExpression: await keep(ns, 'rx-worker-17'),
      byLongExecutable: await keep(ns, 'important-simul', { file: ns.nodeNamed('important-simulation') }),
      byLongArgument: await keep(ns, 'very-long-servi', { argv0: 'very-long-service-name' }),
      byNameAndUser: await keep(ns, 'shared-name'),
    };
    const ended = {
      unnamed: await end(ns, 'anybody'),
      inDirectory: await end(ns, 'in-directory', { file: ns.nodeNamed('guarded-tool/worker') }),
      withArgument: await end(ns, 'argument', {
        args: ['-e', 'console.log("ready"); setInterval(() => {}, 1000)', 'guarded-tool'],
      }),
      withArgv0: await end(ns, 'borrowed', { argv0: 'guarded-tool' }),
      withLongArgv0: await end(ns, 'exactly-15-byte', { argv0: 'guarded-tool' }),
      almostExpression: await end(ns, 'rx-worker-17b'),
    };
    const names = [
      'GUARDED-TOOL',
      'Kept-By-Comm',
      '/^rx-worker-\\d+$/',
      'important-simulation',
      'very-long-service-name',
      { name: 'shared-name', user: 'root' },
    ];
    const whitelist = { pids: [1, kept.byPid.pid], names };
    const monitor = await ns.monitor({ config: { thresholds: ZERO, whitelist, settings: GRACE } });
    const scene = { monitor, kept, ended };
    await settle(scene);
    return scene;
  });

  for (const [title, which] of [
    ['keeps a process by its PID', 'byPid'],
    ["keeps a process by its executable's name, in another case", 'byExecutable'],
    ["keeps a process by the kernel's name for it, in another case", 'byComm'],
    ['keeps a process by a regular expression', 'byExpression'],
    ["keeps a process by a name of 20 characters that the executable's name completes", 'byLongExecutable'],
    ['keeps a process by a name of 22 characters that argv[0] completes', 'byLongArgument'],
    ["keeps a process by a name and its owner's name", 'byNameAndUser'],
  ] as const) {
    test(title, (scene) => {
      expectUntouched(scene, which);
    });
  }

  for (const [title, which] of [
    ['leaves out who is not on it', 'unnamed'],
    ['leaves out who runs from a directory that is named like an entry', 'inDirectory'],
    ['leaves out who has an argument that is named like an entry', 'withArgument'],
    ['leaves out who calls itself like an entry in argv[0]', 'withArgv0'],
    ["leaves out whose argv[0] does not continue the kernel's cut name", 'withLongArgv0'],
    ['leaves out who only almost fits a regular expression', 'almostExpression'],
  ] as const) {
    test(title, ({ ended, monitor }) => {
      const program = ended[which]!;
      expect(program.exit).to.include({ signal: 'SIGTERM' });
      expect(monitor.kills(program.pid)).to.have.lengthOf(1);
    });
  }
});

describe('a whitelist of users, with limits of zero,', () => {
  const asNobody = { uid: ORDINARY_UID, gid: ORDINARY_UID };

  const test = sharedNamespace(
    async (ns): Promise<Scene> => {
      const kept = {
        byUser: await keep(ns, 'a-user', asNobody),
        byNameAndUser: await keep(ns, 'shared-name'),
        never: await keep(ns, 'never-by-oom'),
      };
      await protectFromOomKiller(ns, kept.never);
      const other = { uid: ORDINARY_UID - 1, gid: ORDINARY_UID - 1 };
      const ended = { root: await end(ns, 'a-user'), otherOwner: await end(ns, 'shared-name', other) };
      const whitelist = { users: ['nobody'], names: [{ name: 'shared-name', user: 'root' }] };
      const monitor = await ns.monitor({ config: { thresholds: ZERO, whitelist, settings: GRACE } });
      const scene = { monitor, kept, ended };
      await settle(scene);
      return scene;
    },
    ['root', 'other users'],
  );

  test("keeps that user's processes", (scene) => {
    expectUntouched(scene, 'byUser');
    expect(scene.ended['root']!.exit).to.include({ signal: 'SIGTERM' });
  });

  test('keeps a name for the user that it is given with, and for no other', (scene) => {
    expectUntouched(scene, 'byNameAndUser');
    expect(scene.ended['otherOwner']!.exit).to.include({ signal: 'SIGTERM' });
  });

  test('is not needed by a process whose oom_score_adj is -1000', (scene) => {
    expectUntouched(scene, 'never');
  });
});

describe('a whitelist with the user root, with limits of zero,', () => {
  inNamespace("keeps every process of root's", async (ns) => {
    const bystanders = [await ns.bystander(), await ns.hog({ recordsSignals: true })];
    const monitor = await ns.monitor({ config: { thresholds: ZERO, whitelist: { users: ['root'] } } });
    await monitor.scans(4);
    expect(bystanders.map(({ signals, isAlive }) => ({ signals, isAlive }))).to.deep.equal([
      { signals: [], isAlive: true },
      { signals: [], isAlive: true },
    ]);
    expect(monitor.lines('violation')).to.deep.equal([]);
  });
});

describe('an empty whitelist, with limits of zero,', () => {
  inNamespace('leaves the monitor, its parent shell and PID 1 alone, and nobody else', async (ns) => {
    const others = [
      await ns.hog({ megabytes: 0 }),
      await ns.hog({ megabytes: 0, onSigterm: 'ignore' }),
      await ns.start({ file: '/bin/sleep', args: ['1000'] }),
    ];
    const script = `trap 'echo shell got a signal >&2' TERM INT HUP CONT
      "$@" & echo "monitor is $!" >&2
      wait $!; echo "monitor ended with $?" >&2`;
    const shell = await ns.monitor({
      wrapper: ['/bin/sh', '-c', script, 'sh'],
      config: { thresholds: ZERO, whitelist: { pids: [] }, settings: GRACE },
    });

    const exits = await Promise.all(others.map(async (other) => await other.ended()));
    expect(exits.map(({ signal }) => signal)).to.deep.equal(['SIGTERM', 'SIGKILL', 'SIGTERM']);
    await shell.scans(4);
    expect(shell.kills().map(({ pid }) => pid)).to.have.members(others.map(({ pid }) => pid));
    expect(shell.program.isAlive).to.equal(true);
    expect(ns.init.signals).to.deep.equal([]);

    const monitorPid = Number(/monitor is (\d+)/.exec(shell.errorOutput)?.[1]);
    await ns.signal(monitorPid, 'SIGTERM');
    await shell.program.ended();
    expect(shell.errorOutput).to.equal(`monitor is ${monitorPid}\nmonitor ended with 0\n`);
  });
});
