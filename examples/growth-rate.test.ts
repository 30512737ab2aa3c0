import { testPlugin, type TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin from './growth-rate.js';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** The machine has 16 GB: no process here is over its own limit. */
const THRESHOLDS = { ramPercentThreshold: 100, ramGbThreshold: 16, checkIntervalSeconds: 10 };

async function watch(seconds = 60): Promise<TestMonitor> {
  return await testPlugin(plugin, { config: { gb: 8, seconds }, thresholds: THRESHOLDS });
}

/** Lets a process have so much memory at one scan after the other, and answers how many seconds passed in between. */
async function grow(monitor: TestMonitor, pid: number, ...sizes: readonly number[]): Promise<number[]> {
  const waits: number[] = [];
  for (const rssBytes of sizes) {
    monitor.machine.change(pid, { rssBytes });
    waits.push(await scan(monitor));
  }
  return waits;
}

async function scan(monitor: TestMonitor): Promise<number> {
  const before = monitor.eventsOf('scan').length;
  if (before === 0) {
    await monitor.tick();
    return 0;
  }
  const fromMs = monitor.clock.monotonicMs();
  while (monitor.eventsOf('scan').length === before) {
    await monitor.clock.advance(250);
  }
  return (monitor.clock.monotonicMs() - fromMs) / 1000;
}

describe('the example growth-rate', () => {
  it('ends what is on its way to the limit, before it is there', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 2 * GB, 3 * GB);
    expect(monitor.machine.isRunning(hog)).to.equal(true);
    await grow(monitor, hog.pid, 4 * GB);
    expect(monitor.machine.isRunning(hog)).to.equal(false);
    expect(monitor.trailOf(hog)[0]).to.match(
      /^plugin:growth-rate: kill: grows by 102 MB a second: over 8 GB within 40 s: /,
    );
  });

  it('has no opinion about what would take longer', async () => {
    const monitor = await watch(30);
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 2 * GB, 3 * GB, 4 * GB);
    expect(monitor.machine.isRunning(hog)).to.equal(true);
  });

  it('wants three samples that grow', async () => {
    const monitor = await watch();
    const { pid } = monitor.machine.spawn();
    await grow(monitor, pid, 4 * GB, 5 * GB, 5 * GB, 6 * GB, 5.5 * GB, 6 * GB);
    expect(monitor.eventsOf('violation')).to.deep.equal([]);
  });

  it('takes a process that has taken over a PID for another', async () => {
    const monitor = await watch();
    const { pid } = monitor.machine.spawn();
    await grow(monitor, pid, 4 * GB, 5 * GB);
    monitor.machine.exit(pid);
    monitor.machine.spawn({ pid });
    await grow(monitor, pid, 6 * GB, 7 * GB);
    expect(monitor.eventsOf('violation')).to.deep.equal([]);
  });

  it('forgets a process that a scan has not seen', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 4 * GB, 5 * GB);
    monitor.machine.exit(hog.pid);
    await scan(monitor);
    monitor.machine.spawn(hog);
    await grow(monitor, hog.pid, 6 * GB, 7 * GB);
    expect(monitor.eventsOf('violation')).to.deep.equal([]);
  });

  it('is not misled by who asks in between', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 2 * GB);
    await monitor.explain(hog.pid);
    await grow(monitor, hog.pid, 3 * GB);
    await monitor.explain(hog.pid);
    expect(monitor.eventsOf('violation')).to.deep.equal([]);
    await grow(monitor, hog.pid, 4 * GB);
    expect(monitor.machine.isRunning(hog)).to.equal(false);
  });

  it('looks more often the nearer the limit is, but never all the time', async () => {
    const monitor = await watch(0.1);
    const { pid } = monitor.machine.spawn();
    const waits = await grow(monitor, pid, 2 * GB, 4 * GB, 7 * GB, 7.5 * GB, 7.75 * GB, 7.75 * GB, 7.75 * GB);
    expect(waits).to.deep.equal([0, 10, 5, 1, 1, 1, 10]);
  });

  it('spares what has given back what it grew by last', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 2 * GB, 3 * GB);
    monitor.intents.disk = async () => {
      await Promise.resolve();
      monitor.machine.change(hog.pid, { rssBytes: 3 * GB });
    };
    await grow(monitor, hog.pid, 4 * GB);
    expect(monitor.machine.isRunning(hog)).to.equal(true);
    expect(monitor.eventsOf('kill')[0]?.outcome).to.equal('spared');
  });

  it('takes a size that is no number for no growth', async () => {
    const monitor = await watch();
    const { pid } = monitor.machine.spawn();
    await grow(monitor, pid, 4 * GB, Number.NaN, 5 * GB, 6 * GB, Number.NaN, 7 * GB);
    expect(monitor.eventsOf('violation')).to.deep.equal([]);
    expect(monitor.eventsOf('pluginError')).to.deep.equal([]);
  });

  it('tells slow growth in numbers that mean something', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 8 * GB - 2 * MB, 8 * GB - 1.5 * MB, 8 * GB - MB);
    expect(monitor.trailOf(hog)[0]).to.include('grows by 0.0571 MB a second: over 8 GB within 18 s');
  });

  it('tells of what is over the limit already', async () => {
    const monitor = await watch();
    const hog = monitor.machine.spawn();
    await grow(monitor, hog.pid, 7 * GB, 8 * GB, 9 * GB);
    expect(monitor.trailOf(hog)[0]).to.include('a second: over 8 GB already');
  });
});
