import type { DetectScan, ProcessIdentity } from '@memory-monitor/core';
import { expect } from 'chai';

import { TestMonitor, type FakeProcess, type TestMonitorOptions } from '@memory-monitor/core/testing';

import { always } from '../support/deciders.js';
import { GB, hog, immortalHog, outcomesOf, PAGE_BYTES, signalledPids } from '../support/hogs.js';

const GB_ONLY = { ramGbThreshold: 2, ramPercentThreshold: 100 };
const PERCENT_ONLY = { ramGbThreshold: 1000, ramPercentThreshold: 41 };
/** A hundredth of the RAM: every whole percentage is a whole number of pages. */
const HUNDREDTH_BYTES = PAGE_BYTES * 24 * 2048;
const RAM_BYTES = 100 * HUNDREDTH_BYTES;

async function rulesBroken(options: TestMonitorOptions, ...processes: FakeProcess[]): Promise<string[]> {
  const test = new TestMonitor(options);
  test.machine.memory = { totalBytes: RAM_BYTES, availableBytes: GB, usedBytes: RAM_BYTES - GB };
  for (const process of processes) {
    test.machine.spawn(process);
  }
  await test.tick();
  return test.eventsOf('violation').map(({ violation }) => violation.rule);
}

describe('detection', () => {
  describe('of the threshold in GB', () => {
    it('takes a process exactly at it for none over it', async () => {
      expect(await rulesBroken({ thresholds: GB_ONLY }, { rssBytes: 2 * GB })).to.deep.equal([]);
    });

    it('takes a process one page over it for a violation', async () => {
      const broken = await rulesBroken({ thresholds: GB_ONLY }, { rssBytes: 2 * GB + PAGE_BYTES });
      expect(broken).to.deep.equal(['ram_gb_threshold']);
    });
  });

  describe('of the threshold in percent', () => {
    it('takes a process exactly at it for none over it', async () => {
      expect(
        await rulesBroken({ thresholds: PERCENT_ONLY }, { rssBytes: 41 * HUNDREDTH_BYTES }),
      ).to.deep.equal([]);
    });

    it('takes a process one page over it for a violation', async () => {
      const broken = await rulesBroken(
        { thresholds: PERCENT_ONLY },
        { rssBytes: 41 * HUNDREDTH_BYTES + PAGE_BYTES },
      );
      expect(broken).to.deep.equal(['ram_percent_threshold']);
    });
  });

  it('finds whoever uses any memory at all with a threshold of zero', async () => {
    const thresholds = { ramGbThreshold: 0, ramPercentThreshold: 100 };
    expect(await rulesBroken({ thresholds }, { rssBytes: PAGE_BYTES }, { rssBytes: 0 })).to.have.length(1);
  });

  it('asks limits overrides, and names the plugin as the rule', async () => {
    const limits = [
      { plugin: 'strict', limitsFor: ({ uid }: { uid: number }) => (uid === 7 ? { bytes: GB } : undefined) },
    ];
    const options = { thresholds: GB_ONLY, extensions: { limits } };
    const broken = await rulesBroken(options, { rssBytes: 1.5 * GB, uid: 7 }, { rssBytes: 1.5 * GB, uid: 8 });
    expect(broken).to.deep.equal(['plugin:strict']);
  });

  it('lets an override raise the limit of a process above the thresholds', async () => {
    const limits = [{ plugin: 'lenient', limitsFor: () => ({ bytes: 9 * GB, percentOfRam: 100 }) }];
    expect(await rulesBroken({ extensions: { limits } }, { rssBytes: 8 * GB })).to.deep.equal([]);
  });

  describe('of what plugins raise', () => {
    const raising = (plugin: string, processes: () => readonly ProcessIdentity[]) => ({
      plugin,
      deadlineMs: 500,
      detect: () => [{ processes: processes(), usedBytes: 5 * GB, limitBytes: 4 * GB, reason: 'together' }],
    });

    it('takes one process for one violation, however many raise it', async () => {
      const raised: ProcessIdentity[] = [];
      const detectors = ['a', 'b'].map((plugin) => raising(plugin, () => raised));
      const test = new TestMonitor({ extensions: { detectors } });
      raised.push(test.machine.spawn({ rssBytes: 1.5 * GB }));
      await test.tick();
      expect(test.eventsOf('violation').map(({ violation }) => violation.rule)).to.deep.equal(['plugin:a']);
      expect(test.eventsOf('decision')).to.have.length(1);
      expect(outcomesOf(test)).to.deep.equal(['terminated']);
    });

    it('ends nobody else where the first of the list is a violator anyway', async () => {
      const raised: ProcessIdentity[] = [];
      const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
      raised.push(test.machine.spawn(hog()), test.machine.spawn({ rssBytes: 1.5 * GB }));
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([raised[0]?.pid]);
      expect(test.eventsOf('violation').map(({ violation }) => violation.raisedBy)).to.deep.equal([
        undefined,
      ]);
    });

    it('passes over who is protected, although it is over its own limit, to the next of the list', async () => {
      const raised: ProcessIdentity[] = [];
      const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
      raised.push(
        test.machine.spawn(hog({ oomScoreAdj: -1000 })),
        test.machine.spawn({ rssBytes: 1.5 * GB }),
      );
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([raised[1]?.pid]);
    });

    it('passes over who turns out to be another user’s than the scan has said', async () => {
      const raised: ProcessIdentity[] = [];
      const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
      raised.push(
        test.machine.spawn({ rssBytes: 1.5 * GB, uid: 2000 }),
        test.machine.spawn({ rssBytes: 1.5 * GB, uid: 1000 }),
      );
      const scan = test.machine.scan.bind(test.machine);
      test.machine.scan = () => ({ ...scan(), uid: Uint32Array.of(1000, 1000) });
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([raised[1]?.pid]);
    });

    describe('once a process can not be ended', () => {
      /** After SIGTERM, SIGKILL, and the time that a process may take to exit. */
      const ticksUntilGivenUp = async (test: TestMonitor): Promise<void> => {
        await test.tick();
        await test.clock.advance(30_000);
      };

      it('goes to the next of the list, and is told once of the first', async () => {
        const raised: ProcessIdentity[] = [];
        const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
        raised.push(
          test.machine.spawn(immortalHog({ rssBytes: 1.5 * GB })),
          test.machine.spawn({ rssBytes: 1.2 * GB }),
        );
        await ticksUntilGivenUp(test);
        await test.tick();
        expect(signalledPids(test)).to.deep.equal(raised.map(({ pid }) => pid));
        expect(outcomesOf(test)).to.deep.equal(['failed', 'terminated']);
      });

      it('goes to the next of the list also where the first is over a limit of its own', async () => {
        const raised: ProcessIdentity[] = [];
        const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
        raised.push(test.machine.spawn(immortalHog()), test.machine.spawn({ rssBytes: 1.2 * GB }));
        await ticksUntilGivenUp(test);
        await test.tick();
        expect(signalledPids(test)).to.deep.equal(raised.map(({ pid }) => pid));
      });

      it('does nothing more where all of the list are like that, and tells each once', async () => {
        const raised: ProcessIdentity[] = [];
        const test = new TestMonitor({ extensions: { detectors: [raising('a', () => raised)] } });
        raised.push(
          test.machine.spawn(immortalHog({ rssBytes: 1.5 * GB })),
          test.machine.spawn(immortalHog({ rssBytes: 1.2 * GB })),
        );
        await ticksUntilGivenUp(test);
        await ticksUntilGivenUp(test);
        for (let scan = 0; scan < 5; scan += 1) {
          await test.tick();
        }
        expect(outcomesOf(test)).to.deep.equal(['failed', 'failed']);
        expect(test.machine.signals).to.have.lengthOf(6);
        expect(test.eventsOf('violation')).to.have.lengthOf(2);
        expect(test.eventsOf('decision')).to.have.lengthOf(2);
      });

      it('tells the plugins which one that is', async () => {
        const seen: (readonly ProcessIdentity[])[] = [];
        const detect = ({ beyondReach }: DetectScan): undefined => void seen.push(beyondReach);
        const test = new TestMonitor({
          extensions: { detectors: [{ plugin: 'a', deadlineMs: 500, detect }] },
        });
        const hopeless = test.machine.spawn(immortalHog());
        await ticksUntilGivenUp(test);
        test.machine.exit(hopeless.pid);
        await test.tick();
        await test.tick();
        expect(seen).to.deep.equal([[], [hopeless], [hopeless], []]);
      });
    });
  });

  it('judges the largest first', async () => {
    const asked: number[] = [];
    const curious = {
      ...always('warn'),
      decide: ({ usedBytes }: { usedBytes: number }) => {
        asked.push(usedBytes / GB);
        return undefined;
      },
    };
    const test = new TestMonitor({ extensions: { deciders: [curious] } });
    for (const gigabytes of [3, 5, 4]) {
      test.machine.spawn({ rssBytes: gigabytes * GB });
    }
    await test.tick();
    expect(asked).to.deep.equal([5, 4, 3]);
  });

  it('describes the violator', async () => {
    const test = new TestMonitor({ thresholds: GB_ONLY, extensions: { deciders: [always('warn')] } });
    const commandLine = ['hog', '--big'];
    test.machine.spawn(hog({ comm: 'hog', unit: 'hog.service', commandLine, swapBytes: 5 * PAGE_BYTES }));
    await test.tick();
    const violation = test.eventsOf('violation')[0]?.violation;
    expect(violation).to.deep.include({
      measure: 'rss',
      usedBytes: 3 * GB,
      limitBytes: 2 * GB,
      ramBytes: 16 * GB,
    });
    expect(violation?.process).to.deep.include({
      name: 'hog',
      user: 'john',
      group: 'john',
      unit: 'hog.service',
      commandLine,
      swapBytes: 5 * PAGE_BYTES,
    });
  });

  it('writes an owner in digits whom the user database does not know', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ uid: 4711 }));
    await test.tick();
    expect(test.eventsOf('violation')[0]?.violation.process.user).to.equal('4711');
  });

  it('tells the command line in the kill although nothing waited for it', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ commandLine: ['hog', '--big'] }));
    await test.tick();
    expect(test.eventsOf('kill')[0]?.violation.process.commandLine).to.deep.equal(['hog', '--big']);
  });

  it('passes over a process that is exiting already', async () => {
    expect(await rulesBroken({}, hog({ isExiting: true }))).to.deep.equal([]);
  });

  describe('by private memory', () => {
    const settings = { measure: 'private' } as const;

    it('leaves out what is shared', async () => {
      const test = new TestMonitor({ settings, thresholds: GB_ONLY });
      test.machine.spawn({ rssBytes: 9 * GB, sharedBytes: 7 * GB });
      const over = test.machine.spawn({ rssBytes: 9 * GB + PAGE_BYTES, sharedBytes: 7 * GB });
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([over.pid]);
    });

    it('says so in the violation', async () => {
      const test = new TestMonitor({ settings });
      test.machine.spawn({ rssBytes: 9 * GB, sharedBytes: 6 * GB });
      await test.tick();
      expect(test.eventsOf('violation')[0]?.violation).to.include({ measure: 'private', usedBytes: 3 * GB });
    });
  });

  describe('by proportional set size', () => {
    const settings = { measure: 'pss' } as const;

    it('ends a process whose share is over the limit, and no other', async () => {
      const test = new TestMonitor({ settings, thresholds: GB_ONLY });
      test.machine.spawn({ rssBytes: 9 * GB, pssBytes: 2 * GB });
      const over = test.machine.spawn({ rssBytes: 9 * GB, pssBytes: 2 * GB + PAGE_BYTES });
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([over.pid]);
      expect(test.eventsOf('kill')[0]?.violation.usedBytes).to.equal(2 * GB + PAGE_BYTES);
    });

    it('reads it only of processes whose RSS is over the limit', async () => {
      const test = new TestMonitor({ settings, thresholds: GB_ONLY });
      const asked: number[] = [];
      const read = test.machine.inspectSlowly.bind(test.machine);
      test.machine.inspectSlowly = async (identity, wanted) => {
        asked.push(identity.pid);
        return await read(identity, wanted);
      };
      test.machine.spawn({ rssBytes: 2 * GB, pssBytes: 2 * GB });
      const over = test.machine.spawn({ rssBytes: 3 * GB, pssBytes: GB });
      await test.tick();
      expect(asked).to.deep.equal([over.pid]);
    });

    it('does not end a process whose share can not be read', async () => {
      const test = new TestMonitor({ settings });
      test.machine.spawn(hog({ hangs: true }));
      const readable = test.machine.spawn(hog({ pssBytes: 3 * GB }));
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([readable.pid]);
    });
  });

  it('ends a process by RSS although its command line hangs', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ hangs: true }));
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });
});
