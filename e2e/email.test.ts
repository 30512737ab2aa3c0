// Mail in the installed service: by a sender of its own, to the mailboxes of a machine with Postfix.
import { expect } from 'chai';
import { simpleParser, type ParsedMail } from 'mailparser';

import type { Machine } from './support/machine.js';
import { inMachine } from './support/in-machine.js';
import { BUNDLE, installArmed, isRunning, startHog, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

const CONFIG = '/etc/memory-monitor/conf.d/20-mail.toml';
const SPOOL = '/var/spool/memory-monitor';
const SENDER = 'memory-monitor-mail';
/** As the Python service had it: the mail server of this machine, port 25, no password. */
const MAIL = `[[plugins]]
use = "@memory-monitor/notifier-email"
config.admins = ["root"]
`;
const OWNERS = 'config.owners.address = "{user}"\nconfig.digest_minutes = 0\n';
const RETRY_MS = 180_000;

/** The mails in a mailbox, oldest first. */
async function mailsOf(machine: Machine, user: string): Promise<ParsedMail[]> {
  const { stdout } = await machine.run(`cat /var/mail/${user} 2>/dev/null || true`);
  const mails = stdout.split(/^From .*\n/m).slice(1);
  return await Promise.all(mails.map(async (mail) => await simpleParser(mail)));
}

async function mailAbout(
  machine: Machine,
  user: string,
  pid: number,
  withinMs?: number,
): Promise<ParsedMail> {
  return await waitFor(
    async () => (await mailsOf(machine, user)).find(({ text }) => text?.includes(`PID ${pid}`)),
    `a mail to ${user}`,
    ...(withinMs === undefined ? [] : [withinMs]),
  );
}

/** How many lines of the sender's journal match. */
async function linesOf(machine: Machine, pattern: string): Promise<number> {
  return Number((await machine.run(`journalctl -q -u ${SENDER} | grep -cE '${pattern}'`)).stdout);
}

async function property(machine: Machine, unit: string, name: string): Promise<string> {
  return (await machine.succeed(['systemctl', 'show', '--value', `--property=${name}`, unit])).trim();
}

inMachine(
  'mail of the installed service',
  (it) => {
    it('reaches admin and owner by the mail server of the machine, in three lines of configuration', async (machine) => {
      await machine.succeed(['systemctl', 'start', 'postfix']);
      await installArmed(machine);
      await machine.write(CONFIG, MAIL + OWNERS);
      await installArmed(machine);
      const hog = await startHog(machine, { user: 'alice' });
      await hog.ended;
      const [admin, owner] = [
        await mailAbout(machine, 'root', hog.pid),
        await mailAbout(machine, 'alice', hog.pid),
      ];
      expect(admin.subject).to.match(/^\[machine\] ended \S+ of alice: \d+ MB, limit 205 MB$/);
      expect(admin.text).to.include('Owner:').and.to.include('alice (uid 100');
      expect(admin.html).to.include('ram_gb_threshold');
      expect(admin.attachments.map(({ contentType }) => contentType)).to.deep.equal(['image/png']);
      expect(owner.subject).to.match(/^\[machine\] your process \S+ was ended: \d+ MB, limit 205 MB$/);
      expect(owner.text).to.not.include('Other large');
    });

    it('is delivered by a user that can write neither what the monitor writes nor anything else', async (machine) => {
      expect(await property(machine, `${SENDER}.service`, 'User')).to.equal(SENDER);
      expect(await property(machine, `${SENDER}.service`, 'Result')).to.equal('success');
      for (const path of [
        `${SPOOL}/new/forged.json`,
        `${SPOOL}/staging/x`,
        `${SPOOL}/told/x`,
        `${SPOOL}/sender.json`,
      ]) {
        const { exitCode } = await machine.run(['runuser', '-u', SENDER, '--', 'touch', path]);
        expect(exitCode, path).to.not.equal(0);
      }
      const { exitCode } = await machine.run(['runuser', '-u', 'bob', '--', 'ls', `${SPOOL}/new`]);
      expect(exitCode).to.not.equal(0);
    });

    it('leaves the monitor without any network', async (machine) => {
      expect(await property(machine, 'memory-monitor.service', 'RestrictAddressFamilies')).to.equal(
        'AF_UNIX',
      );
      expect(await property(machine, 'memory-monitor.service', 'ActiveState')).to.equal('active');
    });

    it('waits for a mail server that is away, outlasts kill -9 of the monitor, and arrives once', async (machine) => {
      await machine.succeed(['systemctl', 'stop', 'postfix']);
      const hog = await startHog(machine, { user: 'bob' });
      await hog.ended;
      await waitFor(
        async () =>
          (await machine.run(`journalctl -u ${SENDER} | grep -c 'tried again later'`)).stdout.trim() !== '0',
        'the sender to give up for now',
      );
      await machine.succeed(['systemctl', 'kill', '--signal=KILL', 'memory-monitor']);
      expect(await machine.succeed(`ls ${SPOOL}/new`)).to.equal('');
      await machine.succeed(['systemctl', 'start', 'postfix']);
      await mailAbout(machine, 'root', hog.pid, RETRY_MS);
      await mailAbout(machine, 'bob', hog.pid, RETRY_MS);
      const again = (await mailsOf(machine, 'root')).filter(({ text }) => text?.includes(`PID ${hog.pid}`));
      expect(again).to.have.length(1);
    });

    it('that can not be delivered since the sender does not start costs a start now and then, and comes', async (machine) => {
      const dropIn = `/etc/systemd/system/${SENDER}.service.d/broken.conf`;
      await machine.write(dropIn, '[Service]\nLoadCredential=password:/nowhere/password\n');
      await machine.succeed(['systemctl', 'daemon-reload']);
      const before = await linesOf(machine, 'Failed to start|Failed with result');
      const hog = await startHog(machine, { user: 'alice' });
      await hog.ended;
      await waitFor(
        async () => (await linesOf(machine, 'Failed to start|Failed with result')) > before,
        'the sender to fail',
      );
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect((await linesOf(machine, 'Failed to start|Failed with result')) - before).to.be.below(5);
      await machine.succeed(`rm -r $(dirname ${dropIn}) && systemctl daemon-reload`);
      await mailAbout(machine, 'alice', hog.pid, RETRY_MS);
    });

    it('writes nothing into the journal while there is nothing to do', async (machine) => {
      // One that is under way has its say first.
      await waitFor(
        async () =>
          (await machine.run(`systemctl start ${SENDER} && ! test -e ${SPOOL}/mailboxes/waiting`))
            .exitCode === 0,
        'the sender to have nothing to do',
      );
      const before = await linesOf(machine, '.');
      await machine.succeed(`for i in 1 2 3; do systemctl start ${SENDER}; done`);
      expect(await linesOf(machine, '.')).to.equal(before);
    });

    it('is delivered on after an upgrade that was rolled back', async (machine) => {
      await machine.succeed(
        `cp -r ${BUNDLE} /tmp/broken && cd /tmp/broken && for file in app/run-*.mjs; do echo 'process.exit(3)' >"$file"; done`,
      );
      const { exitCode, stderr } = await machine.run([
        'node',
        '/tmp/broken/app/memory-monitor.mjs',
        'install',
      ]);
      expect(exitCode).to.equal(70);
      expect(stderr).to.include('taken back: Let mail be delivered');
      for (const trigger of ['path', 'timer']) {
        expect(await property(machine, `${SENDER}.${trigger}`, 'ActiveState'), trigger).to.equal('active');
        expect(await property(machine, `${SENDER}.${trigger}`, 'UnitFileState'), trigger).to.equal('enabled');
      }
    });

    it('is put nowhere but into a directory of its own', async (machine) => {
      await machine.write(CONFIG, `${MAIL}config.spool = "/var/spool"\n`);
      const { exitCode, stderr } = await machine.run(['memory-monitor', 'install']);
      expect(exitCode).to.equal(70);
      expect(stderr).to.include('/var/spool has other things in it than mail');
      expect(await machine.succeed(['stat', '--format=%U:%G %a', '/var/spool'])).to.equal('root:root 755\n');
    });

    it('goes out by sendmail as well', async (machine) => {
      await machine.write(CONFIG, `${MAIL}${OWNERS}config.sendmail = "/usr/sbin/sendmail"\n`);
      await installArmed(machine);
      const hog = await startHog(machine, { user: 'alice' });
      await hog.ended;
      const mail = await mailAbout(machine, 'alice', hog.pid);
      expect(mail.subject).to.match(/^\[machine\] your process /);
    });

    it('is gone with the service', async (machine) => {
      // Also where mail was taken out of the configuration before.
      await machine.succeed(['rm', CONFIG]);
      await installArmed(machine);
      expect(await machine.succeed('ls /etc/systemd/system')).to.not.include(SENDER);
      const bystander = await startHog(machine, { user: 'bob', megabytes: 10 });
      await machine.succeed(['memory-monitor', 'uninstall', '--purge']);
      const { exitCode } = await machine.run(['getent', 'passwd', SENDER]);
      expect(exitCode).to.equal(2);
      expect(
        await machine.succeed(`ls -d ${SPOOL} /etc/systemd/system/memory-monitor* 2>/dev/null || true`),
      ).to.equal('');
      expect(await isRunning(machine, bystander)).to.equal(true);
      bystander.kill();
      await bystander.ended;
    });
  },
  WITH_CLONE,
);
