import { BYTES_PER_GB, definePlugin } from '@memory-monitor/core';
import { TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin, { SCHEDULE } from '#src/index.js';

/** A Friday. */
const START = '2025-10-03T10:15:30Z';
const HOG = { rssBytes: 3 * BYTES_PER_GB };

async function scheduled(windows: readonly object[], options: TestMonitorOptions = {}): Promise<TestMonitor> {
  const test = await TestMonitor.withPlugins([{ plugin, config: { time_zone: 'UTC', windows } }], options);
  expect(new Date(test.clock.now()).toISOString().slice(0, 19)).to.equal(START.slice(0, 19));
  return test;
}

const scansAt = (test: TestMonitor): number => test.eventsOf('scan').length;

describe('policy-schedule', () => {
  it('has the machine scanned more often while a window is open, and the log says so', async () => {
    const test = await scheduled([
      { name: 'office hours', days: 'mon-fri', time: '09:00-17:00', check_interval: 15 },
    ]);
    await test.tick();
    await test.clock.advance(15_000);
    expect(scansAt(test)).to.equal(2);
    expect(test.log.map(({ message }) => message)).to.include(
      '[policy-schedule] window "office hours" is in force',
    );
    await test.clock.advance(Date.parse('2025-10-03T17:00:01Z') - test.clock.now());
    const before = scansAt(test);
    await test.clock.advance(28_000);
    expect(scansAt(test)).to.equal(before);
    expect(test.log.map(({ message }) => message)).to.include(
      '[policy-schedule] window "office hours" is over',
    );
  });

  it('has limits of its own from its first moment on, though a scan is far away', async () => {
    const test = await scheduled([{ name: 'noon', time: '12:00-13:00', ram_gb_threshold: 1 }], {
      thresholds: { checkIntervalSeconds: 86_400, ramGbThreshold: 100, ramPercentThreshold: 100 },
    });
    const hog = test.machine.spawn(HOG);
    await test.tick();
    await test.clock.advance(Date.parse('2025-10-03T12:00:00Z') - test.clock.now() - 1);
    expect(test.machine.signals).to.deep.equal([]);
    await test.clock.advance(100);
    expect(test.machine.signals.map(({ pid }) => pid)).to.include(hog.pid);
    expect(test.trailOf(hog)[0]).to.match(/plugin:policy-schedule.*window "noon"/);
  });

  it('takes the first window that is open', async () => {
    const test = await scheduled([
      { name: 'mornings', time: '06:00-12:00', ram_gb_threshold: 100, ram_percent_threshold: 100 },
      { name: 'all day', ram_gb_threshold: 1 },
    ]);
    const hog = test.machine.spawn(HOG);
    await test.tick();
    expect(test.decisionOf(hog)).to.equal(undefined);
    await test.clock.advance(Date.parse('2025-10-03T12:00:01Z') - test.clock.now());
    expect(test.trailOf(hog)[0]).to.include('window "all day"');
  });

  it('suspends killing while a maintenance window is open, not a moment longer', async () => {
    const test = await scheduled([{ name: 'backup', cron: '0 10 * * *', duration: '1h', suspend: true }]);
    const hog = test.machine.spawn(HOG);
    await test.tick();
    expect(test.trailOf(hog).at(-1)).to.equal(
      'plugin:policy-schedule: warn: window "backup" suspends killing',
    );
    await test.clock.advance(Date.parse('2025-10-03T10:59:59Z') - test.clock.now());
    expect(test.machine.signals).to.deep.equal([]);
    await test.clock.advance(1100);
    expect(test.machine.signals.map(({ pid }) => pid)).to.include(hog.pid);
  });

  it('goes by the clock as it is, also when that was set back', async () => {
    const test = await scheduled([{ name: 'late', time: '10:16-11:00', ram_gb_threshold: 1 }], {
      thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100 },
    });
    await test.tick();
    await test.clock.advance(60_000);
    test.clock.setTo(test.clock.now() - 120_000);
    const hog = test.machine.spawn(HOG);
    await test.clock.advance(31_000);
    expect(test.decisionOf(hog)).to.equal(undefined);
    await test.clock.advance(120_000);
    expect(test.decisionOf(hog)?.trail.at(-1)?.action).to.equal('kill');
  });

  it('has a scan at the boundaries of a window that other plugins alone ask for', async () => {
    const test = await scheduled([{ name: 'noon', time: '12:00-13:00' }], {
      thresholds: { checkIntervalSeconds: 86_400 },
    });
    await test.tick();
    await test.clock.advance(Date.parse('2025-10-03T12:00:00Z') - test.clock.now());
    expect(scansAt(test)).to.equal(2);
  });

  it('passes over a window that changes nothing, and is there for other plugins', async () => {
    const test = await scheduled([{ name: 'day' }, { name: 'all day', ram_gb_threshold: 1 }]);
    const hog = test.machine.spawn(HOG);
    await test.tick();
    expect(test.trailOf(hog)[0]).to.include('window "all day"');
  });

  it('says at the start which windows are never in force', async () => {
    const test = await scheduled([
      { name: 'last year', dates: '2024-12-24..2025-01-06', suspend: true },
      { name: 'today', dates: '2025-10-03', suspend: true },
      { name: 'always', check_interval: 10 },
      { name: 'nights', time: '22:00-06:00', check_interval: 5 },
      { name: 'for others', time: '22:00-06:00' },
    ]);
    expect(test.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
      '[policy-schedule] window "last year" is never in force again: its last day was 2025-01-06',
      '[policy-schedule] window "nights" is never in force: window "always" comes first and is always open',
    ]);
  });

  /** What is said at the start of windows, without the plugin's name. */
  const saidOf = async (...windows: object[]): Promise<string[]> => {
    const test = await scheduled(windows);
    return test.log
      .filter(({ level }) => level === 'warn')
      .map(({ message }) => message.replace('[policy-schedule] ', ''));
  };

  it('says at the start which windows suspend killing for ever, and whom they hide', async () => {
    for (const window of [
      { cron: '0 * * * *', duration: '1h' },
      { cron: '*/5 * * * *', duration: '10m' },
      { days: 'mon-sun' },
      { time: '00:00-12:00,12:00-24:00' },
      { time: '06:00-24:00,23:00-06:00' },
      {},
    ]) {
      const later = { name: 'later', time: '22:00-06:00', check_interval: 5 };
      expect(await saidOf({ name: 'w', suspend: true, ...window }, later)).to.deep.equal([
        'window "w" is always open, and suspends killing for ever',
        'window "later" is never in force: window "w" comes first and is always open',
      ]);
    }
  });

  it('says nothing of windows that close at times', async () => {
    const windows = [
      { cron: '0 * * * *', duration: '59m' },
      { cron: '0 * * 1-11 *', duration: '2h' },
      { days: 'mon-sat' },
      { time: '00:00-12:00,12:01-24:00' },
      { dates: '2025-01-01..2035-12-31' },
    ].map((window) => ({ ...window, suspend: true }));
    expect(await saidOf(...windows)).to.deep.equal([]);
  });

  it('says at the start which windows never open', async () => {
    for (const window of [
      { cron: '0 0 30 2 *', duration: '1h' },
      { dates: '2025-12-24', days: 'mon' },
    ]) {
      expect(await saidOf({ name: 'w', suspend: true, ...window })).to.deep.equal([
        'window "w" is never in force: there is no time at which it opens',
      ]);
    }
    const seldom = [
      { cron: '0 0 29 2 *', duration: '1h' },
      { dates: '2025-12-24', days: 'wed' },
      { dates: '2025-10-02', time: '22:00-11:00' },
    ];
    expect(await saidOf(...seldom.map((window) => ({ suspend: true, ...window })))).to.deep.equal([]);
  });

  it('says at the start where an expression has days of both kinds, of which one is enough', async () => {
    const window = { name: 'w', duration: '1h', suspend: true };
    expect((await saidOf({ ...window, cron: '0 3 1-7 * sun' })).join()).to.match(
      /^window "w": "0 3 1-7 \* sun" opens on these days .*; the first Sunday of a month is "0 3 \* \* sun#1"$/,
    );
    for (const cron of ['0 3 1-7 * *', '0 3 * * sun', '0 3 ? * sun', '0 3 * * sun#1']) {
      expect(await saidOf({ ...window, cron })).to.deep.equal([]);
    }
  });

  it('tells other plugins which of its windows are open, by name', async () => {
    const answers: unknown[] = [];
    const curious = definePlugin({
      name: 'curious',
      apiVersion: 1,
      setup(host) {
        const windows = host.get(SCHEDULE);
        answers.push(
          windows.names,
          windows.isOpen('morning'),
          windows.isOpen('night'),
          windows.isOpen('tea'),
        );
      },
    });
    const windows = [
      { name: 'night', time: '22:00-06:00', suspend: true },
      { time: '00:00-24:00', suspend: true },
      { name: 'morning', time: '06:00-12:00' },
    ];
    await TestMonitor.withPlugins([{ plugin, config: { time_zone: 'UTC', windows } }, { plugin: curious }]);
    expect(answers).to.deep.equal([['night', 'morning'], true, false, false]);
  });
});
