import { readdirSync, readlinkSync } from 'node:fs';

import { expect } from 'chai';

import { LinuxKernel } from '#src/kernel/linux-kernel.js';
import { loadLibc } from '#src/native/libc.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { identityOf, isRunning, useChildren } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { lacksPidfd } from '../support/lacks.js';

const inspector = new LinuxProcessSource().inspector;
const kernel = await LinuxKernel.open();
const lack = lacksPidfd(kernel);
const never = (): AbortSignal => new AbortController().signal;

/** Pidfds of this process, as /proc shows them. */
function pidfds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[pidfd]';
    } catch {
      return false;
    }
  }).length;
}

describe('pidfds', () => {
  const start = useChildren();
  const handles = kernel.handles(inspector);
  after(async () => {
    await kernel.close();
  });

  itWhere(lack, 'tell an exit without looking at /proc meanwhile', async () => {
    const child = start('sleep', ['1000']);
    const handle = handles.open(identityOf(child.pid))!;
    let looks = 0;
    const isAlive = inspector.isAlive.bind(inspector);
    inspector.isAlive = (identity) => {
      looks += 1;
      return isAlive(identity);
    };
    try {
      const waiting = handle.waitForExit(never());
      await new Promise((resolve) => setTimeout(resolve, 300));
      child.process.kill('SIGKILL');
      expect(await waiting).to.equal(true);
      expect(looks).to.equal(0);
    } finally {
      inspector.isAlive = isAlive;
      handle.close();
    }
  });

  itWhere(lack, 'of very many processes are waited for at once, on one thread', async () => {
    const children = Array.from({ length: 100 }, () => start('sleep', ['1000']));
    const held = children.map(({ pid }) => handles.open(identityOf(pid))!);
    const waiting = held.map((handle) => handle.waitForExit(never()));
    const threads = readdirSync('/proc/self/task').length;
    for (const { process: child } of children) {
      child.kill('SIGTERM');
    }
    expect(await Promise.all(waiting)).to.deep.equal(children.map(() => true));
    expect(readdirSync('/proc/self/task').length).to.equal(threads);
    for (const handle of held) {
      handle.close();
    }
  });

  itWhere(lack, 'are given back, whatever became of the process', async () => {
    const before = pidfds();
    for (const signal of ['SIGTERM', 'SIGKILL', undefined] as const) {
      const child = start('sleep', ['1000']);
      const handle = handles.open(identityOf(child.pid))!;
      expect(pidfds()).to.equal(before + 1);
      if (signal !== undefined) {
        handle.signal(signal);
        await handle.waitForExit(never());
      }
      handle.close();
      handle.close();
      await eventually('the descriptor', () => pidfds() === before);
      expect(handle.signal('SIGKILL')).to.equal('gone');
    }
  });

  itWhere(lack, 'that are refused cost nothing', () => {
    const before = pidfds();
    const child = start('sleep', ['1000']);
    const { pid, startTime } = identityOf(child.pid);
    expect(handles.open({ pid, startTime: startTime + 1 })).to.equal(undefined);
    for (const strange of [1, 0, -1, pid + 0.5, Number.NaN]) {
      expect(handles.open({ pid: strange, startTime }), String(strange)).to.equal(undefined);
    }
    expect(pidfds()).to.equal(before);
    expect(isRunning(pid)).to.equal(true);
  });

  itWhere(lack, 'do not hold who is known to have gone, though somebody looks the same', () => {
    const before = pidfds();
    const child = start('sleep', ['1000']);
    const doubting = kernel.handles(inspector, () => true);
    expect(doubting.open(identityOf(child.pid))).to.equal(undefined);
    expect(pidfds()).to.equal(before);
  });

  itWhere(
    lack,
    'that can not be had for want of descriptors are a failure that may pass, and no process that is gone',
    async () => {
      const libc = await loadLibc();
      const pidfdOpen = libc.pidfdOpen.bind(libc);
      const child = start('sleep', ['1000']);
      try {
        libc.pidfdOpen = () => ({ error: 'EMFILE' });
        expect(() => handles.open(identityOf(child.pid))).to.throw(/EMFILE/);
      } finally {
        libc.pidfdOpen = pidfdOpen;
      }
    },
  );

  itWhere(lack, 'are waited for by looking once the kernel tells nothing any more', async () => {
    const libc = await loadLibc();
    const epollWait = libc.epollWait.bind(libc);
    const other = await LinuxKernel.open();
    const child = start('sleep', ['1000']);
    const handle = other.handles(inspector).open(identityOf(child.pid))!;
    try {
      libc.epollWait = async () => await Promise.resolve({ error: 'EBADF' });
      const waiting = handle.waitForExit(never());
      child.process.kill('SIGKILL');
      expect(await waiting).to.equal(true);
    } finally {
      libc.epollWait = epollWait;
      handle.close();
      await other.close();
    }
  });
});
