import { TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { MonitorEmitter } from '#src/events.js';
import { decider } from './support/deciders.js';
import { hog, outcomesOf } from './support/hogs.js';

const MEMORY = { memory: { totalBytes: 3, availableBytes: 1, usedBytes: 2 } };

describe('events', () => {
  it('reach every listener in the order of subscription', () => {
    const order: string[] = [];
    const events = new MonitorEmitter(() => {});
    events.on('memory', () => order.push('first'));
    events.on('memory', () => order.push('second'));
    events.emit('memory', MEMORY);
    expect(order).to.deep.equal(['first', 'second']);
  });

  it('do not reach a listener that has unsubscribed', () => {
    let heard = 0;
    const events = new MonitorEmitter(() => {});
    const unsubscribe = events.on('memory', () => {
      heard += 1;
    });
    events.emit('memory', MEMORY);
    unsubscribe();
    events.emit('memory', MEMORY);
    expect(heard).to.equal(1);
  });

  it('reach the others although one listener throws, which is reported', () => {
    const failures: string[] = [];
    let heard = 0;
    const events = new MonitorEmitter((event, error) => failures.push(`${event}: ${String(error)}`));
    events.on('memory', () => {
      throw new Error('a bug');
    });
    events.on('memory', () => {
      heard += 1;
    });
    events.emit('memory', MEMORY);
    expect(heard).to.equal(1);
    expect(failures).to.deep.equal(['memory: Error: a bug']);
  });

  it('are told until no listener is at work with them, whatever becomes of its work', async () => {
    const events = new MonitorEmitter(() => {});
    const order: string[] = [];
    events.on('memory', async () => {
      await Promise.resolve();
      order.push('work');
    });
    events.on('memory', async () => {
      await Promise.reject(new Error('lost'));
    });
    await events.tell('memory', MEMORY);
    order.push('told');
    expect(order).to.deep.equal(['work', 'told']);
  });

  it('are frozen, all the way down', async () => {
    const test = new TestMonitor({ extensions: { deciders: [decider(() => undefined)] } });
    const thawed: string[] = [];
    const check = (name: string, value: unknown): void => {
      if (typeof value === 'object' && value !== null) {
        if (!Object.isFrozen(value)) {
          thawed.push(name);
        }
        for (const [key, member] of Object.entries(value)) {
          check(`${name}.${key}`, member);
        }
      }
    };
    test.machine.spawn(hog({ commandLine: ['hog', '--big'] }));
    await test.tick();
    await test.stop();
    for (const name of ['started', 'memory', 'violation', 'decision', 'kill', 'scan', 'stopping'] as const) {
      const payloads = test.eventsOf(name);
      expect(payloads, name).to.not.be.empty;
      check(name, payloads);
    }
    const lists = /^(?:started|memory|violation|decision|kill|scan|stopping)$/;
    expect(thawed.filter((name) => !lists.test(name))).to.deep.equal([]);
  });

  it('are plain data that can be cloned', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog());
    await test.tick();
    const kills = test.eventsOf('kill');
    expect(structuredClone(kills)).to.deep.equal(kills);
  });

  it('whose listener throws neither delay nor change a kill, and leave a line in the log', async () => {
    const test = new TestMonitor();
    for (const name of ['memory', 'violation', 'decision', 'kill', 'scan'] as const) {
      test.monitor.events.on(name, () => {
        throw new Error('a bug');
      });
    }
    test.machine.spawn(hog());
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
    expect(test.log.map(({ level, message }) => `${level}: ${message}`)).to.include(
      'error: A listener of "kill" failed: a bug',
    );
  });
});
