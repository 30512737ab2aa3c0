import { TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog } from './support/hogs.js';

async function rehearsed(test: TestMonitor): Promise<string[]> {
  const steps: string[] = [];
  await test.tick();
  test.machine.beforeStep = (step) => void steps.push(step);
  await test.monitor.rehearse();
  return steps;
}

describe('the rehearsal', () => {
  it('goes all the way to the signal, and sends none', async () => {
    const test = new TestMonitor({ thresholds: { ramGbThreshold: 1000, ramPercentThreshold: 100 } });
    test.machine.spawn(hog());
    const steps = await rehearsed(test);
    expect(steps).to.include.members(['scan', 'inspect', 'open', 'check']).and.not.to.include('signal');
    expect(test.machine.signals).to.deep.equal([]);
  });

  it('is told to nobody, and leaves nothing behind', async () => {
    const test = new TestMonitor({ thresholds: { ramGbThreshold: 1000, ramPercentThreshold: 100 } });
    test.machine.spawn(hog());
    const lines = (await test.tick(), test.log.length);
    await test.monitor.rehearse();
    expect(test.eventsOf('violation')).to.deep.equal([]);
    expect(test.eventsOf('kill')).to.deep.equal([]);
    expect(test.log).to.have.length(lines);
    await test.tick();
    expect(test.monitor.status()?.violations).to.deep.equal([]);
    expect(test.machine.signals).to.deep.equal([]);
  });

  it('does not come between a violation and its end', async () => {
    const test = new TestMonitor();
    const victim = test.machine.spawn(hog());
    await test.tick();
    await test.monitor.rehearse();
    await test.clock.advance(10_000);
    expect(test.machine.isRunning(victim)).to.equal(false);
    expect(test.eventsOf('kill')).to.have.length(1);
  });

  it('is nothing where the machine can not be read', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog());
    await test.tick();
    test.machine.beforeStep = () => {
      throw new Error('no such luck');
    };
    await test.monitor.rehearse();
    expect(test.eventsOf('pluginError')).to.deep.equal([]);
  });
});
