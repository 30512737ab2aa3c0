import { TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { decider } from '../support/deciders.js';
import { hog, immortalHog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

/** Stops the monitor; returns how long that took. */
async function stopMs(test: TestMonitor): Promise<number> {
  const beganMs = test.clock.monotonicMs();
  await test.stop();
  return test.clock.monotonicMs() - beganMs;
}

async function running(options: TestMonitorOptions, process = stubbornHog()): Promise<TestMonitor> {
  const test = new TestMonitor(options);
  test.machine.spawn(process);
  await test.tick();
  return test;
}

describe('a stop', () => {
  it('is immediate when nothing is under way', async () => {
    const test = new TestMonitor();
    await test.tick();
    expect(await stopMs(test)).to.equal(0);
    expect(test.eventsOf('stopping')).to.deep.equal([{ reason: 'test', terminationsUnderWay: 0 }]);
  });

  it('before the start ends the run without a scan', async () => {
    const test = new TestMonitor();
    test.monitor.stop('at once');
    await test.monitor.run();
    expect(test.eventsOf('scan')).to.have.length(0);
  });

  it('is told once, however often it is asked for', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.monitor.stop('SIGINT');
    test.monitor.stop('SIGTERM');
    expect(test.eventsOf('stopping').map(({ reason }) => reason)).to.deep.equal(['SIGINT']);
  });

  it('sends SIGKILL to a victim in its grace period, and is over within that', async () => {
    const test = await running({});
    expect(await stopMs(test)).to.be.at.most(5000);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
    expect(test.eventsOf('stopping')[0]?.terminationsUnderWay).to.equal(1);
  });

  it('gives a victim no more than the rest of its grace period', async () => {
    const test = await running({});
    await test.clock.advance(4500);
    expect(await stopMs(test)).to.be.at.most(500);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });

  it('leaves a victim the chance to exit by itself', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    test.monitor.stop('test');
    await test.clock.advance(3000);
    test.machine.exit(pid);
    await test.stop();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('sends SIGKILL early enough to see a victim exit that takes its time', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(immortalHog());
    await test.tick();
    test.monitor.stop('test');
    await test.clock.advance(4000);
    expect(signalsOf(test)).to.include('SIGKILL');
    await test.clock.advance(600);
    test.machine.exit(pid);
    await test.stop();
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });

  it('tells a victim that outlives SIGKILL as not ended, within the grace period', async () => {
    const test = await running({}, immortalHog());
    expect(await stopMs(test)).to.be.at.most(5000);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: 'SIGKILL' });
  });

  it('does not wait for long for a process that was told to be stuck', async () => {
    const test = await running({}, immortalHog());
    await test.clock.advance(15_000);
    expect(outcomesOf(test)).to.deep.equal([]);
    expect(await stopMs(test)).to.be.at.most(5000);
    expect(outcomesOf(test)).to.deep.equal(['failed']);
  });

  for (const graceSeconds of [5, 1, 0.2]) {
    it(`is over within a grace period of ${graceSeconds} s although the disk never answers`, async () => {
      const test = new TestMonitor({ settings: { graceSeconds } });
      await test.tick();
      test.machine.spawn(immortalHog());
      test.intents.disk = async () => {
        await new Promise(() => {});
      };
      await test.tick();
      await test.clock.advance(100);
      expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
      expect(await stopMs(test)).to.be.at.most(graceSeconds * 1000);
      expect(outcomesOf(test)).to.deep.equal(['failed']);
    });
  }

  it('begins no termination any more', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.machine.spawn(hog());
    await test.stop();
    await test.clock.advance(10 * 30_000);
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('scan')).to.have.length(1);
  });

  it('during a decision carries nothing out that is decided afterwards', async () => {
    const slow = decider(async () => {
      await test.clock.sleep(500);
      return undefined;
    });
    const test: TestMonitor = new TestMonitor({ extensions: { deciders: [slow] } });
    test.machine.spawn(hog());
    await test.tick();
    await test.stop();
    expect(test.eventsOf('decision').map(({ action }) => action)).to.deep.equal(['kill']);
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('scan').map(({ killed }) => killed)).to.deep.equal([0]);
    expect(outcomesOf(test)).to.deep.equal([]);
  });

  it('during detection asks nobody for a decision any more', async () => {
    let asked = 0;
    const counting = decider(() => {
      asked += 1;
      return undefined;
    });
    const test = new TestMonitor({ extensions: { deciders: [counting] } });
    const read = test.machine.inspectSlowly.bind(test.machine);
    test.machine.inspectSlowly = async (identity, wanted) => {
      await test.clock.sleep(200);
      return await read(identity, wanted);
    };
    test.machine.spawn(hog());
    await test.tick();
    await test.stop();
    expect(asked).to.equal(0);
    expect(signalsOf(test)).to.deep.equal([]);
  });

  it('while an intent is written lets the process live', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.machine.spawn(hog());
    test.intents.disk = async () => {
      await test.clock.sleep(50);
    };
    await test.tick();
    await test.stop();
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'spared', reason: 'the monitor is stopping' });
  });
});
