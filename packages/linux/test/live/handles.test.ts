import { fileURLToPath } from 'node:url';

import type { ProcessHandles } from '@memory-monitor/core';
import { expect } from 'chai';

import { LinuxKernel } from '#src/kernel/linux-kernel.js';
import { PidHandles } from '#src/signals/pid-handles.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { useActors } from '../support/actors.js';
import { identityOf, isRunning, stateOf, useChildren } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { lacksCompiler, lacksPidfd, lacksRoot } from '../support/lacks.js';

const FIXTURE = fileURLToPath(import.meta.resolve('../fixtures/signal-as-nobody.js'));
const never = (): AbortSignal => new AbortController().signal;

const inspector = new LinuxProcessSource().inspector;
const kernel = await LinuxKernel.open();
after(async () => {
  await kernel.close();
});

const KINDS: readonly (readonly [string, ProcessHandles, string | undefined])[] = [
  ['a PID', new PidHandles(inspector), undefined],
  ['a pidfd', kernel.handles(inspector), lacksPidfd(kernel)],
];

for (const [kind, handles, lack] of KINDS) {
  describe(`a handle on a real process, by ${kind}`, () => {
    const start = useChildren();
    const startActor = useActors();

    itWhere(lack, 'ends it, and tells when it has ended', async () => {
      const child = start('sleep', ['1000']);
      const handle = handles.open(identityOf(child.pid))!;
      const waiting = handle.waitForExit(never());
      expect(handle.inspect()).to.include({ pid: child.pid, comm: 'sleep', parentPid: process.pid });
      expect(handle.signal('SIGTERM')).to.equal('sent');
      expect(await waiting).to.equal(true);
      expect(await child.ended()).to.equal('SIGTERM');
      expect(handle.signal('SIGKILL')).to.equal('gone');
      expect(handle.inspect()).to.equal(undefined);
      handle.close();
    });

    itWhere(lack, 'wakes a stopped one, which then hears the SIGTERM that it was sent before', async () => {
      const child = start('sleep', ['1000']);
      child.process.kill('SIGSTOP');
      const handle = handles.open(identityOf(child.pid))!;
      await eventually('the stop', () => stateOf(child.pid) === 'T');
      expect(handle.signal('SIGTERM')).to.equal('sent');
      expect(stateOf(child.pid)).to.equal('T');
      expect(handle.signal('SIGCONT')).to.equal('sent');
      expect(await child.ended()).to.equal('SIGTERM');
    });

    itWhere(lack, 'stops waiting when it is told to, and the process lives on', async () => {
      const child = start('sleep', ['1000']);
      const handle = handles.open(identityOf(child.pid))!;
      expect(await handle.waitForExit(AbortSignal.timeout(100))).to.equal(false);
      expect(isRunning(child.pid)).to.equal(true);
    });

    itWhere(lack, 'is not opened with the start time of another, which lives on', async () => {
      const child = start('sleep', ['1000']);
      const { pid, startTime } = identityOf(child.pid);
      expect(handles.open({ pid, startTime: startTime + 1 })).to.equal(undefined);
      expect(isRunning(pid)).to.equal(true);
    });

    itWhere(lack ?? lacksCompiler, 'takes a zombie for one that has exited, at once', async () => {
      const actor = await startActor('parent', 'of a zombie');
      const [pid = 0] = actor.pids;
      const identity = identityOf(pid);
      const handle = handles.open(identity)!;
      expect(handle.signal('SIGKILL')).to.equal('sent');
      expect(await handle.waitForExit(never())).to.equal(true);
      expect(stateOf(pid)).to.equal('Z');
      expect(handle.signal('SIGKILL')).to.equal('gone');
      expect(handle.inspect()).to.equal(undefined);
      expect(handles.open(identity)).to.equal(undefined);
    });

    itWhere(
      lack ?? lacksRoot,
      'says so where it must not be signalled, and the process lives on',
      async () => {
        const child = start('sleep', ['1000']);
        const { pid, startTime } = identityOf(child.pid);
        const other = start(process.execPath, [FIXTURE, String(pid), String(startTime)]);
        expect(await other.firstLine()).to.equal('denied');
        expect(isRunning(pid)).to.equal(true);
      },
    );
  });
}
