import { superviseBy, SUPERVISOR, type Supervisor } from '@memory-monitor/core';
import { TestMonitor, testConfiguration } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { decider } from './support/deciders.js';
import { hog, stubbornHog } from './support/hogs.js';

/** A supervisor that notes what it hears. */
function notedSupervisor(beatIntervalMs = 1000): Supervisor & { heard: string[]; beats: number } {
  const noted = {
    beatIntervalMs,
    heard: [] as string[],
    beats: 0,
    beat: () => {
      noted.beats += 1;
    },
    ready: (status: string) => noted.heard.push(`ready: ${status}`),
    status: (status: string) => noted.heard.push(`status: ${status}`),
    reloading: () => noted.heard.push('reloading'),
    stopping: () => noted.heard.push('stopping'),
  };
  return noted;
}

function supervised(
  supervisor: Supervisor,
  options: ConstructorParameters<typeof TestMonitor>[0] = {},
): TestMonitor {
  const test = new TestMonitor({
    ...options,
    services: (services) => services.provide(SUPERVISOR, () => supervisor),
  });
  superviseBy(supervisor, test.monitor.events);
  return test;
}

describe('the supervisor', () => {
  it('hears that the monitor is ready after the first scan, and how it goes after each', async () => {
    const supervisor = notedSupervisor();
    const test = supervised(supervisor, { settings: { dryRun: true } });
    test.machine.spawn();
    await test.tick();
    await test.tick();
    const status = 'Dry run, nothing is ended. 50.0% of memory used, 1 processes, 0 over the limit.';
    expect(supervisor.heard).to.deep.equal([`ready: ${status}`, `status: ${status}`]);
  });

  it('hears how many have been ended', async () => {
    const supervisor = notedSupervisor();
    const test = supervised(supervisor);
    test.machine.spawn(hog());
    await test.tick();
    await test.tick();
    expect(supervisor.heard.at(-1)).to.include('Armed, 1 ended so far');
  });

  it('hears a beat at least as often as it wants one, however long the interval', async () => {
    const supervisor = notedSupervisor(1000);
    const test = supervised(supervisor, { thresholds: { checkIntervalSeconds: 60 } });
    await test.tick();
    const before = supervisor.beats;
    await test.clock.advance(30_000);
    expect(supervisor.beats - before).to.be.at.least(30);
  });

  it('hears no beat while a tick hangs', async () => {
    const supervisor = notedSupervisor(1000);
    const hanging = decider(async () => await new Promise(() => undefined));
    const test = supervised(supervisor, { extensions: { deciders: [{ ...hanging, deadlineMs: 1e9 }] } });
    test.machine.spawn(hog());
    await test.tick();
    const before = supervisor.beats;
    await test.clock.advance(1500);
    expect(supervisor.beats).to.equal(before);
  });

  it('hears beats while a stop waits for a victim', async () => {
    const supervisor = notedSupervisor(100);
    const test = supervised(supervisor);
    test.machine.spawn(stubbornHog());
    await test.tick();
    const before = supervisor.beats;
    await test.stop();
    expect(supervisor.heard).to.include('stopping');
    expect(supervisor.beats - before).to.be.at.least(10);
  });

  it('hears after a reload that was refused that the old configuration is in force', async () => {
    const supervisor = notedSupervisor();
    const test = supervised(supervisor);
    await test.tick();
    test.monitor.refuseReload(['config.toml:1:1: nonsense']);
    expect(supervisor.heard.at(-1)).to.match(
      /^ready: The configuration on disk has mistakes, the old one is in force\. Armed/,
    );
    await test.monitor.reload(testConfiguration({ settings: { dryRun: true } }));
    expect(supervisor.heard.at(-1)).to.match(/^ready: Dry run/);
  });
});
