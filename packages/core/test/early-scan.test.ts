import { definePlugin, type PressureAlarm, PRESSURE_ALARM } from '@memory-monitor/core';
import { testPlugin, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog, signalsOf } from './support/hogs.js';

const GB = 1024 ** 3;

/** A machine of 16 GB. */
function available(test: TestMonitor, gb: number): void {
  const availableBytes = gb * GB;
  test.machine.memory = { totalBytes: 16 * GB, availableBytes, usedBytes: 16 * GB - availableBytes };
}

const triggersOf = (test: TestMonitor): string[] => test.eventsOf('scan').map(({ trigger }) => trigger);

describe('between two scans', () => {
  it('a hog that fills the machine is found before that, long before the interval is over', async () => {
    const test = new TestMonitor();
    available(test, 12);
    await test.tick();
    const { pid } = test.machine.spawn(hog({ onSignal: () => 'sent' }));
    // 6 GB/s: the fastest that it reckons with.
    for (let ms = 0; ms < 1900 && signalsOf(test).length === 0; ms += 50) {
      await test.clock.advance(50);
      available(test, 12 - 0.006 * ms);
    }
    expect(signalsOf(test)).to.include('SIGTERM');
    expect(test.machine.signals[0]?.pid).to.equal(pid);
    expect(test.machine.memory.availableBytes).to.be.greaterThan(2 * GB);
    expect(triggersOf(test)).to.deep.equal(['interval', 'memory']);
  });

  it('the memory is looked at more often the less of it is left, and at most forty times a second', async () => {
    const glancesWith = async (gb: number): Promise<number> => {
      const test = new TestMonitor();
      available(test, gb);
      await test.tick();
      let glances = 0;
      const readMemory = test.machine.readMemory.bind(test.machine);
      test.machine.readMemory = () => {
        glances += 1;
        return readMemory();
      };
      await test.clock.advance(10_000);
      expect(triggersOf(test), `${gb} GB`).to.deep.equal(['interval']);
      return glances;
    };
    expect(await glancesWith(12)).to.equal(10);
    expect(await glancesWith(3)).to.equal(40);
    expect(await glancesWith(0.01)).to.equal(400);
  });

  it('memory that comes and goes makes no scan', async () => {
    const test = new TestMonitor();
    available(test, 8);
    await test.tick();
    for (const gb of [6.1, 9, 7, 6.5, 8]) {
      available(test, gb);
      await test.clock.advance(5000);
    }
    expect(triggersOf(test)).to.deep.equal(['interval']);
  });

  it('nor does the noise of a machine that has next to nothing left', async () => {
    const test = new TestMonitor();
    available(test, 0.1);
    await test.tick();
    available(test, 0.03);
    await test.clock.advance(5000);
    expect(triggersOf(test)).to.deep.equal(['interval']);
  });

  it('nobody looks at the memory where the fill rate is 0', async () => {
    const test = new TestMonitor({ settings: { fillRateGbPerSecond: 0 } });
    available(test, 8);
    await test.tick();
    available(test, 1);
    await test.clock.advance(29_000);
    expect(triggersOf(test)).to.deep.equal(['interval']);
  });

  it('memory that can not be read ends the glances until the next scan, which tells', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.machine.readMemory = () => {
      throw new Error('no MemTotal');
    };
    await test.clock.advance(29_999);
    expect(test.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
    await test.clock.advance(1);
    expect(test.log.filter(({ level }) => level === 'error')).to.have.length(1);
  });

  it('a stop is heard at once', async () => {
    const test = new TestMonitor();
    available(test, 12);
    await test.tick();
    let isOver = false;
    test.monitor.stop('test');
    void test.stop().then(() => {
      isOver = true;
    });
    await test.clock.advance(200);
    expect(isOver).to.equal(true);
  });

  describe('a plugin', () => {
    const wanting = (dueBelowBytes: () => number): Promise<TestMonitor> =>
      testPlugin(
        definePlugin({
          name: 'wanting',
          apiVersion: 1,
          setup: (host) => {
            host.scanEarly(dueBelowBytes);
          },
        }),
      );

    it('has a scan at once when less is available than it says, and is named', async () => {
      const test = await wanting(() => 7.5 * GB);
      await test.tick();
      await test.clock.advance(3000);
      available(test, 7.4);
      await test.clock.advance(100);
      available(test, 8);
      await test.clock.advance(3000);
      expect(triggersOf(test)).to.deep.equal(['interval', 'plugin:wanting']);
    });

    it('has the memory looked at the more often the nearer that is', async () => {
      const test = await wanting(() => 6 * GB);
      available(test, 7.2);
      await test.tick();
      await test.clock.advance(50);
      available(test, 5.9);
      await test.clock.advance(140);
      expect(triggersOf(test)).to.have.length(1);
      await test.clock.advance(20);
      expect(triggersOf(test)).to.deep.equal(['interval', 'plugin:wanting']);
    });

    it('may have a level that is passed already, and no scan comes sooner for that', async () => {
      const test = await wanting(() => 10 * GB);
      await test.tick();
      await test.clock.advance(5000);
      expect(triggersOf(test)).to.deep.equal(['interval']);
    });

    for (const [what, dueBelowBytes] of [
      [
        'throws',
        () => {
          throw new Error('a bug');
        },
      ],
      ['answers garbage', () => true as unknown as number],
    ] as const) {
      it(`that ${what} is told, and changes nothing`, async () => {
        const test = await wanting(dueBelowBytes);
        await test.tick();
        await test.clock.advance(5000);
        expect(triggersOf(test)).to.deep.equal(['interval']);
        expect(test.eventsOf('pluginError')[0]).to.include({ plugin: 'wanting', hook: 'scanEarly' });
      });
    }
  });

  describe('the kernel', () => {
    it('wakes it when processes have to wait for memory', async () => {
      const listeners = new Set<() => void>();
      const alarm: PressureAlarm = {
        onPressure: (listener) => {
          listeners.add(listener);
          return () => {
            listeners.delete(listener);
          };
        },
      };
      const test = new TestMonitor({ services: (services) => services.provide(PRESSURE_ALARM, () => alarm) });
      await test.tick();
      await test.clock.advance(3000);
      for (const listener of listeners) {
        listener();
      }
      await test.clock.advance(0);
      expect(triggersOf(test)).to.deep.equal(['interval', 'pressure']);
      await test.clock.advance(29_000);
      expect(triggersOf(test)).to.have.length(2);
      await test.clock.advance(1000);
      expect(triggersOf(test)).to.deep.equal(['interval', 'pressure', 'interval']);
      await test.stop();
      expect(listeners.size).to.equal(0);
    });
  });
});
