import type { IntervalOverride } from '@memory-monitor/core';
import { testConfiguration, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { decider } from './support/deciders.js';
import { hog, signalsOf } from './support/hogs.js';

const EVERY_SECOND = { thresholds: { checkIntervalSeconds: 1 } };

const scansOf = (test: TestMonitor): number => test.eventsOf('scan').length;

describe('the loop', () => {
  it('tells how it starts', async () => {
    const test = new TestMonitor({ settings: { measure: 'private', dryRun: true } });
    await test.tick();
    expect(test.eventsOf('started')).to.deep.equal([
      {
        version: '0.0.0-test',
        dryRun: true,
        ramPercentThreshold: 10,
        ramGbThreshold: 2,
        checkIntervalSeconds: 30,
        measure: 'private',
        totalBytes: test.machine.memory.totalBytes,
        configFiles: [],
      },
    ]);
  });

  it('reads the memory first, then scans, and tells the scan last', async () => {
    const test = new TestMonitor();
    const order: string[] = [];
    for (const name of ['memory', 'violation', 'decision', 'scan'] as const) {
      test.monitor.events.on(name, () => order.push(name));
    }
    test.machine.spawn(hog());
    await test.tick();
    expect(order).to.deep.equal(['memory', 'violation', 'decision', 'scan']);
  });

  it('scans at once, and then in every interval', async () => {
    const test = new TestMonitor();
    await test.tick();
    expect(scansOf(test)).to.equal(1);
    await test.clock.advance(29_999);
    expect(scansOf(test)).to.equal(1);
    await test.clock.advance(1);
    expect(scansOf(test)).to.equal(2);
    await test.clock.advance(300_000);
    expect(scansOf(test)).to.equal(12);
  });

  it('counts the interval from the beginning of a scan, not from its end', async () => {
    const slow = decider(async () => {
      await test.clock.sleep(400);
      return { verdict: { action: 'warn' }, reason: 'slow' };
    });
    const test: TestMonitor = new TestMonitor({ ...EVERY_SECOND, extensions: { deciders: [slow] } });
    test.machine.spawn(hog());
    await test.tick();
    await test.clock.advance(9400);
    expect(scansOf(test)).to.equal(10);
    expect(test.eventsOf('scan').map(({ tookMs }) => tookMs)).to.deep.equal(
      Array.from({ length: 10 }, () => 400),
    );
  });

  it('lets a tick that is slower than the interval delay the next one, and never overlap it', async () => {
    let asking = 0;
    let mostAsking = 0;
    const slow = decider(
      async () => {
        asking += 1;
        mostAsking = Math.max(mostAsking, asking);
        await test.clock.sleep(1800);
        asking -= 1;
        return { verdict: { action: 'warn' }, reason: 'slow' };
      },
      { deadlineMs: 1900 },
    );
    const test: TestMonitor = new TestMonitor({ ...EVERY_SECOND, extensions: { deciders: [slow] } });
    test.machine.spawn(hog());
    await test.tick();
    await test.clock.advance(18_000);
    expect(mostAsking).to.equal(1);
    expect(scansOf(test)).to.equal(10);
  });

  it('scans once when it is asked to, and waits for the terminations of that scan', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ onSignal: () => 'sent' }));
    let isOver = false;
    void test.monitor.run({ once: true }).then(() => {
      isOver = true;
    });
    await test.clock.advance(19_999);
    expect(isOver).to.equal(false);
    await test.clock.advance(1);
    expect(isOver).to.equal(true);
    expect(scansOf(test)).to.equal(1);
  });

  it('does not start on a machine whose memory can not be read', async () => {
    const test = new TestMonitor();
    test.machine.readMemory = () => {
      throw new Error('no MemTotal');
    };
    const error: unknown = await test.monitor.run().catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'no MemTotal');
  });

  describe('whose scan fails', () => {
    const errorsOf = (test: TestMonitor): string[] =>
      test.log.filter(({ level }) => level === 'error').map(({ message }) => message);

    it('says so once, and goes on with the next', async () => {
      const test = new TestMonitor();
      await test.tick();
      test.machine.scanError = new Error('EMFILE');
      for (let tick = 0; tick < 5; tick += 1) {
        await test.tick();
      }
      expect(errorsOf(test)).to.deep.equal(['A scan failed, the next one is tried: EMFILE']);
      test.machine.scanError = undefined;
      test.machine.spawn(hog());
      await test.tick();
      expect(signalsOf(test)).to.include('SIGTERM');
    });

    it('says so again when it fails anew, or differently', async () => {
      const test = new TestMonitor();
      for (const error of ['EMFILE', 'ENOENT', undefined, 'ENOENT']) {
        test.machine.scanError = error === undefined ? undefined : new Error(error);
        await test.tick();
      }
      expect(errorsOf(test)).to.have.length(3);
    });
  });

  it('counts processes that can not be read', async () => {
    const test = new TestMonitor();
    test.machine.spawn();
    const scan = test.machine.scan.bind(test.machine);
    test.machine.scan = () => ({ ...scan(), unreadable: 3 });
    await test.tick();
    expect(test.eventsOf('scan')[0]).to.include({ scanned: 1, unreadable: 3, violations: 0, killed: 0 });
  });

  describe('whose interval is overridden', () => {
    const overriding = (intervalSeconds: IntervalOverride['intervalSeconds']): TestMonitor =>
      new TestMonitor({ extensions: { intervals: [{ plugin: 'schedule', intervalSeconds }] } });

    it('sleeps as long as the override says', async () => {
      const test = overriding((seconds) => seconds / 3);
      await test.tick();
      await test.clock.advance(9999);
      expect(scansOf(test)).to.equal(1);
      await test.clock.advance(1);
      expect(scansOf(test)).to.equal(2);
    });

    it('keeps to the configured one when the override throws, and names the plugin', async () => {
      const test = overriding(() => {
        throw new Error('a bug');
      });
      await test.tick();
      await test.tick();
      expect(scansOf(test)).to.equal(2);
      expect(test.eventsOf('pluginError')).to.have.length(1);
      expect(test.eventsOf('pluginError')[0]).to.include({
        plugin: 'schedule',
        hook: 'overrideInterval',
        message: 'a bug',
      });
    });
  });

  it('names plugin and hook of a decider that fails', async () => {
    const broken = decider(() => {
      throw new Error('a bug');
    });
    const test = new TestMonitor({ extensions: { deciders: [broken] } });
    test.machine.spawn(hog());
    await test.tick();
    expect(test.eventsOf('pluginError')).to.have.length(1);
    expect(test.eventsOf('pluginError')[0]).to.include({ plugin: 'test', hook: 'decide', message: 'a bug' });
    expect(signalsOf(test)).to.deep.equal([]);
  });

  it('goes on after a limits override that throws, spares nobody else, and names the plugin once', async () => {
    const limitsFor = ({ uid }: { uid: number }): undefined => {
      if (uid === 7) {
        throw new Error('a bug');
      }
    };
    const test = new TestMonitor({ extensions: { limits: [{ plugin: 'broken', limitsFor }] } });
    test.machine.spawn({ uid: 7 });
    test.machine.spawn({ uid: 7 });
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    expect(signalsOf(test, pid)).to.include('SIGTERM');
    await test.tick();
    expect(test.eventsOf('pluginError')).to.have.length(1);
    expect(test.eventsOf('pluginError')[0]).to.include({
      plugin: 'broken',
      hook: 'overrideLimits',
      message: 'a bug',
    });
  });
});

describe('a reload', () => {
  it('wakes the loop, and the new interval counts from the last scan', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 3600 } });
    await test.tick();
    await test.clock.advance(5000);
    await test.monitor.reload(testConfiguration({ thresholds: { checkIntervalSeconds: 10 } }));
    await test.clock.advance(4999);
    expect(scansOf(test)).to.equal(1);
    await test.clock.advance(1);
    expect(scansOf(test)).to.equal(2);
  });

  it('scans at once where the new interval is over already', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 3600 } });
    await test.tick();
    await test.clock.advance(60_000);
    await test.monitor.reload(testConfiguration());
    await test.clock.advance(0);
    expect(scansOf(test)).to.equal(2);
  });

  it('puts new limits in force with the next scan', async () => {
    const test = new TestMonitor({ thresholds: { ramGbThreshold: 8, ramPercentThreshold: 100 } });
    test.machine.spawn(hog());
    await test.tick();
    await test.monitor.reload(testConfiguration());
    await test.tick();
    expect(signalsOf(test)).to.include('SIGTERM');
  });

  it('is told with what is in force now', async () => {
    const test = new TestMonitor();
    await test.tick();
    expect(await test.monitor.reload(testConfiguration({ thresholds: { ramGbThreshold: 7 } }))).to.equal(
      true,
    );
    expect(test.eventsOf('reloaded')).to.have.length(1);
    expect(test.eventsOf('reloaded')[0]).to.deep.include({ accepted: true, errors: [], ramGbThreshold: 7 });
  });

  it('that is refused is told with its mistakes, and the old configuration stays in force', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.monitor.refuseReload(['c.toml:1:1: a mistake.']);
    expect(test.eventsOf('reloaded')[0]).to.deep.include({
      accepted: false,
      errors: ['c.toml:1:1: a mistake.'],
      ramGbThreshold: 2,
    });
    await test.clock.advance(29_999);
    expect(scansOf(test)).to.equal(1);
  });

  it('tells decisions anew, and tries again what failed before', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ onSignal: () => 'denied' }));
    await test.tick();
    await test.monitor.reload(testConfiguration());
    await test.tick();
    await test.tick();
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGTERM']);
    expect(test.eventsOf('decision')).to.have.length(2);
  });

  describe('on a foreign /proc', () => {
    const foreign = { self: { ownsProcTree: () => false }, settings: { dryRun: true } };

    it('never arms the monitor', async () => {
      const test = new TestMonitor(foreign);
      test.machine.spawn(hog());
      await test.tick();
      expect(await test.monitor.reload(testConfiguration())).to.equal(false);
      await test.tick();
      expect(test.eventsOf('reloaded')[0]).to.include({ accepted: false, dryRun: true });
      expect(test.eventsOf('reloaded')[0]?.errors[0]).to.match(/another PID namespace/);
      expect(signalsOf(test)).to.deep.equal([]);
    });

    it('lets plugins go that were loaded for what it refuses', async () => {
      const test = new TestMonitor(foreign);
      await test.tick();
      let discarded = 0;
      const plugin = {
        definition: { name: 'apart', apiVersion: 1 as const, setup: () => undefined },
        config: undefined,
        onFailure: 'spare' as const,
        source: { use: './apart.ts', file: undefined, version: undefined, isIsolated: true },
        discard: () => {
          discarded += 1;
        },
      };
      expect(await test.monitor.reload(testConfiguration(), [plugin])).to.equal(false);
      expect(discarded).to.equal(1);
    });

    it('accepts another dry run', async () => {
      const test = new TestMonitor(foreign);
      await test.tick();
      await test.monitor.reload(testConfiguration({ settings: { dryRun: true } }));
      expect(test.eventsOf('reloaded')[0]?.accepted).to.equal(true);
    });
  });
});
