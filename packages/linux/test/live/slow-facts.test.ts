import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { LinuxProcessSource } from '#src/process-source.js';
import { useActors } from '../support/actors.js';
import { identityOf, stateOf, useChildren } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { FakeProc } from '../support/fake-proc.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksCompiler, lacksMount, lacksRoot } from '../support/lacks.js';
import { withLoopDelay } from '../support/loop-delay.js';
import { nodeRunning, PACKAGE_ROOT, run } from '../support/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const MB = 1024 ** 2;
const DEADLINE_MS = 800;
/** Starting a program takes a moment, more of it on a busy machine. */
const LATEST_MS = DEADLINE_MS + 1500;
const LONGEST_STALL_MS = 600;
const ALL = { commandLine: true, pss: true };
const NOTHING = { commandLine: undefined, pssBytes: undefined };

const lacksHang = firstLack(
  lacksRoot,
  lacksCompiler,
  existsSync('/dev/fuse') ? undefined : 'needs /dev/fuse',
  lacksMount,
);

describe('slow facts', () => {
  const directory = useTemporaryDirectory();
  const start = useChildren();
  const startActor = useActors();
  const source = new LinuxProcessSource();

  it('are the command line and the proportional set size', async () => {
    const args = ['-c', 'read line', 'a b', '', '--größe=1\n2', '--secret'];
    const child = start('sh', args);
    const facts = await eventuallyFacts(child.pid, (commandLine) => commandLine[0] === 'sh');
    expect(facts.commandLine).to.deep.equal(['sh', ...args]);
    expect(facts.pssBytes).to.be.within(1, 100 * MB);
  });

  /** Between fork and exec a child still has its parent's arguments. */
  const eventuallyFacts = async (pid: number, isIt: (commandLine: readonly string[]) => boolean) => {
    for (;;) {
      const facts = await source.inspectSlowly(identityOf(pid), ALL, 5000);
      if (isIt(facts.commandLine ?? [])) {
        return facts;
      }
    }
  };

  it('are only those that were asked for', async () => {
    const identity = identityOf(process.pid);
    expect(await source.inspectSlowly(identity, {}, 5000)).to.deep.equal(NOTHING);
    const { commandLine, pssBytes } = await source.inspectSlowly(identity, { pss: true }, 5000);
    expect(commandLine).to.equal(undefined);
    expect(pssBytes).to.be.greaterThan(MB);
  });

  it('are none of another process with the PID', async () => {
    const { pid, startTime } = identityOf(process.pid);
    expect(await source.inspectSlowly({ pid, startTime: startTime + 1 }, ALL, 5000)).to.deep.equal(NOTHING);
  });

  it('are no more than the beginning of a very long command line', async () => {
    const child = start('sh', ['-c', 'read line', 'x'.repeat(100_000)]);
    const { commandLine } = await eventuallyFacts(child.pid, ([first]) => first === 'sh');
    expect(commandLine?.join('\0')).to.have.length(16 * 1024);
  });

  itWhere(lacksCompiler, 'halve what two processes share', async () => {
    const actor = await startActor('sharing', 60);
    const pss = [];
    for (const pid of actor.pids) {
      const { pssBytes } = await source.inspectSlowly(identityOf(pid), { pss: true }, 5000);
      pss.push(pssBytes);
    }
    for (const bytes of pss) {
      expect(bytes).to.be.within(30 * MB, 31 * MB);
    }
  });

  describe('that hang in a real process', () => {
    itWhere(lacksHang, 'are given up at the deadline; scan, inspection and loop do not notice', async () => {
      const actor = await startActor('hanging', directory());
      const [pid = 0] = actor.pids;
      await eventually('the hang', () => stateOf(pid) === 'D');
      const identity = identityOf(pid);
      const other = start('sleep', ['1000']);

      const { result, longestMs, tookMs } = await withLoopDelay(async () => {
        const hanging = source.inspectSlowly(identity, ALL, DEADLINE_MS);
        source.scan();
        expect(source.inspect(identity)).to.include(identity);
        expect(source.inspector.isAlive(identity)).to.equal(true);
        const working = await source.inspectSlowly(identityOf(other.pid), ALL, 5000);
        return [await hanging, working];
      });
      expect(result[0]).to.deep.equal(NOTHING);
      expect(result[1]?.pssBytes).to.be.greaterThan(0);
      expect(tookMs).to.be.within(DEADLINE_MS - 10, LATEST_MS);
      expect(longestMs).to.be.lessThan(LONGEST_STALL_MS);
      await eventually('the end of the readers', () => readersOf(`/proc/${pid}/`).length === 0);
    });

    itWhere(lacksHang, 'keep nobody from exiting', async () => {
      const actor = await startActor('hanging', directory());
      const [pid = 0] = actor.pids;
      await eventually('the hang', () => stateOf(pid) === 'D');
      expect(await exitAfterReading('/proc', pid, identityOf(pid).startTime)).to.equal(0);
    });
  });

  describe('that hang in a fake one', () => {
    let proc: FakeProc;
    let fakeSource: LinuxProcessSource;

    beforeEach(() => {
      proc = new FakeProc(directory());
      fakeSource = new LinuxProcessSource(proc.root);
    });

    /** Nobody ever writes to a pipe that stands for its files. */
    const addHanging = (pid: number): void => {
      proc.add({ pid });
      run('mkfifo', ['cmdline', 'smaps_rollup'], { cwd: join(proc.root, String(pid)) });
    };
    const addWorking = (pid: number): void => {
      proc.add({ pid });
      proc.write(`${pid}/cmdline`, 'sleep\x001000\0');
      proc.write(`${pid}/smaps_rollup`, '0-1 ---p\nRss:  9 kB\nPss:     7 kB\nPss_Anon:  5 kB\n');
    };
    const read = async (pid: number, deadlineMs = DEADLINE_MS) =>
      await fakeSource.inspectSlowly({ pid, startTime: 100 }, ALL, deadlineMs);
    const WORKING = { commandLine: ['sleep', '1000'], pssBytes: 7 * 1024 };

    it('are given up at the deadline, and leave no reader behind', async () => {
      addHanging(42);
      addWorking(43);
      const { result, longestMs, tookMs } = await withLoopDelay(
        async () => await Promise.all([read(42), read(43, 5000)]),
      );
      expect(result).to.deep.equal([NOTHING, WORKING]);
      expect(tookMs).to.be.within(DEADLINE_MS - 10, LATEST_MS);
      expect(longestMs).to.be.lessThan(LONGEST_STALL_MS);
      await eventually('the end of the readers', () => readersOf(proc.root).length === 0);
      expect(await read(43, 5000)).to.deep.equal(WORKING);
    });

    it('are given up at the deadline also where many hang, and more wait', async () => {
      const pids = Array.from({ length: 100 }, (_, index) => 100 + index);
      for (const pid of pids) {
        addHanging(pid);
      }
      const { result, tookMs } = await withLoopDelay(
        async () => await Promise.all(pids.map(async (pid) => await read(pid))),
      );
      expect(result).to.deep.equal(pids.map(() => NOTHING));
      expect(tookMs).to.be.lessThan(LATEST_MS);
    });

    it('are given up at their own deadline, not at that of those before them', async () => {
      const before = Array.from({ length: 20 }, (_, index) => 100 + index);
      before.forEach(addHanging);
      const patient = before.map(async (pid) => await read(pid, 3000));
      addWorking(43);
      const { result, tookMs } = await withLoopDelay(async () => await read(43));
      expect(result).to.deep.equal(NOTHING);
      expect(tookMs).to.be.lessThan(LATEST_MS);
      await Promise.all(patient);
    });

    it('hold up none of the others', async () => {
      addWorking(42);
      proc.remove('42/cmdline');
      run('mkfifo', [join(proc.root, '42/cmdline')]);
      expect(await read(42)).to.deep.equal({ ...WORKING, commandLine: undefined });
    });

    it('keep nobody from exiting', async () => {
      addHanging(42);
      expect(await exitAfterReading(proc.root, 42, 100)).to.equal(0);
    });

    it('are not there where the files are not, or make no sense', async () => {
      proc.add({ pid: 42 });
      expect(await read(42, 5000)).to.deep.equal(NOTHING);
      proc.write('42/cmdline', '');
      proc.write('42/smaps_rollup', 'Pss_Anon: 5 kB\nPss: many kB\n');
      expect(await read(42, 5000)).to.deep.equal({ commandLine: [], pssBytes: undefined });
    });

    it('are the title of a process that has written over its arguments', async () => {
      proc.add({ pid: 42 });
      proc.write('42/cmdline', 'nginx: worker process');
      expect((await read(42, 5000)).commandLine).to.deep.equal(['nginx: worker process']);
    });
  });

  /** Exit status of a program that reads and then has nothing else to do. */
  const exitAfterReading = async (procRoot: string, pid: number, startTime: number) => {
    const script = `
      import { LinuxProcessSource } from '#src/process-source.js';
      const source = new LinuxProcessSource(${JSON.stringify(procRoot)});
      await source.inspectSlowly({ pid: ${pid}, startTime: ${startTime} }, { commandLine: true, pss: true }, 200);`;
    const [command, ...args] = nodeRunning(script);
    const program = start(command, args, { cwd: PACKAGE_ROOT });
    return await program.ended();
  };
});

/** PIDs of our own children that read below a directory. */
function readersOf(path: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return (
        readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1]?.split(' ')[1] === String(process.pid) &&
        readlinkSync(`/proc/${name}/exe`).endsWith('/head') &&
        readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(path)
      );
    } catch {
      return false;
    }
  });
}
