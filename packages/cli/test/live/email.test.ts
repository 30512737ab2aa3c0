import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { expect } from 'chai';

import type { Tables } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { MailServer, type ReceivedMail } from './support/mail-server.js';
import type { PidNamespace } from './support/namespace.js';
import { until } from './support/wait.js';

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

/** Takes every connection, and says nothing. */
async function silentServer(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
