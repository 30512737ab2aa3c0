import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { UnfinishedIntent } from '@memory-monitor/core';
import { expect } from 'chai';

import { IntentFiles } from '#src/intent-files.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { identityOf, useChildren, type Child } from '../support/children.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const FIXTURE = fileURLToPath(import.meta.resolve('../fixtures/begin-intent.js'));
describe('the intents of a monitor that was killed', () => {
  const directory = useTemporaryDirectory();
  const start = useChildren();

  /** Tells them, as a monitor does that has just started. */
  const recover = async (): Promise<readonly UnfinishedIntent[]> => {
    const intents = new IntentFiles(directory(), new LinuxProcessSource().inspector);
    const unfinished = await intents.recover();
    for (const intent of unfinished) {
      await intents.forget(intent);
    }
    return unfinished;
  };
  /** A monitor that has begun to end the victim, and no more. */
  const beginOn = async (victim: Child): Promise<Child> => {
    const { pid, startTime } = identityOf(victim.pid);
    const monitor = start(process.execPath, [FIXTURE, directory(), String(pid), String(startTime)]);
    await monitor.firstLine();
    return monitor;
  };
  const kill = async (child: Child): Promise<void> => {
    child.process.kill('SIGKILL');
    await child.ended();
  };

  it('are told once by the next one, with whether the victim still runs', async () => {
    const [alive, dead] = [start('sleep', ['1000']), start('sleep', ['1000'])];
    for (const victim of [alive, dead]) {
      await kill(await beginOn(victim));
    }
    await kill(dead);
    const unfinished = await recover();
    expect(
      unfinished.map(({ pid, isStillRunning, why }) => ({ pid, isStillRunning, why })),
    ).to.have.deep.members([
      { pid: alive.pid, isStillRunning: true, why: 'too large' },
      { pid: dead.pid, isStillRunning: false, why: 'too large' },
    ]);
    expect(await recover()).to.deep.equal([]);
    expect(readdirSync(join(directory(), 'intents'))).to.deep.equal([]);
  });

  it('are not told while it still runs', async () => {
    const victim = start('sleep', ['1000']);
    const monitor = await beginOn(victim);
    expect(await recover()).to.deep.equal([]);
    await kill(monitor);
    expect(await recover()).to.have.length(1);
  });
});
