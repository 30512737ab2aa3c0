import type { MonitorStatus } from '@memory-monitor/core';
import { FakeClock, testConfiguration, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { Episodes } from '#src/detection/episodes.js';
import { MonitorEmitter, type KillEvent } from '#src/events.js';
import { StatusBoard } from '#src/status.js';
import { aViolation } from './support/a-violation.js';
import { always, alwaysDefer } from './support/deciders.js';
import { hog, stubbornHog } from './support/hogs.js';

const statusOf = ({ monitor }: TestMonitor): MonitorStatus => {
  const status = monitor.status();
  if (status === undefined) {
    throw new Error('it has not started');
  }
  return status;
};

describe('the status', () => {
  it('is none before the monitor has started', () => {
    expect(new TestMonitor().monitor.status()).to.equal(undefined);
  });

  it('tells since when it runs, by which limits, and what the latest scan has met', async () => {
    const test = new TestMonitor({ thresholds: { ramGbThreshold: 7 } });
    test.machine.spawn();
    const startedAtMs = test.clock.now();
    await test.tick();
    await test.tick();
    const { machine } = test;
    expect(statusOf(test)).to.deep.include({
      version: '0.0.0-test',
      startedAtMs,
      ramGbThreshold: 7,
      dryRun: false,
      scans: 2,
      configErrors: [],
      outcomes: {},
      violations: [],
    });
    expect(statusOf(test).lastScan).to.deep.include({
      atMs: startedAtMs + 30_000,
      scanned: 1,
      memory: machine.memory,
    });
  });

  it('tells of each violation that lasts what is being done about it', async () => {
    const test = new TestMonitor({ extensions: { deciders: [always('warn')] } });
    const { pid } = test.machine.spawn(hog({ comm: 'warned' }));
    await test.tick();
    const beganMs = test.clock.now();
    await test.tick();
    expect(statusOf(test).violations).to.deep.equal([
      {
        pid,
        name: 'warned',
        user: 'john',
        usedBytes: 3 * 1024 ** 3,
        limitBytes: 1.6 * 1024 ** 3,
        rule: 'ram_percent_threshold',
        sinceMs: beganMs,
        action: 'warn',
        isBeingTerminated: false,
      },
    ]);
    test.machine.exit(pid);
    await test.tick();
    expect(statusOf(test).violations).to.deep.equal([]);
  });

  it('tells who is being ended, and counts how that has ended', async () => {
    const test = new TestMonitor();
    const stubborn = test.machine.spawn(stubbornHog());
    test.machine.spawn(hog());
    await test.tick();
    const underWay = statusOf(test).violations.filter(({ isBeingTerminated }) => isBeingTerminated);
    expect(underWay.map(({ pid }) => pid)).to.deep.equal([stubborn.pid]);
    await test.clock.advance(5000);
    expect(statusOf(test).outcomes).to.deep.equal({ terminated: 1, killed: 1 });
  });

  it('tells of a violation that is deferred', async () => {
    const test = new TestMonitor({ extensions: { deciders: [alwaysDefer(60)] } });
    test.machine.spawn(hog());
    await test.tick();
    expect(statusOf(test).violations.map(({ action }) => action)).to.deep.equal(['defer']);
  });

  it('tells why a reload was refused, until one is accepted', async () => {
    const test = new TestMonitor();
    await test.tick();
    test.monitor.refuseReload(['c.toml:1:1: no.', 'c.toml:2:1: no.']);
    expect(statusOf(test)).to.deep.include({
      configErrors: ['c.toml:1:1: no.', 'c.toml:2:1: no.'],
      ramGbThreshold: 2,
    });
    await test.monitor.reload(testConfiguration({ thresholds: { ramGbThreshold: 9 } }));
    expect(statusOf(test)).to.deep.include({ configErrors: [], ramGbThreshold: 9 });
  });

  it('is plain data, and does not change in the hands of whoever has asked', () => {
    const events = new MonitorEmitter(() => {});
    const board = new StatusBoard(events, new Episodes(), new FakeClock(), []);
    const description = {
      version: '1',
      dryRun: true,
      ramPercentThreshold: 10,
      ramGbThreshold: 2,
      checkIntervalSeconds: 30,
      measure: 'rss',
      totalBytes: 1,
      configFiles: [],
    } as const;
    const kill: KillEvent = {
      violation: aViolation(),
      outcome: 'vanished',
      signal: undefined,
      reason: 'gone',
      trail: [],
      dryRun: true,
      tookMs: 0,
    };
    events.emit('started', description);
    events.emit('kill', kill);
    const before = board.read();
    events.emit('kill', kill);
    expect(structuredClone(before)).to.deep.equal(before);
    expect([before?.outcomes, board.read()?.outcomes]).to.deep.equal([{ vanished: 1 }, { vanished: 2 }]);
  });
});
