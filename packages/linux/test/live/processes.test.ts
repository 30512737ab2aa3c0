import { chmodSync, copyFileSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { ProcessSample } from '@memory-monitor/core';
import { expect } from 'chai';

import { PAGE_BYTES } from '#src/proc/page-size.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { SystemClock } from '#src/system-clock.js';
import { SystemUsers } from '#src/users/system-users.js';
import { useActors } from '../support/actors.js';
import { identityOf, stateOf, useChildren, type Child } from '../support/children.js';
import { sampleOf, samplesOf } from '../support/columns.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksCompiler, lacksPidNamespace, lacksRoot, lacksScript } from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const MB = 1024 ** 2;
/**
 * How far statm may be off from Linux 6.2 on: each processor keeps back up to a batch of pages of each of the three
 * counters that make up RSS (`percpu_counter_batch` of lib/percpu_counter.c).
 */
const KERNEL_ERROR_BYTES = 3 * availableParallelism() * Math.max(32, 2 * availableParallelism()) * PAGE_BYTES;
/** What a process of our own takes or gives back between two readings. */
const SLACK_BYTES = 8 * MB;
const UNKNOWN_UID = 2_000_000_001;

describe('a process as /proc shows it', () => {
  const directory = useTemporaryDirectory();
  const start = useChildren();
  const startActor = useActors();
  let source: LinuxProcessSource;

  beforeEach(() => {
    source = new LinuxProcessSource();
  });

  const scanFor = (pid: number): ProcessSample | undefined => sampleOf(source.scan(), pid);
  const inspect = (pid: number) => source.inspect(identityOf(pid));
  /** Runs a copy of sleep(1) under this name, and waits until it is that. */
  const startNamed = async (name: string | Buffer): Promise<Child> => {
    const path = Buffer.concat([Buffer.from(`${directory()}/`), Buffer.from(name)]);
    copyFileSync('/bin/sleep', path);
    chmodSync(path, 0o755);
    return await executed(start(path.toString(), ['1000']), path.toString());
  };
  /** Between fork and exec a child still is what its parent was. */
  const executed = async (child: Child, path: string): Promise<Child> => {
    await eventually(`exec of ${path}`, () => inspect(child.pid)?.executable !== process.execPath);
    return child;
  };

  it('has the memory that Node says it has', () => {
    const { rss } = process.memoryUsage();
    const sample = scanFor(process.pid);
    expect(sample?.rssBytes).to.be.closeTo(rss, KERNEL_ERROR_BYTES + SLACK_BYTES);
    expect(sample?.sharedBytes).to.be.within(1, rss);
    expect(inspect(process.pid)?.rssBytes).to.be.closeTo(rss, KERNEL_ERROR_BYTES + SLACK_BYTES);
  });

  it('shows what it takes in addition', () => {
    const before = scanFor(process.pid)!.rssBytes;
    const memory = Buffer.alloc(100 * MB, 1);
    expect(scanFor(process.pid)!.rssBytes - before).to.be.closeTo(
      memory.length,
      KERNEL_ERROR_BYTES + 2 * SLACK_BYTES,
    );
  });

  it('is there with its owner and its start time, and nobody is there twice', () => {
    const child = start('sleep', ['1000']);
    const samples = samplesOf(source.scan());
    const pids = samples.map(({ pid }) => pid);
    expect(new Set(pids).size).to.equal(pids.length);
    expect(pids).to.include.members([1, process.pid, child.pid]);
    expect(samples.find(({ pid }) => pid === child.pid)).to.include({
      ...identityOf(child.pid),
      uid: process.getuid!(),
    });
  });

  it('started when it was started', () => {
    const beganMs = Date.now();
    const child = start('sleep', ['1000']);
    expect(inspect(child.pid)?.startedAtMs).to.be.closeTo(beganMs, 1000);
  });

  it('has a parent, ancestors, a session, a control group, and no terminal in a session of its own', async () => {
    const child = await executed(start('sleep', ['1000'], { detached: true }), 'sleep');
    const inspection = inspect(child.pid)!;
    expect(inspection).to.include({
      parentPid: process.pid,
      sessionId: child.pid,
      terminal: undefined,
      isKernelThread: false,
      isExiting: false,
      gid: process.getgid!(),
    });
    expect(inspection.ancestors.slice(0, 2)).to.deep.equal([process.pid, process.ppid]);
    expect(inspection.ancestors.at(-1)).to.equal(1);
    expect(inspection.cgroup ?? '/').to.match(/^\//);
  });

  it('has the oom_score_adj that it was given', async () => {
    const child = await executed(start('sleep', ['1000']), 'sleep');
    writeFileSync(`/proc/${child.pid}/oom_score_adj`, '777');
    expect(inspect(child.pid)?.oomScoreAdj).to.equal(777);
  });

  it('is not there once it has gone', async () => {
    const child = start('sleep', ['1000']);
    const identity = identityOf(child.pid);
    expect(scanFor(child.pid)).to.not.equal(undefined);
    child.process.kill('SIGKILL');
    await child.ended();
    expect(scanFor(child.pid)).to.equal(undefined);
    expect(source.inspect(identity)).to.equal(undefined);
    expect(await source.inspectSlowly(identity, { commandLine: true, pss: true }, 1000)).to.deep.equal({
      commandLine: undefined,
      pssBytes: undefined,
    });
  });

  describe('has the name', () => {
    for (const name of ['a b', '()()))((', 'x) R 1 1 1', 'a\nUid:\t0', 'größe', '.hidden']) {
      it(JSON.stringify(name), async () => {
        const { pid } = await startNamed(name);
        expect(inspect(pid)).to.include({ ...identityOf(pid), uid: process.getuid!(), comm: name, name });
        expect(inspect(pid)).to.include({ isCommCut: false, executable: join(directory(), name) });
        expect(scanFor(pid)).to.include({ ...identityOf(pid), uid: process.getuid!() });
      });
    }

    it('of its executable, in full, where that is longer than 15 bytes', async () => {
      const name = 'twenty-characters-xx';
      const { pid } = await startNamed(name);
      expect(inspect(pid)).to.include({
        comm: 'twenty-characte',
        name,
        isCommCut: false,
        executableName: name,
      });
    });

    it('of its executable, in full, also after that was deleted', async () => {
      const name = 'twenty-characters-xx';
      const { pid } = await startNamed(name);
      unlinkSync(join(directory(), name));
      expect(inspect(pid)).to.include({ name, executable: join(directory(), name), executableName: name });
    });

    it('of a script, cut at 15 bytes, since its executable is the shell', async () => {
      const path = join(directory(), 'a-script-with-a-long-name');
      writeFileSync(path, '#!/bin/sh\nread line\n', { mode: 0o755 });
      const { pid } = await executed(start(path), path);
      expect(inspect(pid)).to.include({ comm: 'a-script-with-a', name: 'a-script-with-a', isCommCut: true });
    });

    itWhere(lacksCompiler, 'that it has given itself, of any bytes', async () => {
      const bytes = Buffer.from([0x29, 0x20, 0xff, 0x0a, 0x28, 0x80, 0x29]);
      const actor = await startActor('named', bytes.toString('hex'));
      expect(inspect(actor.pid)).to.include({ comm: bytes.toString(), name: bytes.toString() });
      expect(scanFor(actor.pid)).to.include({ ...identityOf(actor.pid), uid: process.getuid!() });
    });
  });

  itWhere(firstLack(lacksRoot, lacksCompiler), 'that is not dumpable belongs to who runs it', async () => {
    const actor = await startActor('undumpable', 65_534);
    expect(scanFor(actor.pid)?.uid).to.equal(65_534);
    expect(inspect(actor.pid)).to.include({ uid: 65_534, gid: 65_534 });
  });

  itWhere(lacksRoot, 'may belong to somebody whom the user database does not know', async () => {
    const child = start('/bin/sleep', ['1000'], { uid: UNKNOWN_UID, gid: UNKNOWN_UID });
    await executed(child, 'sleep');
    expect(scanFor(child.pid)?.uid).to.equal(UNKNOWN_UID);
    const users = new SystemUsers(new SystemClock());
    await users.resolve({ uids: [UNKNOWN_UID] }, 5000);
    expect(users.userName(UNKNOWN_UID)).to.equal(String(UNKNOWN_UID));
  });

  itWhere(lacksCompiler, 'that is a zombie is not alive', async () => {
    const actor = await startActor('parent', 'of a zombie');
    const [pid = 0] = actor.pids;
    const identity = identityOf(pid);
    expect(source.inspector.isAlive(identity)).to.equal(true);
    process.kill(pid, 'SIGKILL');
    await eventually('the zombie', () => stateOf(pid) === 'Z');
    expect(source.inspector.isAlive(identity)).to.equal(false);
    expect(source.inspect(identity)).to.equal(undefined);
    expect(scanFor(pid)?.rssBytes ?? 0).to.equal(0);
  });

  itWhere(
    lacksCompiler,
    'whose first thread has ended still shows its memory, its name and its executable',
    async () => {
      const actor = await startActor('headless', 60);
      expect(stateOf(actor.pid)).to.equal('Z');
      expect(scanFor(actor.pid)?.rssBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + SLACK_BYTES);
      const inspection = inspect(actor.pid)!;
      expect(inspection.rssBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + SLACK_BYTES);
      expect(inspection.anonymousBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + SLACK_BYTES);
      expect(inspection).to.include({ name: 'actor', executableName: 'actor', isExiting: false });
      expect(source.inspector.isAlive(identityOf(actor.pid))).to.equal(true);
    },
  );

  itWhere(
    lacksCompiler,
    'that hides its memory among 900 threads that have ended is unreadable first, and shows it within a few scans',
    async () => {
      const actor = await startActor('hidden', 900);
      const [pid = 0] = actor.pids;
      const first = source.scan();
      expect(sampleOf(first, pid)).to.equal(undefined);
      const scans = Array.from({ length: 9 }, () => source.scan()).map((columns) => ({
        rssBytes: sampleOf(columns, pid)?.rssBytes ?? 0,
        unreadable: columns.unreadable,
      }));
      expect(scans.at(-1)?.rssBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + 2 * SLACK_BYTES);
      expect(scans.at(-1)?.unreadable).to.equal(first.unreadable - 1);
      expect(inspect(pid)?.rssBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + 2 * SLACK_BYTES);
    },
  );

  itWhere(lacksCompiler, 'between vfork and exec is not inspected with its parent’s memory', async () => {
    const actor = await startActor('vforking', 60);
    const [child = 0, parent = 0] = actor.pids;
    expect(inspect(child)).to.equal(undefined);
    expect(inspect(parent)?.rssBytes).to.be.greaterThan(60 * MB - KERNEL_ERROR_BYTES);
  });

  itWhere(lacksCompiler, 'shows what it shares', async () => {
    const actor = await startActor('sharing', 60);
    const [child = 0] = actor.pids;
    const { rssBytes, sharedBytes } = scanFor(child)!;
    expect(sharedBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, rssBytes);
    const inspection = inspect(child)!;
    expect(inspection.sharedMemoryBytes).to.be.within(60 * MB - KERNEL_ERROR_BYTES, 60 * MB + SLACK_BYTES);
    expect(inspection.anonymousBytes).to.be.lessThan(SLACK_BYTES);
  });

  itWhere(lacksKernelThreads(), 'that is a kernel thread is one, and has no memory', async () => {
    expect(scanFor(2)?.rssBytes).to.equal(0);
    expect(inspect(2)).to.include({ isKernelThread: true, executable: undefined, rssBytes: 0 });
    expect(inspect(process.pid)?.isKernelThread).to.equal(false);
  });

  itWhere(lacksScript, 'has a terminal where it was started from one', async () => {
    const child = start('script', [
      '--quiet',
      '--flush',
      '--command',
      'echo $$; exec sleep 1000',
      '/dev/null',
    ]);
    const pid = Number(await child.firstLine());
    expect(inspect(pid)?.terminal).to.match(/^pts\/\d+$/);
  });

  itWhere(
    firstLack(lacksRoot, lacksPidNamespace),
    'that is hidden from us is counted, and is no violator',
    async () => {
      const script = `
      import { LinuxProcessSource } from '#src/process-source.js';
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
      const source = new LinuxProcessSource();
      const { count, unreadable, pid } = source.scan();
      console.log(JSON.stringify({ pids: [...pid.subarray(0, count)], self: process.pid, unreadable }));`;
      const scanWith = (hidepid: string) => {
        const prepare = `mount -o remount,hidepid=${hidepid} /proc && { sleep 1000 & "$@"; }`;
        const command = ['sh', '-c', prepare, 'sh', ...nodeRunning(script)];
        const { stdout } = run('unshare', ['--pid', '--fork', '--mount-proc', ...command]);
        return JSON.parse(stdout) as { pids: number[]; self: number; unreadable: number };
      };
      const invisible = scanWith('2');
      expect(invisible.pids).to.deep.equal([invisible.self]);
      expect(invisible.unreadable).to.equal(0);
      const unreadable = scanWith('1');
      expect(unreadable.pids).to.deep.equal([unreadable.self]);
      expect(unreadable.unreadable).to.be.at.least(2);
      expect(scanWith('0').pids).to.have.length.greaterThan(2);
    },
  );
});

function lacksKernelThreads(): string | undefined {
  try {
    return readFileSync('/proc/2/stat', 'latin1').startsWith('2 (kthreadd)')
      ? undefined
      : 'needs kernel threads that are visible';
  } catch {
    return 'needs kernel threads that are visible';
  }
}
