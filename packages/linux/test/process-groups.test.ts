import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { GroupKind, ProcessGroup } from '@memory-monitor/core';
import { expect } from 'chai';

import { ProcessInspector } from '#src/proc/inspect.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { LinuxProcessGroups } from '#src/process-groups.js';
import { FakeProc, type FakeEntry } from './support/fake-proc.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const START = 100;

describe('what a process is in', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let cgroups: FakeProc;

  beforeEach(() => {
    for (const name of ['proc', 'cgroup']) {
      mkdirSync(join(directory(), name));
    }
    proc = new FakeProc(join(directory(), 'proc'));
    cgroups = new FakeProc(join(directory(), 'cgroup'));
    proc.write('self/cgroup', '0::/system.slice/memory-monitor.service\n');
  });

  const add = (...entries: readonly FakeEntry[]): void => {
    for (const entry of entries) {
      proc.add(entry);
    }
  };
  const groupOf = (pid: number, kind: GroupKind, startTime = START): ProcessGroup | undefined =>
    new LinuxProcessGroups(new ProcReader(), proc.root, cgroups.root).groupOf({ pid, startTime }, kind);
  const pidsOf = (group: ProcessGroup | undefined): number[] =>
    [...(group?.members() ?? [])].map(({ pid }) => pid).sort((a, b) => a - b);

  it('is a process group', () => {
    add({ pid: 10, processGroupId: 10 }, { pid: 11, processGroupId: 10 }, { pid: 12, processGroupId: 12 });
    const group = groupOf(11, 'group');
    expect(group?.name).to.equal('process group 10');
    expect(pidsOf(group)).to.deep.equal([10, 11]);
  });

  it('is a session, whatever the process groups in it', () => {
    add(
      { pid: 10, sessionId: 10 },
      { pid: 11, sessionId: 10, processGroupId: 11 },
      { pid: 12, sessionId: 12 },
    );
    expect(pidsOf(groupOf(11, 'session'))).to.deep.equal([10, 11]);
  });

  it('is what the kernel lists of a control group, and of those below it', () => {
    add(
      { pid: 10, cgroup: '0::/jobs/7\n' },
      { pid: 11, cgroup: '0::/jobs/7/step\n' },
      { pid: 12, cgroup: '0::/jobs/7\n' },
      { pid: 13, cgroup: '0::/jobs\n' },
    );
    cgroups.write('jobs/7/cgroup.procs', '10\n13\n');
    cgroups.write('jobs/7/step/cgroup.procs', '11\n');
    // One that is not listed has left meanwhile; one that is listed and in another group is not taken at the list's word.
    expect(pidsOf(groupOf(10, 'cgroup'))).to.deep.equal([10, 11]);
  });

  it('is not what another group lists that has its path', () => {
    add({ pid: 10, cgroup: '0::/jobs/7\n' }, { pid: 12, cgroup: '0::/jobs/7\n' });
    cgroups.write('jobs/7/cgroup.procs', '12\n');
    expect(pidsOf(groupOf(10, 'cgroup'))).to.deep.equal([10, 12]);
  });

  it('is a control group with those below it', () => {
    add(
      { pid: 10, cgroup: '0::/jobs/7\n' },
      { pid: 11, cgroup: '0::/jobs/7/step\n' },
      { pid: 12, cgroup: '0::/jobs/70\n' },
      { pid: 13, cgroup: '0::/jobs\n' },
    );
    const group = groupOf(10, 'cgroup');
    expect(group?.name).to.equal('control group /jobs/7');
    expect(pidsOf(group)).to.deep.equal([10, 11]);
  });

  it("is systemd's tree of version 1 on a mixed machine", () => {
    const cgroup = '9:name=systemd:/user.slice/a\n4:memory:/x\n0::/\n';
    add({ pid: 10, cgroup }, { pid: 11, cgroup }, { pid: 12, cgroup: '9:name=systemd:/\n0::/\n' });
    expect(pidsOf(groupOf(10, 'cgroup'))).to.deep.equal([10, 11]);
  });

  it('has nobody who has exited, and is read afresh each time', () => {
    add({ pid: 10, sessionId: 10 }, { pid: 11, sessionId: 10 }, { pid: 12, sessionId: 10, state: 'Z' });
    const group = groupOf(10, 'session');
    expect(pidsOf(group)).to.deep.equal([10, 11]);
    proc.remove(10);
    add({ pid: 14, sessionId: 10, startTime: 777 });
    expect(group?.members()).to.deep.include({ pid: 14, startTime: 777 });
    expect(pidsOf(group)).to.deep.equal([11, 14]);
  });

  it('is not told of a process that is gone, or that has another start time', () => {
    add({ pid: 10, sessionId: 10 });
    expect(groupOf(99, 'session')).to.equal(undefined);
    expect(groupOf(10, 'session', START + 1)).to.equal(undefined);
  });

  it('is nothing where its number is not visible in this namespace', () => {
    add({ pid: 10, sessionId: 0, processGroupId: 0 });
    expect(groupOf(10, 'session')).to.equal(undefined);
    expect(groupOf(10, 'group')).to.equal(undefined);
  });

  const forbidden: Readonly<Record<string, string>> = {
    'the root': '/',
    'what is outside of the namespace': '/../jobs',
    "the monitor's own": '/system.slice/memory-monitor.service',
    "one above the monitor's": '/system.slice',
  };
  for (const [what, path] of Object.entries(forbidden)) {
    it(`is not to be ended as a whole where it is ${what}`, () => {
      add({ pid: 10, cgroup: `0::${path}\n` });
      expect(groupOf(10, 'cgroup')).to.equal(undefined);
    });
  }

  it('is not to be ended as a whole where the monitor does not know its own', () => {
    proc.remove('self');
    add({ pid: 10, cgroup: '0::/jobs\n' });
    expect(groupOf(10, 'cgroup')).to.equal(undefined);
  });

  it('knows who is in it by what has been read of the process', () => {
    add(
      { pid: 10, sessionId: 10, processGroupId: 10, cgroup: '0::/a\n' },
      { pid: 11, sessionId: 10, processGroupId: 11, cgroup: '0::/a/b\n' },
    );
    const inspection = new ProcessInspector(new ProcReader(), proc.root).inspect({
      pid: 11,
      startTime: START,
    })!;
    const has = (kind: GroupKind): boolean | undefined => groupOf(10, kind)?.has(inspection);
    expect([has('session'), has('group'), has('cgroup')]).to.deep.equal([true, false, true]);
  });

  describe('with cgroup.kill', () => {
    const members = [
      { pid: 10, startTime: START },
      { pid: 11, startTime: START },
    ];
    const scene = (mount = ''): string => {
      add({ pid: 10, cgroup: '0::/jobs/7\n' }, { pid: 11, cgroup: '0::/jobs/7/step\n' });
      const path = join(mount, 'jobs/7');
      cgroups.write(join(path, 'cgroup.kill'), '');
      cgroups.write(join(path, 'cgroup.procs'), '10\n');
      cgroups.write(join(path, 'step/cgroup.procs'), '11\n');
      return join(cgroups.root, path, 'cgroup.kill');
    };

    for (const mount of ['', 'unified']) {
      it(`is ended at once, where version 2 is mounted at "${mount}"`, () => {
        const file = scene(mount);
        expect(groupOf(10, 'cgroup')?.killAll?.(members)).to.equal(true);
        expect(readFileSync(file, 'utf8')).to.equal('1');
      });
    }

    it('is left alone where the kernel lists one more, or another', () => {
      const file = scene();
      expect(groupOf(10, 'cgroup')?.killAll?.(members.slice(0, 1))).to.equal(false);
      expect(groupOf(10, 'cgroup')?.killAll?.([members[0]!, { pid: 12, startTime: 1 }])).to.equal(false);
      // A directory that belongs to another namespace lists processes that have no number here.
      cgroups.write('jobs/7/cgroup.procs', '0\n');
      expect(groupOf(10, 'cgroup')?.killAll?.(members)).to.equal(false);
      expect(readFileSync(file, 'utf8')).to.equal('');
    });

    it('is left alone where there is none: an old kernel, or version 1', () => {
      const file = scene();
      cgroups.remove('jobs/7/cgroup.kill');
      expect(groupOf(10, 'cgroup')?.killAll?.(members)).to.equal(false);
      expect(existsSync(file)).to.equal(false);
    });

    it('is for control groups alone', () => {
      add({ pid: 10, sessionId: 10 });
      expect(groupOf(10, 'session')?.killAll?.(members.slice(0, 1))).to.equal(false);
    });
  });
});
