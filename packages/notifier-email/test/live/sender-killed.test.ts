import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';
import { SpoolLayout } from '#src/spool/layout.js';
import { senderSettings, writeSenderSettings } from '#src/spool/sender-settings.js';
import { MailServer } from '../support/mail-server.js';
import { aNotice, processFacts } from '../support/notices.js';

const PROGRAM = fileURLToPath(new URL('programs/deliver.js', import.meta.url));
const KILLS = 100;
const HOUR_MS = 3_600_000;
/** Two of three are killed; the others keep what piles up small enough to be told one by one. */
const SHARE_OF_RUN = 1.5;

describe('a sender that is killed by SIGKILL at 100 moments', () => {
  it('loses nothing, and what comes twice has the same Message-ID', async function () {
    this.timeout(180_000);
    const layout = new SpoolLayout(mkdtempSync(join(tmpdir(), 'memory-monitor-killed-')));
    // An answer takes a while: long enough to be killed before it is read.
    const server = await MailServer.open({
      onMailFrom: (_, __, callback) => setTimeout(callback, 5),
    });
    await mkdir(layout.fresh);
    const smtp = { host: '127.0.0.1', port: server.port };
    const config = v.parse(configSchema, { admins: ['root'], digest_minutes: 0, smtp });
    await writeSenderSettings(layout, senderSettings(config));

    let notices = 0;
    const put = async (): Promise<void> => {
      notices += 1;
      const name = `victim-${String(notices).padStart(4, '0')}-`;
      const facts = processFacts({
        process: { ...processFacts().process, name },
        history: { atMs: [], bytes: [] },
      });
      const address = `user${notices % 5}@example.org`;
      const notice = aNotice({ cause: name, facts, recipients: [{ address, audience: 'admin' }] });
      await writeFile(join(layout.directory, 'staged'), JSON.stringify(notice));
      await rename(join(layout.directory, 'staged'), join(layout.fresh, `${notice.id}.json`));
    };

    /** Runs a sender for so long at most; returns how long it took to its own end, or undefined if it was killed. */
    let round = 0;
    const run = async (atMostMs: number): Promise<number | undefined> => {
      round += 1;
      const sender = spawn(process.execPath, [PROGRAM, layout.directory, String(round * HOUR_MS)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const isOver = once(sender, 'exit');
      await once(sender.stdout, 'data');
      const beganMs = Date.now();
      const late = new AbortController();
      await Promise.race([isOver, sleep(atMostMs, undefined, late).catch(() => undefined)]);
      sender.kill('SIGKILL');
      const [, signal] = (await isOver) as [number | null, string | null];
      late.abort();
      return signal === 'SIGKILL' ? undefined : Date.now() - beganMs;
    };

    let killed = 0;
    let lastRunMs = 1000;
    while (killed < KILLS) {
      await put();
      await put();
      const tookMs = await run(Math.random() * lastRunMs * SHARE_OF_RUN);
      killed += tookMs === undefined ? 1 : 0;
      lastRunMs = tookMs ?? lastRunMs;
    }
    await run(60_000);
    await server.close();
    await rm(layout.directory, { recursive: true });

    const byId = new Map<string, string>();
    for (const { mail } of server.deliveries) {
      const names = (mail.text ?? '').match(/victim-\d{4}/g) ?? [];
      const told = [...new Set(names)].sort().join(' ');
      expect(byId.get(mail.messageId ?? '') ?? told).to.equal(told);
      byId.set(mail.messageId ?? '', told);
    }
    const again = server.deliveries.length - byId.size;
    this.test!.title += ` (${killed} kills, ${server.deliveries.length} mails, ${again} of them again)`;
    const told = [...byId.values()].flatMap((names) => names.split(' '));
    expect(told).to.have.length(notices);
    expect(new Set(told).size).to.equal(notices);
  });
});
