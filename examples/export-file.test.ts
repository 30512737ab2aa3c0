import { settle, testPlugin, type TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import plugin from './export-file.js';

const GB = 1024 ** 3;
const OVER_THE_LIMIT = { rssBytes: 3 * GB };

interface Figures {
  readonly atMs: number;
  readonly memory: object;
  readonly scanned: number;
  readonly violations: number;
  readonly killed: number;
}

describe('the example export-file', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'export-file-'));
    path = join(directory, 'figures.json');
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function watch(seconds = 10): Promise<TestMonitor> {
    return await testPlugin(plugin, {
      config: { path, seconds },
      thresholds: { checkIntervalSeconds: 5 },
    });
  }

  async function read(): Promise<Figures | undefined> {
    return await readFile(path, 'utf8').then(
      (text) => JSON.parse(text) as Figures,
      () => undefined,
    );
  }

  /** Resolves with the figures of the latest scan, when they are there. */
  async function latestOf(monitor: TestMonitor): Promise<Figures> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      const figures = await read();
      if (figures?.atMs === monitor.clock.now()) {
        return figures;
      }
      await sleep(5);
    }
    throw new Error('the figures of the latest scan do not come');
  }

  /** Stops the monitor without the clock, which would run deadlines down, and resolves with the last figures. */
  async function stop(monitor: TestMonitor): Promise<Figures> {
    await rm(path, { force: true });
    monitor.monitor.stop('test');
    const figures = await latestOf(monitor);
    await monitor.stop();
    return figures;
  }

  function warningsOf({ log }: TestMonitor): string[] {
    return log.filter(({ level }) => level === 'warn').map(({ message }) => message);
  }

  it("writes a scan's figures, for everybody to read", async () => {
    const monitor = await watch();
    monitor.machine.spawn();
    await monitor.tick();
    expect(await latestOf(monitor)).to.deep.equal({
      atMs: monitor.clock.now(),
      memory: { totalBytes: 16 * GB, availableBytes: 8 * GB, usedBytes: 8 * GB },
      scanned: 1,
      violations: 0,
      killed: 0,
    });
    expect((await stat(path)).mode & 0o777).to.equal(0o644);
    await stop(monitor);
    expect(await readdir(directory)).to.deep.equal(['figures.json']);
  });

  it('counts what was ended, and nothing else', async () => {
    const monitor = await watch();
    monitor.machine.spawn(OVER_THE_LIMIT);
    monitor.machine.spawn(OVER_THE_LIMIT);
    monitor.machine.spawn({ ...OVER_THE_LIMIT, onSignal: () => 'denied' });
    await monitor.tick();
    await latestOf(monitor);
    expect(await stop(monitor)).to.include({ killed: 2, scanned: 3, violations: 3 });
  });

  it('writes once in so many seconds, and once more at the end', async () => {
    const monitor = await watch();
    await monitor.tick();
    const first = await latestOf(monitor);
    await monitor.tick();
    await settle();
    expect((await read())?.atMs).to.equal(first.atMs);
    await monitor.tick();
    expect((await latestOf(monitor)).atMs).to.equal(first.atMs + 10_000);
    await monitor.tick();
    expect((await stop(monitor)).atMs).to.equal(first.atMs + 15_000);
  });

  it('never writes twice at once', async () => {
    const monitor = await watch(0);
    await monitor.tick();
    await monitor.clock.advance(500_000);
    while ((await read())?.atMs !== monitor.clock.now()) {
      await monitor.tick();
      await sleep(20);
    }
    await stop(monitor);
    expect(warningsOf(monitor)).to.deep.equal([]);
  });

  it('tells the first failure only, until it works again', async () => {
    const monitor = await watch(0);
    await mkdir(path);
    for (const expected of [1, 2]) {
      do {
        await monitor.tick();
        await sleep(20);
      } while (warningsOf(monitor).length < expected);
      await monitor.tick();
      await sleep(20);
      expect(warningsOf(monitor)).to.have.length(expected);
      await rm(path, { recursive: true });
      while ((await read())?.atMs !== monitor.clock.now()) {
        await monitor.tick();
        await sleep(20);
      }
      await rm(path);
      await mkdir(path);
    }
    expect(warningsOf(monitor)[0]).to.match(/^\[export-file\] the figures can not be written: Error: EISDIR/);
    expect(await readdir(directory)).to.deep.equal(['figures.json']);
    expect(monitor.eventsOf('pluginError')).to.deep.equal([]);
    await rm(path, { recursive: true });
    await stop(monitor);
  });

  it('writes through no link, and takes no harm from what a crash has left', async () => {
    const victim = join(directory, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, `${path}.tmp`);
    const monitor = await watch();
    await monitor.tick();
    await latestOf(monitor);
    expect(await readFile(victim, 'utf8')).to.equal('precious');
    await stop(monitor);
  });

  it('goes on after a reload', async () => {
    const monitor = await watch();
    await monitor.tick();
    await latestOf(monitor);
    await monitor.reload();
    const reloadedMs = monitor.clock.now();
    await monitor.tick();
    for (let attempt = 0; attempt < 400 && ((await read())?.atMs ?? 0) <= reloadedMs; attempt += 1) {
      await sleep(5);
    }
    expect((await read())?.atMs).to.be.greaterThan(reloadedMs);
    expect(warningsOf(monitor)).to.deep.equal([]);
    await monitor.stop();
  });

  for (const config of [{ path: 'figures.json' }, { path: '/x', seconds: Number.NaN }]) {
    it(`refuses ${JSON.stringify(config)}`, async () => {
      const refusal = await testPlugin(plugin, { config }).catch(String);
      expect(refusal).to.be.a('string');
    });
  }
});
