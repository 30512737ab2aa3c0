import { testPlugin, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

const NEVER = new Promise<void>(() => {});
const KNOWN = { pid: 7, startTime: 70, name: 'hog', uid: 1000, user: 'john', rssBytes: 9, limitBytes: 8 };

/** A monitor that has started; its next scan finds one hog. */
async function aboutToFind(process = hog()): Promise<TestMonitor> {
  const test = new TestMonitor();
  await test.tick();
  test.machine.spawn(process);
  return test;
}

/** A monitor with a plugin that is at work for so long with each event of a kind. */
async function keepingAccount(event: 'kill' | 'recovered', worksMs: number): Promise<TestMonitor> {
  return await testPlugin({
    name: 'keeps-account',
    apiVersion: 1,
    setup(host) {
      host.on(event, async () => {
        await host.clock.sleep(worksMs);
      });
    },
  });
}

describe('an intent', () => {
  it('is written before the signal, with who and why', async () => {
    const test = new TestMonitor();
    const atSignal: unknown[] = [];
    const { pid, startTime } = test.machine.spawn(
      hog({
        onSignal: (signal, machine, victim) => {
          atSignal.push(...test.intents.open.values());
          machine.exit(victim);
          return signal === 'SIGTERM' ? 'sent' : 'gone';
        },
      }),
    );
    await test.tick();
    expect(atSignal[0]).to.deep.include({
      pid,
      startTime,
      name: 'hog',
      user: 'john',
      rule: 'ram_percent_threshold',
    });
    expect(atSignal[0]).to.have.property('why', 'rss of 3.00GB is over ram_percent_threshold, 1.60GB');
  });

  it('stays open while the termination is under way, and ends with it', async () => {
    const test = new TestMonitor();
    test.machine.spawn(stubbornHog());
    await test.tick();
    expect(test.intents.open.size).to.equal(1);
    await test.clock.advance(5000);
    expect(test.intents.open.size).to.equal(0);
  });

  it('holds the signal up for no more than 100 ms when the disk never answers', async () => {
    const test = await aboutToFind();
    test.intents.disk = async () => {
      await NEVER;
    };
    await test.tick();
    await test.clock.advance(99);
    expect(signalsOf(test)).to.deep.equal([]);
    await test.clock.advance(1);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('does not keep the end from being told when the disk never answers', async () => {
    const test = await aboutToFind();
    test.intents.disk = async () => {
      await NEVER;
    };
    await test.tick();
    await test.clock.advance(200);
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('that can not be written is one warning, however many kills it concerns', async () => {
    const test = await aboutToFind();
    test.intents.disk = async () => {
      await Promise.reject(new Error('ENOSPC: no space left on device'));
    };
    test.machine.spawn(hog());
    await test.tick();
    test.machine.spawn(hog());
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated', 'terminated', 'terminated']);
    const warnings = test.log.filter(({ fields }) => fields['event'] === 'intent');
    expect(warnings.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(warnings[0]?.message).to.match(/ENOSPC: no space left on device$/);
  });

  it('lasts while a plugin is at work with the end of the kill, and ten seconds at most', async () => {
    for (const { worksMs, lastsMs } of [
      { worksMs: 1000, lastsMs: 1000 },
      { worksMs: 60_000, lastsMs: 10_000 },
    ]) {
      const test = await keepingAccount('kill', worksMs);
      test.machine.spawn(hog());
      await test.tick();
      await test.clock.advance(lastsMs - 1);
      expect(test.intents.open.size).to.equal(1);
      await test.clock.advance(1);
      expect(test.intents.open.size).to.equal(0);
    }
  });

  describe('of an earlier run', () => {
    const unfinished = { ...KNOWN, rule: 'r', why: 'too large', atMs: 0, isStillRunning: true };

    it('that has no end is told at start, before the first scan', async () => {
      const test = new TestMonitor();
      test.intents.unfinished = [unfinished];
      const order: string[] = [];
      test.monitor.events.on('recovered', () => order.push('recovered'));
      test.monitor.events.on('scan', () => order.push('scan'));
      await test.tick();
      expect(order).to.deep.equal(['recovered', 'scan']);
      expect(test.eventsOf('recovered')).to.deep.equal([
        {
          process: { pid: 7, startTime: 70, name: 'hog', user: 'john' },
          isStillRunning: true,
          why: 'too large',
        },
      ]);
    });

    it('is kept until plugins are done with it, ten seconds at most, and struck off before the monitor ends', async () => {
      for (const { worksMs, lastsMs } of [
        { worksMs: 0, lastsMs: 0 },
        { worksMs: 1000, lastsMs: 1000 },
        { worksMs: 60_000, lastsMs: 10_000 },
      ]) {
        const test = await keepingAccount('recovered', worksMs);
        test.intents.unfinished = [unfinished];
        await test.tick();
        if (lastsMs > 0) {
          await test.clock.advance(lastsMs - 1);
          expect(test.intents.unfinished).to.have.length(1);
          await test.clock.advance(1);
        }
        expect(test.intents.unfinished).to.deep.equal([]);
      }
    });

    it('that can not be read is a warning, and the monitor starts', async () => {
      const test = new TestMonitor();
      test.intents.disk = async () => {
        await Promise.reject(new Error('EIO'));
      };
      await test.tick();
      expect(test.log.map(({ level, message }) => `${level}: ${message}`)).to.deep.equal([
        'warn: What an earlier run had begun can not be read: EIO',
      ]);
      expect(test.eventsOf('scan')).to.have.length(1);
    });

    it('does not hold the start up for more than 100 ms when the disk never answers', async () => {
      const test = new TestMonitor();
      test.intents.disk = async () => {
        await NEVER;
      };
      await test.tick();
      await test.clock.advance(100);
      expect(test.eventsOf('scan')).to.have.length(1);
    });
  });
});
