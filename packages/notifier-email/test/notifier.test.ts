import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  FakeUsers,
  testPlugin,
  type TestMonitor,
  type TestPluginOptions,
} from '@memory-monitor/core/testing';
import { definePlugin } from '@memory-monitor/core';
import { expect } from 'chai';

import plugin from '#src/index.js';
import type { Notice } from '#src/notice/notice.js';

const GB = 1024 ** 3;
const ALICE = 1001;
const OVER_THE_LIMIT = { name: 'python3', uid: ALICE, rssBytes: 3 * GB };

describe('the notifier', () => {
  let spool: string;

  beforeEach(() => {
    spool = mkdtempSync(join(tmpdir(), 'memory-monitor-notifier-'));
  });
  afterEach(() => {
    rmSync(spool, { recursive: true, force: true });
  });

  type Options = TestPluginOptions<typeof plugin.config>;
  const start = async (
    config: Partial<Options['config']> = {},
    options: Options = {},
  ): Promise<TestMonitor> =>
    await testPlugin(plugin, {
      users: new FakeUsers({ alice: ALICE, bob: 1002 }),
      ...options,
      config: { admins: ['root'], owners: { address: '{user}@example.org' }, spool, ...config },
    });
  /** So many notices as are expected, oldest first. The disk is a real one, on which the clock of the test has no bearing. */
  const notices = async (monitor: TestMonitor, expected = 1): Promise<Notice[]> => {
    await monitor.stop();
    const names = (): string[] =>
      existsSync(join(spool, 'new')) ? readdirSync(join(spool, 'new')).sort() : [];
    const endMs = Date.now() + 5000;
    while (names().length < expected && Date.now() < endMs) {
      await sleep(10);
    }
    // Long enough for one too many.
    await sleep(100);
    return names().map((name) => JSON.parse(readFileSync(join(spool, 'new', name), 'utf8')) as Notice);
  };
  const kindsOf = (all: readonly Notice[]): string[] => all.map(({ facts }) => facts.kind);

  it('tells admins and the owner of a kill, with what was known then', async () => {
    const monitor = await start();
    monitor.machine.spawn({ name: 'postgres', uid: 1002, rssBytes: GB });
    await monitor.tick();
    const { pid } = monitor.machine.spawn({ ...OVER_THE_LIMIT, commandLine: ['python3', '--token=secret'] });
    await monitor.tick();
    const [notice, ...more] = await notices(monitor);
    expect(more).to.deep.equal([]);
    expect(notice?.recipients).to.deep.equal([
      { address: 'root', audience: 'admin' },
      { address: 'alice@example.org', audience: 'owner' },
    ]);
    const { facts } = notice ?? {};
    expect(facts).to.deep.include({
      kind: 'kill',
      outcome: 'terminated',
      signal: 'SIGTERM',
    });
    expect(facts?.kind === 'kill' && facts.process).to.include({ pid, name: 'python3', user: 'alice' });
    expect(facts?.kind === 'kill' && facts.others.map(({ name }) => name)).to.deep.equal(['postgres']);
    expect(facts?.kind === 'kill' && facts.history.bytes.at(-1)).to.equal(3 * GB);
    expect(JSON.stringify(notice)).to.not.match(/secret|--token/);
  });

  it('masks secrets of command lines, and has them only where the configuration asks for it', async () => {
    const monitor = await start({}, { settings: { logCommandLines: true } });
    monitor.machine.spawn({ ...OVER_THE_LIMIT, commandLine: ['python3', 'job.py', '--token=secret'] });
    await monitor.tick();
    const [notice] = await notices(monitor);
    expect(notice?.facts.kind === 'kill' && notice.facts.process.commandLine).to.deep.equal([
      'python3',
      'job.py',
      '--token=***',
    ]);
  });

  it('tells owners nothing of a dry run, and admins once, also after reloads', async () => {
    const monitor = await start({}, { settings: { dryRun: true } });
    monitor.machine.spawn(OVER_THE_LIMIT);
    await monitor.tick();
    await monitor.reload();
    await monitor.tick();
    await monitor.reload();
    await monitor.tick();
    const all = await notices(monitor);
    expect(all.map(({ dryRun, recipients }) => ({ dryRun, recipients }))).to.deep.equal([
      { dryRun: true, recipients: [{ address: 'root', audience: 'admin' }] },
    ]);
  });

  it('tells of a failed kill, of the cap, of a refused configuration, and of what a crash has left', async () => {
    const monitor = await start({}, { settings: { maxKillsPerMinute: 1 } });
    monitor.intents.unfinished = [
      {
        pid: 7,
        startTime: 70,
        name: 'R',
        uid: ALICE,
        user: 'alice',
        rssBytes: 9,
        limitBytes: 8,
        rule: 'r',
        why: 'too large',
        atMs: 0,
        isStillRunning: false,
      },
    ];
    monitor.machine.spawn({ ...OVER_THE_LIMIT, onSignal: () => 'denied' });
    await monitor.tick();
    monitor.machine.spawn(OVER_THE_LIMIT);
    await monitor.tick();
    const broken = definePlugin({
      name: 'broken',
      apiVersion: 1,
      setup() {
        throw new Error('a bug');
      },
    });
    expect(await monitor.reload({ plugins: [{ plugin: broken }] })).to.equal(false);
    expect(kindsOf(await notices(monitor, 4))).to.have.members(['recovered', 'failed', 'cap', 'config']);
  });

  it('warns the owner, and admins only where they want it', async () => {
    for (const [tellAdmins, expected] of [
      [undefined, ['owner']],
      [['warn' as const], ['admin', 'owner']],
    ] as const) {
      rmSync(spool, { recursive: true, force: true });
      mkdirSync(spool);
      const warns = definePlugin({
        name: 'warns',
        apiVersion: 1,
        setup(host) {
          host.decide(() => ({ verdict: { action: 'warn' }, reason: 'not today' }));
        },
      });
      const config = {
        admins: ['root'],
        owners: { address: '{user}' },
        spool,
        ...(tellAdmins && { tell_admins: [...tellAdmins] }),
      };
      const { TestMonitor: Monitor } = await import('@memory-monitor/core/testing');
      const monitor = await Monitor.withPlugins([{ plugin, config }, { plugin: warns }], {
        users: new FakeUsers({ alice: ALICE }),
      });
      monitor.machine.spawn(OVER_THE_LIMIT);
      await monitor.tick();
      const [notice] = await notices(monitor);
      expect(notice?.facts.kind).to.equal('warn');
      expect(notice?.recipients.map(({ audience }) => audience)).to.deep.equal(expected);
    }
  });

  it('tells of other plugins that fail, and not of itself', async () => {
    const fails = definePlugin({
      name: 'fails',
      apiVersion: 1,
      setup(host) {
        host.on('scan', () => {
          throw new Error('boom');
        });
      },
    });
    const { TestMonitor: Monitor } = await import('@memory-monitor/core/testing');
    const monitor = await Monitor.withPlugins([
      { plugin, config: { admins: ['root'], spool } },
      { plugin: fails },
    ]);
    await monitor.tick();
    const [notice, ...more] = await notices(monitor);
    expect(more).to.deep.equal([]);
    expect(notice?.facts).to.deep.include({
      kind: 'plugin',
      plugin: 'fails',
      hook: 'on:scan',
      message: 'boom',
    });
  });

  it('tells of a process though one of an earlier boot had its PID and its start', async () => {
    for (const bootId of [readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), undefined]) {
      const monitor = await start();
      monitor.machine.spawn(OVER_THE_LIMIT);
      await monitor.tick();
      expect(await notices(monitor, 1)).to.have.length(bootId === undefined ? 2 : 1);
      const told = join(spool, 'told');
      for (const name of readdirSync(told)) {
        expect(name).to.include(bootId ?? '');
        renameSync(join(told, name), join(told, name.replace(bootId ?? '', 'earlier')));
      }
    }
  });

  it('as root, puts mail nowhere but where only root writes', async () => {
    chmodSync(spool, 0o777);
    const monitor = await start({ spool: join(spool, 'below') }).catch((error: unknown) => error as Error);
    expect(monitor instanceof Error).to.equal(process.getuid?.() === 0);
    if (monitor instanceof Error) {
      expect(monitor.message).to.match(/others than root can write/);
    } else {
      await monitor.stop();
    }
  });

  it('says what to do where its spool can not be written, and refuses to start as root', async () => {
    writeFileSync(join(spool, 'file'), '');
    const monitor = await start({ spool: join(spool, 'file', 'spool') }).catch(
      (error: unknown) => error as Error,
    );
    const message =
      monitor instanceof Error ? monitor.message : monitor.log.map((line) => line.message).join();
    expect(monitor instanceof Error).to.equal(process.getuid?.() === 0);
    expect(message).to.match(/mail can not be put into the spool .*memory-monitor install/);
  });

  for (const [what, config] of Object.entries({
    'nobody to tell': { admins: [], owners: undefined },
    'two ways out': { smtp: { host: 'mail' }, sendmail: '/usr/sbin/sendmail' },
    'a user without a password': { smtp: { user: 'monitor' } },
    'two passwords': { smtp: { user: 'monitor', password: 'a', password_env: 'B' } },
    'an address with a line break': { admins: ['root\r\nBcc: eve@example.org'] },
    'owners by no address': { owners: {} },
    'a sender that is no address': { from: 'Memory Monitor' },
    'a spool that is somewhere else than it says': { spool: '/var/spool/memory-monitor/../cron' },
  })) {
    it(`refuses a configuration with ${what}`, async () => {
      const error = await start(config as never).then(
        () => undefined,
        (failure: unknown) => failure as Error,
      );
      expect(error, what).to.be.instanceOf(Error);
    });
  }
});
