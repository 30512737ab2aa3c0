import type { Detection, PluginDetector, ProcessIdentity } from '@memory-monitor/core';
import { TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { decider } from '../support/deciders.js';
import { GB, hog, outcomesOf, signalledPids, signalsOf, stubbornHog } from '../support/hogs.js';

/** A monitor with a detector that names one process after the other, as a policy for a whole machine would. */
class Machine extends TestMonitor {
  raises: Partial<Detection> | undefined;
  readonly named: ProcessIdentity[] = [];

  constructor(options: TestMonitorOptions = {}) {
    const detector: PluginDetector = { plugin: 'shortage', deadlineMs: 500, detect: () => this.#answer() };
    super({
      thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100, checkIntervalSeconds: 1 },
      ...options,
      extensions: { detectors: [detector], ...options.extensions },
    });
  }

  #answer(): Detection[] {
    const common = { usedBytes: 15 * GB, limitBytes: 14 * GB, reason: 'the machine is short' };
    return this.raises === undefined
      ? []
      : this.named.map((process) => ({ processes: [process], ...common, ...this.raises }));
  }
}

describe('an urgent detection', () => {
  const capped = (raises: Partial<Detection>): Machine => {
    const test = new Machine({ settings: { maxKillsPerMinute: 1 } });
    test.raises = raises;
    for (let count = 0; count < 3; count += 1) {
      test.named.push(test.machine.spawn(hog({ uid: 1000 })));
    }
    return test;
  };

  it('is not held up by the cap of kills a minute, and the trail says so', async () => {
    const test = capped({ isUrgent: true });
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated', 'terminated', 'terminated']);
    expect(test.trailOf(test.named[2]!).at(-1)).to.equal(
      'blast-radius: kill: the cap of 1 kills a minute is reached for user john, and this is urgent',
    );
  });

  it('is the only one that is not', async () => {
    const test = capped({});
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('comes before the limits of the process, whose verdict may have been to let it live', async () => {
    const onlyWarns = decider(({ raisedBy }) =>
      raisedBy === undefined ? { verdict: { action: 'warn' }, reason: 'limits only warn' } : undefined,
    );
    const test = new Machine({
      thresholds: { ramGbThreshold: 2, checkIntervalSeconds: 1 },
      extensions: { deciders: [onlyWarns] },
    });
    test.named.push(test.machine.spawn(hog()));
    test.raises = {};
    await test.tick();
    expect(test.eventsOf('decision').map(({ action }) => action)).to.deep.equal(['warn']);
    test.raises = { isUrgent: true };
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
    expect(test.eventsOf('kill')[0]?.violation).to.include({ raisedBy: 'shortage', isUrgent: true });
  });

  it('is still asked about: a plugin may let the process live', async () => {
    const spares = decider(() => ({ verdict: { action: 'spare' }, reason: 'never this one' }));
    const test = new Machine({ extensions: { deciders: [spares] } });
    test.named.push(test.machine.spawn(hog()));
    test.raises = { isUrgent: true };
    await test.tick();
    expect(test.machine.signals).to.deep.equal([]);
  });

  it('speeds a termination up that is under way', async () => {
    const test = new Machine();
    test.named.push(test.machine.spawn(stubbornHog()));
    test.raises = {};
    await test.tick();
    await test.clock.advance(1500);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    test.raises = { isUrgent: true, graceSeconds: 1 };
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['killed']);
    expect(test.eventsOf('kill')[0]?.tookMs).to.be.below(3000);
  });

  it('leaves it as much of its grace period as it says', async () => {
    const test = new Machine();
    test.named.push(test.machine.spawn(stubbornHog()));
    test.raises = {};
    await test.tick();
    test.raises = { isUrgent: true, graceSeconds: 3 };
    await test.tick();
    await test.clock.advance(1999);
    expect(outcomesOf(test)).to.deep.equal([]);
    await test.clock.advance(1);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'killed', tookMs: 3000 });
  });

  it('does not speed anything up by being explained', async () => {
    const test = new Machine({ thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100 } });
    const victim = test.machine.spawn(stubbornHog());
    test.named.push(victim);
    test.raises = {};
    await test.tick();
    test.raises = { isUrgent: true, graceSeconds: 0 };
    expect((await test.explain(victim.pid))?.conclusion).to.equal('It is being ended already.');
    await test.clock.advance(100);
    expect(outcomesOf(test)).to.deep.equal([]);
  });
});

describe('a detection', () => {
  it('may have a grace period of its own', async () => {
    const test = new Machine();
    test.named.push(test.machine.spawn(stubbornHog()));
    test.raises = { graceSeconds: 0 };
    await test.tick();
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
  });

  describe('by anonymous memory', () => {
    it('is about a process that is swapped out, and does not take that for giving back', async () => {
      const test = new Machine();
      const victim = test.machine.spawn(
        stubbornHog({ rssBytes: 3 * GB, anonymousBytes: 3 * GB, swapBytes: 2 * GB }),
      );
      test.named.push(victim);
      test.raises = { measure: 'anonymous' };
      await test.tick();
      expect(test.eventsOf('decision')[0]?.violation).to.include({
        measure: 'anonymous',
        ownBytes: 5 * GB,
        spareBelowBytes: 4 * GB,
      });
      test.machine.change(victim.pid, { rssBytes: 0.1 * GB, anonymousBytes: 0.1 * GB, swapBytes: 4.9 * GB });
      await test.clock.advance(5000);
      expect(outcomesOf(test)).to.deep.equal(['killed']);
    });

    it('lets live who has given back what was too much', async () => {
      const test = new Machine();
      const victim = test.machine.spawn(stubbornHog({ rssBytes: 3 * GB, swapBytes: 2 * GB }));
      test.named.push(victim);
      test.raises = { measure: 'anonymous' };
      await test.tick();
      test.machine.change(victim.pid, { anonymousBytes: 3 * GB, swapBytes: 0.9 * GB });
      await test.clock.advance(5000);
      expect(outcomesOf(test)).to.deep.equal(['spared']);
    });

    it('waits for no proportional set size', async () => {
      const test = new Machine({ settings: { measure: 'pss' } });
      test.named.push(test.machine.spawn(hog({ hangs: true })));
      test.raises = { measure: 'anonymous' };
      await test.tick();
      expect(signalledPids(test)).to.have.length(1);
    });

    it('takes what is not shared for anonymous on a kernel that does not tell', async () => {
      const test = new Machine();
      test.named.push(test.machine.spawn(hog({ anonymousBytes: 0, sharedBytes: GB })));
      test.raises = { measure: 'anonymous' };
      await test.tick();
      expect(test.eventsOf('decision')[0]?.violation.ownBytes).to.equal(2 * GB);
    });
  });
});

describe('a detection of a shortage', () => {
  it('ends nobody once enough is available again, before SIGTERM and before SIGKILL', async () => {
    const test = new Machine();
    test.raises = { spareAboveAvailableBytes: 2 * GB };
    test.named.push(test.machine.spawn(stubbornHog()));
    const available = (gb: number): void => {
      test.machine.memory = { ...test.machine.memory, availableBytes: gb * GB };
    };
    available(1);
    test.machine.beforeStep = (step) => {
      if (step === 'open') {
        available(2);
      }
    };
    await test.tick();
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('kill').at(-1)).to.include({
      outcome: 'spared',
      signal: undefined,
      reason: 'the machine has 2.00GB available again',
    });

    test.machine.beforeStep = () => undefined;
    available(1);
    await test.tick();
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    available(2);
    test.raises = undefined;
    await test.clock.advance(5000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(test.eventsOf('kill').at(-1)).to.include({ outcome: 'spared', signal: 'SIGTERM' });
  });
});
