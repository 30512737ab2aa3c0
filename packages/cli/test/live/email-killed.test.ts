import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Tables } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { MailServer } from './support/mail-server.js';
import type { Program } from './support/program.js';
import { until } from './support/wait.js';

const KILLS = 100;
const MOST_MISSING = 10;
/** A mail that could not be handed over is tried again after a minute, when somebody looks, which is once a minute. */
const CATCH_UP_MS = 150_000;

describe('a monitor and a sender that are killed by SIGKILL at 100 moments', () => {
  let server: MailServer;

  beforeEach(async () => {
    server = await MailServer.open();
  });
  afterEach(async () => {
    await server.close();
  });

  inNamespace(
    'lose no word about a process that was ended, and what comes twice has the same Message-ID',
    async (ns) => {
      const config: Tables = {
        settings: { state_directory: ns.path('state'), grace_seconds: 0.2 },
        plugins: [
          {
            use: '@memory-monitor/notifier-email',
            config: {
              admins: ['ops@example.org'],
              digest_minutes: 0,
              smtp: { host: '127.0.0.1', port: server.port },
              spool: ns.path('spool'),
            },
          },
        ],
      };
      const hogs: { readonly name: string; readonly program: Program }[] = [];
      const told = (): Map<string, string> =>
        new Map(
          server.received.map(({ mail }) => [
            mail.messageId ?? '',
            `${mail.subject ?? ''}\n${mail.text ?? ''}`,
          ]),
        );
      const countOf = (name: string): number =>
        [...told().values()].filter((text) => text.includes(name)).length;
      const missing = (): string[] => hogs.map(({ name }) => name).filter((name) => countOf(name) === 0);
      /** A digest names so many one by one; more must not come together. */
      const catchUp = async (): Promise<void> => {
        const monitor = await ns.monitor({ config });
        await until('the mail so far', () => missing().length === 0, CATCH_UP_MS);
        await monitor.stop();
      };
      for (let round = 0; round < KILLS; round += 1) {
        if (missing().length > MOST_MISSING) {
          await catchUp();
        }
        const name = `victim-${String(round).padStart(3, '0')}`;
        hogs.push({ name, program: await ns.doomedHog({ comm: Buffer.from(name).toString('base64') }) });
        const monitor = await ns.monitor({ config });
        await monitor.told('decision');
        // Between the decision and the end of the account of it lie some 50 ms.
        await sleep(Math.random() * 120);
        await monitor.stop('SIGKILL');
        if (round % 2 === 0) {
          await ns.shell("pkill -KILL -f '[m]ail deliver' || true");
        }
      }
      const last = await ns.monitor({ config });
      for (const { program } of hogs) {
        await program.ended();
      }
      await until('a word about each', () => missing().length === 0, CATCH_UP_MS).catch(() => undefined);
      expect(missing()).to.deep.equal([]);
      await last.stop();
      expect(hogs.filter(({ name }) => countOf(name) > 1).map(({ name }) => name)).to.deep.equal([]);
    },
    { timeoutMs: 900_000 },
  );
});
