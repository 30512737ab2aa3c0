import { expect } from 'chai';

import { PAGE_BYTES } from '#src/proc/page-size.js';
import { ProcessInspector } from '#src/proc/inspect.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { FakeProc, PF_EXITING, statmLine, statusText, type FakeEntry } from '../support/fake-proc.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('an inspection', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let inspector: ProcessInspector;

  beforeEach(() => {
    proc = new FakeProc(directory());
    proc.add({ pid: 1, parentPid: 0 });
    inspector = new ProcessInspector(new ProcReader(), proc.root);
  });

  const inspect = (entry: Omit<FakeEntry, 'pid' | 'startTime'> = {}) => {
    proc.add({ pid: 42, startTime: 777, ...entry });
    return inspector.inspect({ pid: 42, startTime: 777 });
  };

  it('tells who holds it by tracing it, also where only another thread is left to be held', () => {
    expect(inspect({ state: 't', tracerPid: 77 })?.heldByPid).to.equal(77);
    proc.write('42/task/43/statm', statmLine({ pid: 43 }));
    proc.write('42/task/43/status', statusText({ pid: 43, state: 't', tracerPid: 77 }));
    expect(inspect({ state: 'Z', threads: 2, residentPages: 0 })?.heldByPid).to.equal(77);
  });

  it('tells everything of one process', () => {
    proc.add({ pid: 41, parentPid: 1 });
    const inspection = inspect({
      uid: 1001,
      gid: 1002,
      comm: 'python3',
      parentPid: 41,
      sessionId: 40,
      terminalDevice: 0x8803,
      executable: '/usr/bin/python3.11',
      cgroup: '0::/user.slice/session-3.scope\n',
      oomScoreAdj: -1000,
      residentPages: 600,
      sharedPages: 30,
    });
    const { startedAtMs, ...rest } = inspection!;
    expect(rest).to.deep.equal({
      pid: 42,
      startTime: 777,
      uid: 1001,
      gid: 1002,
      comm: 'python3',
      isCommCut: false,
      name: 'python3',
      executable: '/usr/bin/python3.11',
      executableName: 'python3.11',
      parentPid: 41,
      processGroupId: 42,
      sessionId: 40,
      terminal: 'pts/3',
      cgroup: '/user.slice/session-3.scope',
      unit: 'session-3.scope',
      oomScoreAdj: -1000,
      isKernelThread: false,
      isExiting: false,
      ancestors: [41, 1],
      rssBytes: 600 * PAGE_BYTES,
      sharedBytes: 30 * PAGE_BYTES,
      anonymousBytes: 100 * 1024,
      fileBytes: 200 * 1024,
      sharedMemoryBytes: 100 * 1024,
      swapBytes: 8 * 1024,
    });
    // 1,000 s of uptime, 7.77 s into it.
    expect(Date.now() - startedAtMs).to.be.closeTo(1_000_000 - 7770, 5000);
  });

  it('does without executable, terminal, control group and unit', () => {
    expect(inspect()).to.include({
      executable: undefined,
      executableName: undefined,
      terminal: undefined,
      cgroup: undefined,
      unit: undefined,
      oomScoreAdj: 0,
    });
  });

  it('is none of another process with the PID', () => {
    inspect();
    expect(inspector.inspect({ pid: 42, startTime: 778 })).to.equal(undefined);
    expect(inspector.isAlive({ pid: 42, startTime: 778 })).to.equal(false);
    expect(inspector.startTimeOf(42)).to.equal(777);
    expect(inspector.startTimeOf(43)).to.equal(undefined);
  });

  describe('gives as name', () => {
    const CUT = 'fifteen-bytes-x';
    const name = (comm: string | Buffer, executable?: string | Buffer) => {
      const { name: whole, isCommCut } = inspect({ comm, ...(executable && { executable }) })!;
      return { whole, isCommCut };
    };

    it('the whole name of the executable where the kernel has cut it', () => {
      expect(name(CUT, `/opt/${CUT}-and-more`)).to.deep.equal({ whole: `${CUT}-and-more`, isCommCut: false });
    });

    it("the kernel's where that is no beginning of the executable's", () => {
      expect(name(CUT, '/usr/bin/dash')).to.deep.equal({ whole: CUT, isCommCut: true });
      expect(name(CUT, `/opt/x-${CUT}`)).to.deep.equal({ whole: CUT, isCommCut: true });
      expect(name(CUT)).to.deep.equal({ whole: CUT, isCommCut: true });
    });

    it("the kernel's where that is short enough to be whole", () => {
      expect(name('sh', '/usr/bin/shelves')).to.deep.equal({ whole: 'sh', isCommCut: false });
    });

    it('that of a directory never', () => {
      expect(name(CUT, `/opt/${CUT}-and-more/hog`)).to.deep.equal({ whole: CUT, isCommCut: true });
    });

    it('the whole name of an executable that has been deleted', () => {
      expect(name(CUT, `/opt/${CUT}-more (deleted)`)).to.deep.equal({
        whole: `${CUT}-more`,
        isCommCut: false,
      });
      expect(inspector.inspect({ pid: 42, startTime: 777 })?.executable).to.equal(`/opt/${CUT}-more`);
    });

    it('the whole name where the cut went through a letter', () => {
      const whole = 'größere-wörter-überall';
      expect(name(Buffer.from(whole).subarray(0, 15), `/opt/${whole}`)).to.deep.equal({
        whole,
        isCommCut: false,
      });
    });

    it('the whole name where it is not UTF-8', () => {
      const whole = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('-a-name-in-latin-1')]);
      const executable = Buffer.concat([Buffer.from('/opt/'), whole]);
      expect(name(whole.subarray(0, 15), executable)).to.deep.equal({
        whole: whole.toString(),
        isCommCut: false,
      });
    });
  });

  it('is none of a child that only borrows its parent’s memory, after vfork', () => {
    proc.add({ pid: 41, state: 'D', residentPages: 600 });
    expect(inspect({ parentPid: 41, residentPages: 600 })).to.equal(undefined);
    expect(inspector.isAlive({ pid: 42, startTime: 777 })).to.equal(true);
  });

  it('is made of a child whose parent waits for a disk', () => {
    proc.add({ pid: 41, state: 'D', residentPages: 600 });
    expect(inspect({ parentPid: 41, residentPages: 601 })?.rssBytes).to.equal(601 * PAGE_BYTES);
  });

  it('says of a process that it is on its way out only when it has let go of its memory', () => {
    expect(inspect({ flags: PF_EXITING, residentPages: 600 })?.isExiting).to.equal(false);
    proc.remove(42);
    expect(inspect({ flags: PF_EXITING, residentPages: 0, sharedPages: 0 })?.isExiting).to.equal(true);
  });

  it('ends the walk to the ancestors where it can not go on, or goes in a circle', () => {
    proc.add({ pid: 50, parentPid: 51 });
    expect(inspector.ancestorsOf(50)).to.deep.equal([51]);
    proc.add({ pid: 51, parentPid: 50 });
    expect(inspector.ancestorsOf(50)).to.have.length(1000);
    expect(inspector.ancestorsOf(999)).to.deep.equal([]);
  });
});
