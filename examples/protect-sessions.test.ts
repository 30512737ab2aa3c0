import { settle, testPlugin, type TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import plugin from './protect-sessions.js';

const MINUTE_MS = 60_000;
const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };

describe('the example protect-sessions', () => {
  let dev: string;

  beforeEach(async () => {
    dev = await mkdtemp(join(tmpdir(), 'protect-sessions-'));
  });

  afterEach(async () => {
    await rm(dev, { recursive: true });
  });

  async function type(terminal: string, atMs: number): Promise<void> {
    const path = join(dev, terminal);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    await utimes(path, atMs / 1000, atMs / 1000);
  }

  /** The file system answers in its own time. */
  async function tick(monitor: TestMonitor): Promise<void> {
    const before = monitor.eventsOf('scan').length;
    await monitor.tick();
    while (monitor.eventsOf('scan').length === before) {
      await settle();
    }
  }

  async function watch(): Promise<TestMonitor> {
    return await testPlugin(plugin, {
      config: { idle_minutes: 2, minutes_at_most: 3, dev },
      thresholds: { checkIntervalSeconds: 60 },
    });
  }

  for (const [terminal, file] of [
    ['pts/3', 'pts/3'],
    ['tty1', 'tty1'],
    ['4:64', 'char/4:64'],
  ] as const) {
    it(`warns who is typing on ${terminal}`, async () => {
      const monitor = await watch();
      await type(file, monitor.clock.now() - MINUTE_MS);
      const session = monitor.machine.spawn({ terminal, ...OVER_THE_LIMIT });
      await tick(monitor);
      expect(monitor.trailOf(session)[1]).to.equal(
        `plugin:protect-sessions: warn: somebody typed on ${terminal} 1 min ago`,
      );
      expect(monitor.machine.isRunning(session)).to.equal(true);
    });
  }

  it('lets go of a terminal at which nobody types any more', async () => {
    const monitor = await watch();
    await type('pts/3', monitor.clock.now());
    const session = monitor.machine.spawn({ terminal: 'pts/3', ...OVER_THE_LIMIT });
    await tick(monitor);
    await tick(monitor);
    expect(monitor.machine.isRunning(session)).to.equal(true);
    await tick(monitor);
    expect(monitor.machine.isRunning(session)).to.equal(false);
  });

  it('protects nobody for longer than at most, even where somebody goes on typing', async () => {
    const monitor = await watch();
    const session = monitor.machine.spawn({ terminal: 'pts/3', ...OVER_THE_LIMIT });
    for (let minute = 0; minute < 3; minute += 1) {
      await type('pts/3', monitor.clock.now() + MINUTE_MS);
      await tick(monitor);
      expect(monitor.machine.isRunning(session)).to.equal(true);
    }
    await type('pts/3', monitor.clock.now() + MINUTE_MS);
    await tick(monitor);
    expect(monitor.machine.isRunning(session)).to.equal(false);
  });

  it('has no opinion about a process whose terminal is gone, or that has none', async () => {
    const monitor = await watch();
    const orphan = monitor.machine.spawn({ terminal: 'pts/9', ...OVER_THE_LIMIT });
    const service = monitor.machine.spawn(OVER_THE_LIMIT);
    await tick(monitor);
    expect(monitor.machine.isRunning(orphan)).to.equal(false);
    expect(monitor.machine.isRunning(service)).to.equal(false);
    expect(monitor.eventsOf('pluginError')).to.deep.equal([]);
  });
});
