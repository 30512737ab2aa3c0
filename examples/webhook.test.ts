import { testPlugin, type TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import plugin from './webhook.js';

const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };
const SECRET = 'T0-B0-SECRET';

interface Message {
  readonly text: string;
  readonly channel?: string;
}

/** An endpoint as a chat has it. */
class Chat {
  readonly messages: Message[] = [];
  /** What it answers; undefined is never. */
  status: number | undefined = 200;
  givenUp = 0;
  readonly #server: Server = createServer((request, response) => {
    void readJson(request).then((message) => {
      this.messages.push(message);
      response.on('close', () => (this.givenUp += response.writableEnded ? 0 : 1));
      if (this.status !== undefined) {
        response.writeHead(this.status, { location: '/elsewhere' }).end();
      }
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/services/${SECRET}`;
  }

  get texts(): string[] {
    return this.messages.map(({ text }) => text.replace(`${hostname()}: `, ''));
  }

  async open(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function readJson(request: IncomingMessage): Promise<Message> {
  const chunks = (await request.toArray()) as Buffer[];
  return JSON.parse(Buffer.concat(chunks).toString()) as Message;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await sleep(5);
  }
}

function warningsOf({ log }: TestMonitor): string[] {
  return log.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
}

/** Has so many processes ended by the next scan. */
async function endSome(monitor: TestMonitor, count: number, comm = 'chrome'): Promise<void> {
  const before = monitor.eventsOf('kill').length;
  for (let index = 0; index < count; index += 1) {
    monitor.machine.spawn({ comm, ...OVER_THE_LIMIT });
  }
  await monitor.tick();
  await until(() => monitor.eventsOf('kill').length === before + count);
}

describe('the example webhook', () => {
  let chat: Chat;

  beforeEach(async () => {
    chat = await new Chat().open();
  });

  afterEach(() => {
    chat.close();
  });

  it('posts what was ended, to the channel', async () => {
    const monitor = await testPlugin(plugin, { config: { url: chat.url, channel: '#ops' } });
    await endSome(monitor, 1);
    await until(() => chat.messages.length === 1);
    expect(chat.messages[0]?.channel).to.equal('#ops');
    expect(chat.messages[0]?.text).to.match(
      new RegExp(`^${hostname()}: terminated: chrome of john, PID 1000, 3.00GB of 1.60GB \\(`),
    );
    await monitor.stop();
  });

  it('posts violations where that is wanted', async () => {
    const monitor = await testPlugin(plugin, {
      config: { url: chat.url, violations: true },
      settings: { dryRun: true },
    });
    await endSome(monitor, 1);
    await until(() => chat.messages.length === 1);
    expect(chat.texts).to.deep.equal(['over the limit: chrome of john, PID 1000, 3.00GB of 1.60GB']);
    await monitor.stop();
  });

  it('posts once a minute, and counts the rest into the next message', async () => {
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    await endSome(monitor, 1);
    await until(() => chat.messages.length === 1);
    await endSome(monitor, 8);
    await monitor.clock.advance(29_000);
    expect(chat.messages).to.have.length(1);
    await monitor.clock.advance(1000);
    await until(() => chat.messages.length === 2);
    expect(chat.texts[1]).to.match(/PID 1001, .*, and 7 more$/);
    await monitor.stop();
  });

  it('escapes what users choose', async () => {
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    await endSome(monitor, 1, '<!here> & co');
    await until(() => chat.messages.length === 1);
    expect(chat.texts[0]).to.include('&lt;!here&gt; &amp; co');
    await monitor.stop();
  });

  it('has last words', async () => {
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    await endSome(monitor, 1);
    await endSome(monitor, 2);
    await monitor.stop();
    expect(chat.texts[1]).to.match(/PID 1001, .*, and 1 more$/);
  });

  for (const status of [302, 404, 500]) {
    it(`counts into the next message what was answered by ${status}`, async () => {
      chat.status = status;
      const monitor = await testPlugin(plugin, { config: { url: chat.url } });
      await endSome(monitor, 1);
      await until(() => warningsOf(monitor).length === 1);
      expect(warningsOf(monitor)[0]).to.equal(
        `[webhook] the webhook did not take a message: it answered ${status}`,
      );
      chat.status = 200;
      await endSome(monitor, 1);
      await monitor.clock.advance(60_000);
      await until(() => chat.messages.length === 2);
      expect(chat.texts[1]).to.match(/PID 1001, .*, and 1 more$/);
      await monitor.stop();
    });
  }

  it('goes on where nobody listens', async () => {
    const { url } = chat;
    chat.close();
    const monitor = await testPlugin(plugin, { config: { url } });
    await endSome(monitor, 1);
    await until(() => warningsOf(monitor).length === 1);
    expect(warningsOf(monitor)[0]).to.equal('[webhook] the webhook did not take a message: ECONNREFUSED');
    expect(monitor.eventsOf('pluginError')).to.deep.equal([]);
    await monitor.stop();
  });

  it('gives a server up that hangs, after 5 s', async () => {
    chat.status = undefined;
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    const beganMs = performance.now();
    await endSome(monitor, 1);
    await until(() => warningsOf(monitor).length === 1);
    expect(performance.now() - beganMs).to.be.within(4900, 9000);
    expect(warningsOf(monitor)[0]).to.match(/TimeoutError$/);
    await until(() => chat.givenUp === 1);
    await monitor.stop();
  });

  it('does not hold up a stop when the server hangs', async () => {
    chat.status = undefined;
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    await endSome(monitor, 1);
    await until(() => chat.messages.length === 1);
    const beganMs = monitor.clock.monotonicMs();
    await monitor.stop();
    expect(monitor.clock.monotonicMs() - beganMs).to.be.within(4000, 4200);
    await until(() => chat.givenUp === 1);
    expect(monitor.eventsOf('pluginError').map(({ hook }) => hook)).to.deep.equal(['onDispose']);
  });

  it('never tells the URL', async () => {
    chat.status = undefined;
    const monitor = await testPlugin(plugin, { config: { url: chat.url } });
    await endSome(monitor, 1);
    await until(() => chat.messages.length === 1);
    await monitor.stop();
    await until(() => warningsOf(monitor).length > 0);
    expect(JSON.stringify([monitor.log, monitor.eventsOf('pluginError')])).not.to.include(SECRET);
  });

  for (const url of [`hooks.example.com/${SECRET}`, `http://user:${SECRET}@127.0.0.1:9/`]) {
    it(`never tells one that is wrong: ${url.replace(SECRET, '…')}`, async () => {
      const told = await testPlugin(plugin, { config: { url } }).then(
        async (monitor) => {
          await endSome(monitor, 1);
          await until(() => warningsOf(monitor).length === 1);
          await monitor.stop();
          return JSON.stringify(monitor.log);
        },
        (error: unknown) => String(error),
      );
      expect(told).not.to.include(SECRET);
    });
  }
});
