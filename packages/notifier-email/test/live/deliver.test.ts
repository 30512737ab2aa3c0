import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import { simpleParser } from 'mailparser';

import { configSchema, type EmailConfig } from '#src/config.js';
import type { Notice, Recipient } from '#src/notice/notice.js';
import { deliver, type Delivered } from '#src/sender/deliver.js';
import { SpoolLayout } from '#src/spool/layout.js';
import { senderSettings, writeSenderSettings } from '#src/spool/sender-settings.js';
import { MailServer } from '../support/mail-server.js';
import { aNotice, NOW_MS, OWNER } from '../support/notices.js';
import * as v from 'valibot';

const PROGRAM = fileURLToPath(new URL('programs/deliver.js', import.meta.url));
const MINUTE_MS = 60_000;

function itAsRoot(title: string, body: () => Promise<void>): void {
  if (process.getuid?.() === 0) {
    it(title, body);
  } else {
    it.skip(`${title} (skipped: needs root)`);
  }
}

describe('the sender', () => {
  let layout: SpoolLayout;
  let server: MailServer;
  let told: string[];
  let nowMs: number;

  beforeEach(async () => {
    layout = new SpoolLayout(mkdtempSync(join(tmpdir(), 'memory-monitor-sender-')));
    server = await MailServer.open();
    await mkdir(layout.fresh);
    await configure({});
    told = [];
    nowMs = NOW_MS;
  });

  afterEach(async () => {
    await server.close();
    await rm(layout.directory, { recursive: true, force: true });
  });

  const configure = async (changes: Partial<v.InferInput<typeof configSchema>>): Promise<void> => {
    const config: EmailConfig = v.parse(configSchema, {
      admins: ['root'],
      from: 'monitor@example.org',
      smtp: { host: '127.0.0.1', port: server.port },
      ...changes,
    });
    await writeSenderSettings(layout, senderSettings(config));
  };
  const put = async (...notices: readonly Notice[]): Promise<void> => {
    for (const notice of notices) {
      await writeFile(join(layout.fresh, `${notice.id}.json`), JSON.stringify(notice));
    }
  };
  const run = async (): Promise<Delivered | undefined> =>
    await deliver({ layout, tell: (line) => told.push(line), now: () => (nowMs += 1) });

  it('sends the first notice at once, and the next ones together when their time has come', async () => {
    await put(aNotice());
    expect(await run()).to.deep.equal({ sent: 1, deferred: 0, dead: 0, isWaiting: false });
    await put(...Array.from({ length: 12 }, () => aNotice()));
    expect(await run()).to.deep.equal({ sent: 0, deferred: 0, dead: 0, isWaiting: true });
    expect(await readdir(layout.fresh)).to.deep.equal([]);
    expect(await readdir(layout.queue)).to.deep.equal([]);
    nowMs += 10 * MINUTE_MS;
    expect(await run()).to.deep.equal({ sent: 1, deferred: 0, dead: 0, isWaiting: false });
    expect(server.subjects).to.have.length(2);
    expect(server.subjects[1]).to.match(/^\[node1\] 12 more in 10 min: ended python3/);
  });

  it('leaves a mark while something waits, for whoever starts it again', async () => {
    await put(aNotice(), aNotice({ recipients: [OWNER] }));
    const { port } = server;
    await server.close();
    await run();
    expect(await readdir(layout.mailboxes)).to.include('waiting');
    server = await MailServer.open({}, port);
    nowMs += MINUTE_MS;
    await run();
    expect(await readdir(layout.mailboxes)).to.not.include('waiting');
    expect(server.deliveries).to.have.length(2);
  });

  it('loses none of 200 notices to a server that is away for a day, sends none twice, and few mails', async () => {
    const { port } = server;
    await server.close();
    const sent = Array.from({ length: 200 }, (_, index) => aNotice({ cause: `cause ${index % 7}` }));
    for (const [index, notice] of sent.entries()) {
      await put(notice);
      if (index % 10 === 0) {
        nowMs += 7 * MINUTE_MS;
        await run();
      }
    }
    nowMs += 86_400_000;
    server = await MailServer.open({}, port);
    await run();
    nowMs += 10 * MINUTE_MS;
    expect(await run()).to.include({ isWaiting: false });
    expect(server.deliveries).to.have.length(2);
    const counts = server.deliveries.map(({ mail }) =>
      Number(/(\d+) (?:more|events)/.exec(mail.subject ?? '')?.[1] ?? 1),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(200);
    expect(new Set(server.deliveries.map(({ mail }) => mail.messageId)).size).to.equal(2);
  });

  it('keeps what nobody takes as a dead letter that mail programs can read, and says so', async () => {
    server.refused.set('alice@example.org', { responseCode: 550, message: 'no such user' });
    await put(aNotice({ recipients: [OWNER] }));
    expect(await run()).to.deep.equal({ sent: 0, deferred: 0, dead: 1, isWaiting: false });
    const [name = ''] = await readdir(layout.dead);
    const mail = await simpleParser(await readFile(join(layout.dead, name)));
    expect(mail.subject).to.match(/your process python3 was ended/);
    expect(told).to.deep.equal([
      `Given up, and kept in ${join(layout.dead, name)}: a mail to alice@example.org. The mail server 127.0.0.1 refuses this mail (550 no such user).`,
    ]);
  });

  it('gives a mail up when it is too old', async () => {
    await configure({ give_up_hours: 2 });
    server.refused.set('alice@example.org', { responseCode: 452, message: 'mailbox full' });
    await put(aNotice({ recipients: [OWNER] }));
    await run();
    nowMs += 119 * MINUTE_MS;
    expect(await run()).to.include({ deferred: 1, dead: 0 });
    nowMs += 31 * MINUTE_MS;
    expect(await run()).to.include({ deferred: 0, dead: 1, isWaiting: false });
  });

  it('writes to somebody as an admin and as an owner apart: each has what is theirs', async () => {
    const both = ['admin', 'owner'].map((audience) => ({ address: 'alice', audience }) as Recipient);
    await put(aNotice({ recipients: both }));
    expect(await run()).to.include({ sent: 2 });
    const subjects = server.subjects.map((subject) => /\] (ended|your process)/.exec(subject ?? '')?.[1]);
    expect(subjects).to.have.members(['ended', 'your process']);
  });

  it('lets others read nothing of all that, and keeps no more than 200 dead letters', async () => {
    server.refused.set('alice@example.org', { responseCode: 550, message: 'no such user' });
    await put(aNotice({ recipients: [OWNER] }), aNotice());
    await mkdir(layout.dead);
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => writeFile(join(layout.dead, `2020-${index}.eml`), '')),
    );
    await run();
    const dead = (await readdir(layout.dead)).sort();
    expect(dead).to.have.length(200);
    const letter = join(layout.dead, dead.at(-1) ?? '');
    const account = (await readdir(layout.mailboxes)).find((name) => name.endsWith('.json')) ?? '';
    const modes = [layout.settings, letter, join(layout.mailboxes, account)].map(
      (path) => statSync(path).mode & 0o007,
    );
    expect(modes).to.deep.equal([0, 0, 0]);
  });

  it('lets one recipient that is refused stand in nobody’s way', async () => {
    server.refused.set('alice@example.org', { responseCode: 452, message: 'mailbox full' });
    await put(aNotice({ recipients: [OWNER] }), aNotice());
    expect(await run()).to.deep.equal({ sent: 1, deferred: 1, dead: 0, isWaiting: true });
  });

  it('tries a server that is away once in a while, and not for each recipient', async () => {
    const { port } = server;
    await server.close();
    const many = Array.from({ length: 20 }, (_, index) =>
      aNotice({ recipients: [{ address: `user${index}@example.org`, audience: 'owner' }] }),
    );
    await put(...many);
    await run();
    await run();
    expect(told).to.have.length(1);
    server = await MailServer.open({}, port);
    nowMs += MINUTE_MS;
    await run();
    expect(server.deliveries).to.have.length(20);
  });

  it('is one at a time', async () => {
    await put(aNotice());
    const both = await Promise.all([run(), run()]);
    expect(both.filter((delivered) => delivered === undefined)).to.have.length(1);
    expect(server.deliveries).to.have.length(1);
  });

  it('puts what is no notice aside, says so, and goes on', async () => {
    await put(aNotice());
    await writeFile(join(layout.fresh, '0-cut.json'), '{"version":1,');
    await writeFile(join(layout.fresh, '0-other.json'), '{"version":1,"recipients":[{"address":"root"}]}');
    await mkdir(join(layout.fresh, '0-unreadable.json'));
    expect(await run()).to.include({ sent: 1, isWaiting: false });
    expect(told.slice(0, 3)).to.satisfy((lines: string[]) =>
      lines.every((line) => /^A notice can not be taken, and is kept in .*\/dead\/0-\w+\.json: /.test(line)),
    );
    expect(await readdir(layout.queue)).to.deep.equal([]);
    expect(await readdir(layout.dead)).to.deep.equal(['0-cut.json', '0-other.json', '0-unreadable.json']);
    expect(await readFile(join(layout.dead, '0-cut.json'), 'utf8')).to.equal('{"version":1,');
  });

  it('lets no mail that the server hangs up on stand in the way of others', async () => {
    server.hangsUpOn.add('alice@example.org');
    await put(aNotice({ recipients: [OWNER] }), aNotice());
    await put(aNotice({ recipients: [{ address: 'bob@example.org', audience: 'owner' }] }));
    expect(await run()).to.include({ sent: 0, deferred: 3 });
    nowMs += MINUTE_MS;
    expect(await run()).to.include({ sent: 2, deferred: 1, isWaiting: true });
  });

  it('goes on with another mail after it was killed in the middle of one', async () => {
    await put(aNotice({ recipients: [OWNER] }));
    const sender = spawn(process.execPath, [PROGRAM, layout.directory], { stdio: 'ignore' });
    server.answers = false;
    await server.asked;
    await put(aNotice());
    sender.kill('SIGKILL');
    expect(await readdir(layout.mailboxes)).to.include('waiting');
    await once(sender, 'exit');
    server.answers = true;
    expect(await run()).to.include({ sent: 2, isWaiting: false });
    expect(server.deliveries.map(({ to: [to] }) => to)).to.deep.equal([
      'root@localhost',
      'alice@example.org',
    ]);
  });

  it('keeps what is refused to the sender as such, and tries it again', async () => {
    server.senderRefusal = { responseCode: 530, message: '5.7.0 Must issue a STARTTLS command first' };
    await put(aNotice());
    expect(await run()).to.deep.equal({ sent: 0, deferred: 1, dead: 0, isWaiting: true });
    expect(told).to.deep.equal([
      'A mail to root is tried again later. The mail server 127.0.0.1 takes no mail now (530 5.7.0 Must issue a STARTTLS command first).',
    ]);
    server.senderRefusal = undefined;
    nowMs += MINUTE_MS;
    expect(await run()).to.include({ sent: 1, isWaiting: false });
  });

  it('puts an account that can not be read aside, and goes on', async () => {
    await put(aNotice());
    await run();
    const account = (await readdir(layout.mailboxes)).find((name) => name.endsWith('.json')) ?? '';
    await writeFile(join(layout.mailboxes, account), '{"recipient":');
    await put(aNotice());
    expect(await run()).to.include({ sent: 1 });
    expect(await readFile(join(layout.mailboxes, `${account}.broken`), 'utf8')).to.equal('{"recipient":');
    expect(told.find((line) => line.includes('can not be read'))).to.match(/is kept as .*\.broken: /);
  });

  it('does not take a lock that can not be had for one that another sender holds', async () => {
    const programs = mkdtempSync(join(tmpdir(), 'memory-monitor-programs-'));
    const { PATH: path } = process.env;
    await writeFile(join(programs, 'flock'), '#!/bin/sh\nexit 69\n', { mode: 0o755 });
    process.env['PATH'] = `${programs}:${path ?? ''}`;
    try {
      await put(aNotice());
      const error = await run().then(
        () => undefined,
        (failure: unknown) => failure as { code: string; message: string },
      );
      expect(error?.code).to.equal('MM_ERR_MAIL');
      expect(error?.message).to.match(/mailboxes\/lock can not be locked \(flock: 69\)/);
    } finally {
      process.env['PATH'] = path;
      await rm(programs, { recursive: true });
    }
  });

  it('tells no digest from tomorrow until today where the clock was set back', async () => {
    await put(aNotice());
    await run();
    nowMs -= 86_400_000;
    await put(aNotice({ atMs: nowMs - 5000 }), aNotice({ atMs: nowMs - 1000 }));
    await run();
    const yesterday = new Date(nowMs).toLocaleDateString('sv');
    const { subject, text } = server.deliveries[1]?.mail ?? {};
    expect(subject).to.match(/^\[node1\] 2 more in 5 s: /);
    expect(text).to.match(new RegExp(`^From ${yesterday} [0-9:]{8} to ${yesterday} [0-9:]{8}:$`, 'm'));
  });

  itAsRoot('is refused to anybody but who delivers, root too, and told what to do', async () => {
    await mkdir(layout.queue);
    await chown(layout.queue, 1, 1);
    const error = await run().then(
      () => undefined,
      (failure: unknown) => failure as { code: string; message: string },
    );
    expect(error?.code).to.equal('MM_ERR_PERMISSION');
    expect(error?.message).to.match(/run: sudo systemctl start memory-monitor-mail\.$/);
  });

  it('says in one sentence that there is no spool', async () => {
    await rm(layout.settings);
    const error = await run().then(
      () => undefined,
      (failure: unknown) => failure as { code: string; message: string },
    );
    expect(error?.code).to.equal('MM_ERR_MAIL');
    expect(error?.message).to.match(
      /^There is no mail in .*notifier-email makes it when the monitor runs\.$/,
    );
  });
});
