import { expect } from 'chai';

import { ProcessInspector } from '#src/proc/inspect.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { PidHandles } from '#src/signals/pid-handles.js';
import { FakeProc } from '../support/fake-proc.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/** No process has this PID: PIDs are less than 2²². */
const NOBODY = 4_194_400;

describe('a handle', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let handles: PidHandles;
  let killed: (readonly [number, string | number])[];
  const kill = process.kill.bind(process);

  beforeEach(() => {
    proc = new FakeProc(directory());
    handles = new PidHandles(new ProcessInspector(new ProcReader(), proc.root));
    killed = [];
    process.kill = (pid, signal = 0) => {
      killed.push([pid, signal]);
      return true;
    };
  });
  afterEach(() => {
    process.kill = kill;
  });

  const open = (pid = NOBODY) => {
    proc.add({ pid, startTime: 777 });
    return handles.open({ pid, startTime: 777 })!;
  };
  const failWith = (code: string): void => {
    process.kill = () => {
      throw Object.assign(new Error(code), { code });
    };
  };

  it('is opened on a process that is there, and on no other', () => {
    expect(open().identity).to.deep.equal({ pid: NOBODY, startTime: 777 });
    expect(handles.open({ pid: NOBODY, startTime: 778 })).to.equal(undefined);
    expect(handles.open({ pid: NOBODY + 1, startTime: 777 })).to.equal(undefined);
  });

  it('signals its process', () => {
    const handle = open();
    for (const signal of ['SIGTERM', 'SIGCONT', 'SIGKILL'] as const) {
      expect(handle.signal(signal)).to.equal('sent');
    }
    expect(killed).to.deep.equal([
      [NOBODY, 'SIGTERM'],
      [NOBODY, 'SIGCONT'],
      [NOBODY, 'SIGKILL'],
    ]);
  });

  it('never signals PID 1, nor what kill takes for a group of processes', () => {
    for (const pid of [1, 0, -1, -42, 1.5, Number.NaN]) {
      expect(open(pid).signal('SIGKILL'), String(pid)).to.equal('gone');
    }
    expect(killed).to.deep.equal([]);
  });

  it('does not signal the successor of its process', () => {
    const handle = open();
    proc.add({ pid: NOBODY, startTime: 778 });
    expect(handle.signal('SIGKILL')).to.equal('gone');
    expect(handle.inspect()).to.equal(undefined);
    expect(killed).to.deep.equal([]);
  });

  it('does not signal a zombie', () => {
    const handle = open();
    proc.add({ pid: NOBODY, startTime: 777, state: 'Z' });
    expect(handle.signal('SIGKILL')).to.equal('gone');
    expect(killed).to.deep.equal([]);
  });

  it('tells what the kernel made of the signal', () => {
    const handle = open();
    failWith('EPERM');
    expect(handle.signal('SIGTERM')).to.equal('denied');
    failWith('ESRCH');
    expect(handle.signal('SIGTERM')).to.equal('gone');
  });

  it('inspects its process', () => {
    expect(open().inspect()).to.include({ pid: NOBODY, startTime: 777, uid: 1000 });
  });

  it('waits until its process has gone, or is a zombie, or is another', async () => {
    const endings = [
      () => {
        proc.remove(NOBODY);
      },
      () => {
        proc.add({ pid: NOBODY, startTime: 777, state: 'Z' });
      },
      () => {
        proc.add({ pid: NOBODY, startTime: 778 });
      },
    ];
    for (const end of endings) {
      const waiting = open().waitForExit(new AbortController().signal);
      end();
      expect(await waiting).to.equal(true);
    }
  });

  it('stops waiting at once when it is told to', async () => {
    const abort = new AbortController();
    const waiting = open().waitForExit(abort.signal);
    abort.abort();
    expect(await waiting).to.equal(false);
    expect(await open().waitForExit(AbortSignal.abort())).to.equal(false);
  });
});
