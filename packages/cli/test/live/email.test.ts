import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { expect } from 'chai';

import { compileC } from './support/compile-c.js';
import { toml, type Tables } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { MailServer, type ReceivedMail } from './support/mail-server.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import type { RunningMonitor } from './support/running-monitor.js';
import { until } from './support/wait.js';

/** Less than a thousand notices would take, of 20 KB each with their history. */
const GROWTH_KILOBYTES = 12_000;
/** On every Debian; a small uid, which owners of processes normally don't have. */
const DAEMON = { uid: 1, gid: 1, name: 'daemon' };

describe('email about what was ended', () => {
  let server: MailServer;

  beforeEach(async () => {
    server = await MailServer.open();
  });
  afterEach(async () => {
    await server.close();
  });

  const configuration = (ns: PidNamespace, changes: Tables = {}, config: object = {}): Tables => ({
    ...changes,
    plugins: [
      {
        use: '@memory-monitor/notifier-email',
        config: {
          admins: ['ops@example.org'],
          from: 'monitor@example.org',
          owners: { address: '{user}@example.org', from_uid: 1, contact: 'help@example.org' },
          smtp: { host: '127.0.0.1', port: server.port },
          spool: ns.path('spool'),
          ...config,
        },
      },
    ],
  });
  const mailTo = async (address: string): Promise<ReceivedMail['mail']> =>
    await until(`a mail to ${address}`, () => server.received.find(({ to }) => to === address)?.mail);

  inNamespace(
    'reaches admin and owner, with the facts, both parts, and the picture',
    async (ns) => {
      const bystander = await ns.bystander();
      const victim = await ns.hog(
        { comm: Buffer.from('simulation').toString('base64'), recordsSignals: true, onSigterm: 'ignore' },
        { uid: DAEMON.uid, gid: DAEMON.gid },
      );
      const monitor = await ns.monitor({ config: configuration(ns) });
      expect((await victim.ended()).signal).to.equal('SIGKILL');
      const { rssBytes } = await monitor.killOf(victim.pid);

      const [admin, owner] = [await mailTo('ops@example.org'), await mailTo('daemon@example.org')];
      const used = `${Number((Number(rssBytes) / 1024 ** 2).toFixed(0))} MB`;
      expect(admin.subject).to.match(/^\[[\w.-]+\] ended simulation of daemon: \d+ MB, limit 205 MB$/);
      expect(admin.subject).to.include(used);
      expect(admin.from?.text).to.equal('monitor@example.org');
      for (const fact of [
        `simulation, PID ${victim.pid}`,
        'daemon (uid 1)',
        'ram_gb_threshold',
        'by SIGKILL, since it did not exit after SIGTERM',
        `--grep 'PID=${victim.pid},'`,
      ]) {
        expect(admin.text).to.include(fact);
        expect(admin.html).to.include(fact.replaceAll("'", '&#39;'));
      }
      expect(admin.attachments.map(({ contentType, related }) => ({ contentType, related }))).to.deep.equal([
        { contentType: 'image/png', related: true },
      ]);
      // Command lines can hold secrets.
      expect(`${admin.text ?? ''}${String(admin.html)}`).to.not.include('hog.js');

      expect(owner.subject).to.match(/\] your process simulation was ended: \d+ MB, limit 205 MB$/);
      expect(owner.text)
        .to.include('ask help@example.org')
        .and.to.not.match(/Other large|root|node/);
      expect(bystander.isAlive).to.equal(true);
      await monitor.stop();
    },
    { needs: ['other users'] },
  );

  inNamespace(
    'is told as what would have been in a dry run, and to admins only',
    async (ns) => {
      const victim = await ns.hog({}, { uid: DAEMON.uid, gid: DAEMON.gid });
      const monitor = await ns.monitor({ config: configuration(ns, { settings: { dry_run: true } }) });
      const mail = await mailTo('ops@example.org');
      expect(mail.subject).to.match(/^\[[\w.-]+\] would end .* of daemon: /);
      await monitor.scans(2);
      await monitor.stop();
      expect(server.received).to.have.length(1);
      expect(victim.isAlive).to.equal(true);
    },
    { needs: ['other users'] },
  );

  inNamespace(
    'warns the owner before, with the level that was exceeded, and not as if it were the limit',
    async (ns) => {
      const victim = await ns.hog({}, { uid: DAEMON.uid, gid: DAEMON.gid });
      const { plugins = [], ...rest } = configuration(ns, {}, { tell_admins: ['kill', 'warn'] });
      const rules = [{ name: 'students', uids: ['1-10'], ram_gb_threshold: 1, warn_percent: 15 }];
      const monitor = await ns.monitor({
        config: { ...rest, plugins: [{ use: '@memory-monitor/policy-user', config: { rules } }, ...plugins] },
      });
      const [owner, admin] = [await mailTo('daemon@example.org'), await mailTo('ops@example.org')];
      expect(owner.subject).to.match(/\] your process node needs much memory: \d+ MB, warning level 154 MB$/);
      expect(owner.text)
        .to.match(/Nothing has happened yet/)
        .and.to.match(/^Warning level: +154 MB: rule "students"/m)
        .and.to.not.match(/^Limit:/m);
      expect(admin.subject).to.match(/\] warning: node of daemon: \d+ MB, warning level 154 MB$/);
      expect(admin.text).to.match(/warns from 15% of a limit on/);
      expect(victim.isAlive).to.equal(true);
      await monitor.stop();
    },
    { needs: ['other users'] },
  );

  inNamespace('costs the kill nothing where the mail server never answers', async (ns) => {
    const silent = await silentServer();
    const config = configuration(
      ns,
      {},
      { smtp: { host: '127.0.0.1', port: (silent.address() as AddressInfo).port } },
    );
    const monitor = await ns.monitor({ config });
    await monitor.scans(1);
    const hogs = [await ns.doomedHog(), await ns.doomedHog(), await ns.doomedHog()];
    for (const hog of hogs) {
      expect((await hog.ended()).signal).to.equal('SIGTERM');
    }
    await monitor.scans(3);
    const tooks = monitor.lines('scan').map(({ tookMs }) => Number(tookMs));
    expect(Math.max(...tooks.slice(1))).to.be.below(1000);
    expect(await monitor.stop()).to.include({ code: 0 });
    silent.close();
  });

  inNamespace(
    'comes as a handful of mails from a thousand kills in a minute, and the monitor is as it was',
    async (ns) => {
      const program = compileC('crowd', ns.directory);
      const limits = { thresholds: { ram_gb_threshold: 0.004 }, settings: { max_kills_per_minute: 100_000 } };
      const monitor = await ns.monitor({
        config: configuration(ns, limits, {
          tell_admins: ['kill'],
          owners: { address: '{user}@example.org', tell: [] },
        }),
      });
      const crowdOf = async (count: number): Promise<Program> => {
        const before = monitor.kills().length;
        const crowd = await ns.start({ file: program, args: [String(count), '6'] });
        await until('the kills', () => monitor.kills().length >= before + count, 60_000);
        await monitor.scans(20);
        return crowd;
      };
      // Node's heap grows before anything in it is collected, with mail as without it.
      await crowdOf(400);
      const [beforeKilobytes, beforeMs] = [
        await residentKilobytes(ns, monitor.pid),
        medianTookMs(monitor, 15),
      ];
      const crowd = await crowdOf(1000);
      const killed = monitor
        .kills()
        .filter(({ outcome }) => outcome === 'terminated' || outcome === 'killed');
      expect(killed.length).to.be.at.least(1400);
      await mailTo('ops@example.org');
      expect(await residentKilobytes(ns, monitor.pid)).to.be.below(beforeKilobytes + GROWTH_KILOBYTES);
      expect(medianTookMs(monitor, 15)).to.be.below(Math.max(10, 3 * beforeMs));
      expect(server.received.length).to.be.below(4);
      expect(crowd.isAlive).to.equal(true);
      await monitor.stop();
      // The first at once, the others when their time has come: all of them are accounted for.
      const spooled = await ns.shell(
        `cat ${ns.path('spool', 'mailboxes')}/*.json; ls ${ns.path('spool', 'new')} ${ns.path('spool', 'queue')}`,
      );
      expect(spooled).to.include('"count":');
    },
    { needs: ['compiler'] },
  );

  inNamespace('can be tried, step by step', async (ns) => {
    const path = ns.path('mail.toml');
    writeFileSync(path, toml(configuration(ns)));
    const output = await ns.command('notify', 'test', '--config', path);
    expect(output)
      .to.match(/^ {4}C: MAIL FROM:<monitor@example\.org>$/m)
      .and.to.match(/^ {2}taken: 250 /m);
    expect(output).to.match(
      /^(\d+) of \1 samples were taken for ops@example\.org; look for them in the mailbox\.$/m,
    );
    expect(server.received.every(({ mail }) => /^\[[\w.-]+\] TEST: /.test(mail.subject ?? ''))).to.equal(
      true,
    );
    const before = server.received.length;
    await ns.command('notify', 'test', '--config', path, '--to', 'alice');
    expect(server.received.slice(before).map(({ to }) => to)).to.include('alice@localhost');
    const refused = await ns
      .command('notify', 'test', '--config', path, '--to', '-oQ/tmp')
      .catch((error: unknown) => error as Error);
    expect(String(refused)).to.match(/\\"-oQ\/tmp\\" is no address; .*MM_ERR_USAGE/);
  });

  inNamespace('that can not be delivered says so when it is tried', async (ns) => {
    const path = ns.path('mail.toml');
    writeFileSync(path, toml(configuration(ns, {}, { smtp: { host: '127.0.0.1', port: 1 } })));
    const failure = await ns
      .command('notify', 'test', '--config', path)
      .catch((error: unknown) => String(error));
    expect(failure)
      .to.match(/0 of 11 samples were taken\. The mail server 127\.0\.0\.1 can not be reached: .*MM_ERR_MAIL/)
      .and.to.not.match(/taken: |look for them/);
  });

  inNamespace('that could not be queued is no trouble of the kill, and is told', async (ns) => {
    const monitor = await ns.monitor({ config: configuration(ns) });
    await monitor.scans(1);
    await ns.shell(`rm -r ${ns.path('spool', 'staging')} && touch ${ns.path('spool', 'staging')}`);
    const hog = await ns.doomedHog();
    expect((await hog.ended()).signal).to.equal('SIGTERM');
    await monitor.told(
      'pluginError',
      ({ plugin, hook }) => plugin === 'notifier-email' && hook === 'on:kill',
    );
    await ns.shell(`rm ${ns.path('spool', 'staging')} && mkdir ${ns.path('spool', 'staging')}`);
    await (await ns.doomedHog()).ended();
    await mailTo('ops@example.org');
    await monitor.stop();
  });
});

/** Of the latest scans. */
function medianTookMs(monitor: RunningMonitor, scans: number): number {
  const tookMs = monitor
    .lines('scan')
    .slice(-scans)
    .map((line) => Number(line['tookMs']));
  return tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? Number.NaN;
}

async function residentKilobytes(ns: PidNamespace, pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await ns.shell(`cat /proc/${pid}/status`))?.[1]);
}

/** Takes every connection, and says nothing. */
async function silentServer(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
