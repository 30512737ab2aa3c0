import { expect } from 'chai';

import { UserProcesses } from '#src/users/user-processes.js';
import { FakeProc, type FakeEntry } from '../support/fake-proc.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const UID = 62_000;
const OURS = '0::/system.slice/a.service\n';
const FIRST: FakeEntry = { pid: 500, uid: UID, startTime: 1000, cgroup: OURS };

describe('the processes of a user of its own', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  beforeEach(() => {
    proc = new FakeProc(directory());
    proc.write('self/cgroup', OURS);
    proc.add(FIRST);
  });

  /** Who is found besides the first, when these have come after it. */
  const foundAmong = (...entries: readonly FakeEntry[]): number[] => {
    const processes = new UserProcesses(FIRST.pid, UID, proc.root);
    for (const entry of entries) {
      proc.add({ ...FIRST, ...entry });
    }
    return processes.find().map(({ pid }) => pid);
  };

  it('are those that have come after the first one, and that itself, the youngest first', () => {
    expect(foundAmong({ pid: 70, startTime: 1001 }, { pid: 501 }, { pid: 1500 })).to.deep.equal([
      1500, 501, 500, 70,
    ]);
  });

  it('are none of another user', () => {
    expect(
      foundAmong({ pid: 501, uid: 0 }, { pid: 502, uid: 620_000 }, { pid: 503, uid: 6200 }),
    ).to.deep.equal([500]);
  });

  it('are those that could act as the user: by the real, the effective or the saved uid, and by no other', () => {
    const processes = new UserProcesses(FIRST.pid, UID, proc.root);
    const uids = [
      [UID, 1, 1, 1],
      [1, UID, 1, 1],
      [1, 1, UID, 1],
      [1, 1, 1, UID],
    ];
    uids.forEach((line, index) => {
      proc.add({ ...FIRST, pid: 600 + index });
      proc.write(
        `${600 + index}/status`,
        `Name:\tUid:\t${UID}\nUid:\t${line.join('\t')}\nGid:\t1\t1\t1\t1\n`,
      );
    });
    expect(processes.find().map(({ pid }) => pid)).to.deep.equal([602, 601, 600, 500]);
  });

  it('are none that were there before: whoever has come by the same uid is somebody else', () => {
    expect(foundAmong({ pid: 501, startTime: 999 })).to.deep.equal([500]);
  });

  it('are none of another control group, such as those of another service, or of a login', () => {
    const others = ['0::/system.slice/b.service\n', '0::/system.slice/a.service/sub\n', '0::/\n'];
    expect(foundAmong(...others.map((cgroup, index) => ({ pid: 600 + index, cgroup })))).to.deep.equal([500]);
  });

  it('are none that have exited already', () => {
    expect(foundAmong({ pid: 501, state: 'Z' })).to.deep.equal([500]);
  });

  it('are none at all where nobody knows when the first one began', () => {
    proc.remove(FIRST.pid);
    expect(foundAmong({ pid: 501 })).to.deep.equal([]);
  });

  it('that are none any more have come to their end', async () => {
    const processes = new UserProcesses(FIRST.pid, UID, proc.root);
    proc.remove(FIRST.pid);
    expect(await processes.end()).to.equal(true);
  });

  it('that can not be ended are told so, in the end', async () => {
    // A process in a fake tree is never gone: no PID is that large.
    proc.add({ ...FIRST, pid: 4_194_400 });
    proc.remove(FIRST.pid);
    expect(await new UserProcesses(4_194_400, UID, proc.root).end()).to.equal(false);
  });
});
