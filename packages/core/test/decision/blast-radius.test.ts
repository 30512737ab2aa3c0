import { TestMonitor, type FakeProcess, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog, signalledPids } from '../support/hogs.js';

function machineOf(
  count: number,
  hogNumber: (number: number) => FakeProcess,
  options: TestMonitorOptions = {},
): TestMonitor {
  const test = new TestMonitor(options);
  for (let number = 0; number < count; number += 1) {
    test.machine.spawn(hog(hogNumber(number)));
  }
  return test;
}

describe('the blast radius', () => {
  it('is ten kills a minute for one owner; the eleventh becomes a warning that says why', async () => {
    const test = machineOf(11, () => ({ uid: 1000 }));
    await test.tick();
    expect(signalledPids(test)).to.have.length(10);
    const { action, reason, trail } = test.eventsOf('decision').at(-1)!;
    expect({ action, reason }).to.deep.equal({
      action: 'warn',
      reason: 'the cap of 10 kills a minute is reached for user john',
    });
    expect(trail.at(-1)?.source).to.equal('blast-radius');
  });

  it('frees after a minute, and not before', async () => {
    const test = machineOf(11, () => ({ uid: 1000 }), { thresholds: { checkIntervalSeconds: 1 } });
    await test.tick();
    await test.clock.advance(59_000);
    expect(signalledPids(test)).to.have.length(10);
    await test.clock.advance(1000);
    expect(signalledPids(test)).to.have.length(11);
  });

  it('counts each owner apart', async () => {
    const test = machineOf(20, (number) => ({ uid: 1000 + (number % 2) }));
    await test.tick();
    expect(signalledPids(test)).to.have.length(20);
  });

  it('is ten kills a minute for one systemd unit, whoever owns its processes', async () => {
    const test = machineOf(11, (number) => ({ uid: 1000 + number, unit: 'web.service' }));
    await test.tick();
    expect(signalledPids(test)).to.have.length(10);
    expect(test.eventsOf('decision').at(-1)?.reason).to.equal(
      'the cap of 10 kills a minute is reached for unit web.service',
    );
  });

  it('is what the configuration says', async () => {
    const test = machineOf(5, () => ({}), { settings: { maxKillsPerMinute: 2 } });
    await test.tick();
    expect(signalledPids(test)).to.have.length(2);
  });

  it('is not used up by what a dry run has told already', async () => {
    const settings = { dryRun: true, maxKillsPerMinute: 2 };
    const test = machineOf(2, () => ({}), { settings, thresholds: { checkIntervalSeconds: 1 } });
    for (let tick = 0; tick < 5; tick += 1) {
      await test.tick();
    }
    expect(test.eventsOf('decision').map(({ action }) => action)).to.deep.equal(['kill', 'kill']);
  });

  it('is not used up by a process that can not be ended', async () => {
    const denied: FakeProcess = { onSignal: () => 'denied' };
    const options = { settings: { maxKillsPerMinute: 2 }, thresholds: { checkIntervalSeconds: 1 } };
    const test = machineOf(1, () => denied, options);
    for (let tick = 0; tick < 5; tick += 1) {
      await test.tick();
    }
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    expect(signalledPids(test)).to.include(pid);
  });

  it('tells the warning once, and holds as long as kills go on', async () => {
    const test = machineOf(30, () => ({}), { thresholds: { checkIntervalSeconds: 10 } });
    for (let tick = 0; tick < 6; tick += 1) {
      await test.tick();
    }
    expect(signalledPids(test)).to.have.length(10);
    expect(test.eventsOf('decision').filter(({ action }) => action === 'warn')).to.have.length(20);
  });
});
