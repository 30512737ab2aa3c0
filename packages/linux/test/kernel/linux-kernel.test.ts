import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { LinuxKernel } from '#src/kernel/linux-kernel.js';
import { protectFromOomKiller } from '#src/kernel/oom-score.js';
import { loadLibc, type Libc } from '#src/native/libc.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { PidHandles } from '#src/signals/pid-handles.js';
import { itWhere } from '../support/it-where.js';
import { lacksPidfd } from '../support/lacks.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const inspector = new LinuxProcessSource().inspector;
const kernel = await LinuxKernel.open();
await kernel.close();
const lack = lacksPidfd(kernel);

/** A kernel, or a sandbox, where one call fails. */
async function kernelWhere(change: Partial<Libc>): Promise<LinuxKernel> {
  const libc = await loadLibc();
  const whole = { ...libc };
  Object.assign(libc, change);
  try {
    return await LinuxKernel.open();
  } finally {
    Object.assign(libc, whole);
  }
}

const failing = (error: string) => () => ({ error });
const failingLater = (error: string) => async () => await Promise.resolve({ error });

function missing({ means }: LinuxKernel): Record<string, string | undefined> {
  return Object.fromEntries(
    means
      .filter(({ name, isInUse }) => !isInUse && name !== 'pressure-trigger')
      .map(({ name, reason }) => [name, reason]),
  );
}

describe('what is tried at start', () => {
  itWhere(lack, 'works here', () => {
    expect(missing(kernel)).to.deep.equal({});
  });

  const CASES: readonly (readonly [string, Partial<Libc>, Record<string, string>, boolean])[] = [
    [
      'a kernel without pidfds',
      { pidfdOpen: failing('ENOSYS') },
      {
        pidfd: 'pidfd_open: ENOSYS',
        'exit-events': 'it could not be tried',
        process_mrelease: 'it could not be tried',
      },
      false,
    ],
    [
      'a sandbox that forbids signals by pidfd',
      { pidfdSendSignal: failing('EPERM') },
      {
        pidfd: 'pidfd_send_signal: EPERM',
        'exit-events': 'it could not be tried',
        process_mrelease: 'it could not be tried',
      },
      false,
    ],
    [
      'a sandbox that forbids process_mrelease',
      { processMrelease: failingLater('EPERM') },
      { process_mrelease: 'process_mrelease: EPERM' },
      true,
    ],
    [
      'a kernel without process_mrelease',
      { processMrelease: failingLater('ENOSYS') },
      { process_mrelease: 'process_mrelease: ENOSYS' },
      true,
    ],
    [
      'a sandbox that forbids epoll',
      { epollCreate: failing('EPERM') },
      { 'exit-events': 'there is no waiting for events' },
      true,
    ],
    [
      'one that forbids waiting',
      { epollWait: failingLater('EPERM') },
      { 'exit-events': 'epoll_wait failed' },
      true,
    ],
  ];
  for (const [what, change, expected, hasPidfds] of CASES) {
    itWhere(lack, `tells ${what}, and does without`, async () => {
      const other = await kernelWhere(change);
      expect(missing(other)).to.deep.equal(expected);
      expect(other.handles(inspector) instanceof PidHandles).to.equal(!hasPidfds);
      await other.close();
    });
  }

  itWhere(lack, 'is none of what a process that is gone, or busy, answers', async () => {
    for (const error of ['ESRCH', 'EINVAL', 'EAGAIN']) {
      const other = await kernelWhere({ processMrelease: failingLater(error) });
      expect(missing(other)).to.deep.equal({});
      await other.close();
    }
  });
});

describe('the OOM score', () => {
  const directory = useTemporaryDirectory();
  const file = (): string => join(directory(), 'oom_score_adj');

  it('is lowered where nobody has set it', () => {
    writeFileSync(file(), '0\n');
    expect(protectFromOomKiller(file())).to.equal(undefined);
    expect(readFileSync(file(), 'utf8')).to.equal('-900');
  });

  it('is left as somebody has set it', () => {
    writeFileSync(file(), '-500\n');
    expect(protectFromOomKiller(file())).to.equal(undefined);
    expect(readFileSync(file(), 'utf8')).to.equal('-500\n');
  });

  it('that can not be set is told', () => {
    expect(protectFromOomKiller(file())).to.match(/ENOENT$/);
  });
});
