import { TestMonitor, type FakeProcess } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog } from '../support/hogs.js';

const SERVICE: FakeProcess = { comm: 'web', unit: 'web.service' };

async function endAgainAndAgain(test: TestMonitor, times: number, process: FakeProcess): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    test.machine.spawn(hog(process));
    await test.tick();
  }
}

describe('a restart loop', () => {
  it('is told at the third rebirth in a service, and once', async () => {
    const test = new TestMonitor();
    await endAgainAndAgain(test, 3, SERVICE);
    expect(test.eventsOf('restartLoop')).to.deep.equal([]);
    await endAgainAndAgain(test, 1, SERVICE);
    expect(test.eventsOf('restartLoop')).to.deep.equal([{ unit: 'web.service', name: 'web', rebirths: 3 }]);
    await endAgainAndAgain(test, 5, SERVICE);
    expect(test.eventsOf('restartLoop')).to.have.length(1);
  });

  it('is none in a session, where people start what they like', async () => {
    const test = new TestMonitor();
    await endAgainAndAgain(test, 6, { comm: 'web', unit: 'session-3.scope' });
    expect(test.eventsOf('restartLoop')).to.deep.equal([]);
  });

  it('is none among different programs of a service', async () => {
    const test = new TestMonitor();
    for (const comm of ['a', 'b', 'c', 'd', 'e']) {
      await endAgainAndAgain(test, 1, { ...SERVICE, comm });
    }
    expect(test.eventsOf('restartLoop')).to.deep.equal([]);
  });

  it('is forgotten after a quarter of an hour without a kill', async () => {
    const test = new TestMonitor();
    await endAgainAndAgain(test, 3, SERVICE);
    await test.clock.advance(15 * 60_000);
    await endAgainAndAgain(test, 1, SERVICE);
    expect(test.eventsOf('restartLoop')).to.deep.equal([]);
  });
});
