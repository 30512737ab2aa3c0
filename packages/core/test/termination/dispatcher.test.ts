import type { TerminationRequest, TerminationResult, Terminator } from '@memory-monitor/core';
import { testConfiguration, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

function replacing(terminate: Terminator['terminate']): TestMonitor {
  const test = new TestMonitor({ terminator: { terminate } });
  test.machine.spawn(hog());
  return test;
}

const SPARED: TerminationResult = { outcome: 'spared', signal: undefined, reason: 'as asked' };

describe('carrying a decision out', () => {
  it('hands the terminator what it needs, and tells what it answers', async () => {
    const requests: TerminationRequest[] = [];
    const test = replacing(async (request) => {
      requests.push(request);
      return SPARED;
    });
    await test.tick();
    expect(requests).to.have.length(1);
    expect(requests[0]).to.include({
      graceMs: 5000,
      maySpareInGrace: true,
      why: 'rss of 3.00GB is over ram_percent_threshold, 1.60GB',
    });
    expect(requests[0]?.isArmed()).to.equal(true);
    expect(test.eventsOf('kill')[0]).to.include({ ...SPARED, dryRun: false });
  });

  it('begins one termination at a time for one process', async () => {
    let begun = 0;
    const test = replacing(async () => {
      begun += 1;
      return await new Promise(() => {});
    });
    for (let tick = 0; tick < 5; tick += 1) {
      await test.tick();
    }
    expect(begun).to.equal(1);
  });

  it('begins another one when the process was spared and is still over the limit', async () => {
    let begun = 0;
    const test = replacing(async () => {
      begun += 1;
      return SPARED;
    });
    await test.tick();
    await test.tick();
    expect(begun).to.equal(2);
    expect(test.eventsOf('decision')).to.have.length(2);
  });

  const broken: Record<string, Terminator['terminate']> = {
    rejects: async () => await Promise.reject(new Error('a bug')),
    throws: () => {
      throw new Error('a bug');
    },
  };
  for (const [what, terminate] of Object.entries(broken)) {
    it(`takes a terminator that ${what} for a failed termination, and tries it three times`, async () => {
      const test = replacing(terminate);
      for (let ticks = 0; ticks < 5; ticks += 1) {
        await test.tick();
      }
      expect(test.eventsOf('kill')).to.have.length(3);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: undefined, reason: 'a bug' });
      expect(test.eventsOf('scan')).to.have.length(5);
      await test.stop();
    });
  }
});

describe('a dry run', () => {
  const dryRun = { settings: { dryRun: true } };

  it('signals nobody, and tells each violation once', async () => {
    const test = new TestMonitor(dryRun);
    test.machine.spawn(hog());
    test.machine.spawn(hog());
    for (let tick = 0; tick < 20; tick += 1) {
      await test.tick();
    }
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('kill')).to.have.length(2);
    expect(test.eventsOf('kill')[0]).to.include({
      outcome: 'dry-run',
      signal: undefined,
      dryRun: true,
      tookMs: 0,
    });
    expect(test.eventsOf('decision')).to.have.length(2);
  });

  it('writes no intent', async () => {
    const test = new TestMonitor(dryRun);
    let writes = 0;
    test.intents.begin = async () => {
      writes += 1;
    };
    test.machine.spawn(hog());
    await test.tick();
    expect(writes).to.equal(0);
  });

  it('counts nothing as killed', async () => {
    const test = new TestMonitor(dryRun);
    test.machine.spawn(hog());
    await test.tick();
    expect(test.eventsOf('scan')[0]).to.include({ violations: 1, killed: 0 });
  });

  it('tells a process again that is over the limit anew', async () => {
    const test = new TestMonitor(dryRun);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    for (let tick = 0; tick < 3; tick += 1) {
      await test.tick();
    }
    test.machine.change(pid, { rssBytes: 3 * GB });
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['dry-run', 'dry-run']);
  });

  it('tells it again after a reload, with the new configuration', async () => {
    const test = new TestMonitor(dryRun);
    test.machine.spawn(hog());
    await test.tick();
    await test.monitor.reload(testConfiguration(dryRun));
    await test.tick();
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['dry-run', 'dry-run']);
  });

  it('ends what it only told before as soon as a reload arms it', async () => {
    const test = new TestMonitor(dryRun);
    test.machine.spawn(stubbornHog());
    await test.tick();
    await test.monitor.reload(testConfiguration());
    await test.tick();
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });
});
