import { join } from 'node:path';

import { expect } from 'chai';

import { SystemdSupervisor } from '#src/systemd/systemd-supervisor.js';
import { useActors } from '../support/actors.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import { lacksCompiler } from '../support/lacks.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const noTrouble = (trouble: string): void => {
  throw new Error(trouble);
};

describe('the service manager', () => {
  const directory = useTemporaryDirectory();
  const startActor = useActors();

  it('is nobody where nobody has left a socket', async () => {
    expect(await SystemdSupervisor.open(noTrouble, { environment: {} })).to.equal(undefined);
  });

  it('wants a beat twice in the time of its watchdog, and none where the watchdog is for another process', async () => {
    const open = async (environment: NodeJS.ProcessEnv) =>
      (
        await SystemdSupervisor.open(noTrouble, {
          environment: { NOTIFY_SOCKET: '/nonexistent', ...environment },
        })
      )?.beatIntervalMs;
    expect(await open({ WATCHDOG_USEC: '30000000' })).to.equal(15_000);
    expect(await open({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) })).to.equal(15_000);
    expect(await open({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' })).to.equal(Number.POSITIVE_INFINITY);
    expect(await open({})).to.equal(Number.POSITIVE_INFINITY);
  });

  itWhere(lacksCompiler, 'hears of each state by its socket', async () => {
    const path = join(directory(), 'notify');
    const manager = await startActor('logger', path);
    let beats = 0;
    const supervisor = (await SystemdSupervisor.open(noTrouble, {
      environment: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000000' },
      onBeat: () => {
        beats += 1;
      },
    }))!;
    supervisor.ready('up\nMAINPID=1');
    supervisor.beat();
    supervisor.reloading();
    supervisor.stopping();
    expect(beats).to.equal(1);
    await eventually('the last word', () => manager.output().includes('STOPPING=1'));
    expect(manager.output()).to.match(
      /READY=1\nSTATUS=up MAINPID=1\n?WATCHDOG=1\n?RELOADING=1\nMONOTONIC_USEC=\d+\n?STOPPING=1/,
    );
  });
});
