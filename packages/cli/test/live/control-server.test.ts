import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { askMonitor } from '#src/control/control-client.js';
import { ControlServer } from '#src/control/control-server.js';
import { ORDINARY_UID, whyNot } from './support/isolation.js';
import { until } from './support/wait.js';

const MOST_CONNECTIONS = 16;
const TIMEOUTS = { requestTimeoutMs: 300, answerTimeoutMs: 300 };
const LARGE = 'x'.repeat(4 * 1024 * 1024);

describe('the control server', () => {
  let directory: string;
  let server: ControlServer | undefined;
  let asked = 0;
  const clients: Socket[] = [];
  const path = (): string => join(directory, 'control.sock');
  const routes = {
    status: () => {
      asked += 1;
      return { asked };
    },
    large: () => LARGE,
    never: () => new Promise(() => undefined),
  };

  beforeEach(() => {
    asked = 0;
    directory = mkdtempSync(join(tmpdir(), 'memory-monitor-test-'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.destroy();
    }
    await server?.close();
    server = undefined;
    rmSync(directory, { recursive: true, force: true });
  });

  const open = async (options = {}): Promise<void> => {
    server = await ControlServer.open(path(), routes, { ...TIMEOUTS, ...options });
  };
  const refusal = async (): Promise<string> => {
    try {
      await open();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was opened');
  };
  /** A client that sends this, and reads nothing unless told. */
  const client = (text = ''): Socket => {
    const socket = connect(path()).pause();
    socket.on('error', () => undefined).write(text);
    clients.push(socket);
    return socket;
  };
  const textOf = async (socket: Socket): Promise<string> => {
    let text = '';
    for await (const chunk of socket.resume()) {
      text += String(chunk);
    }
    return text;
  };

  const HOLD_ON = {
    'send nothing': '',
    'never finish a request': 'GET /status HTTP/1.1\r\nhost: x\r\nx-more: ',
    'do not read the answer': 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n',
    'wait for an answer that never comes': 'GET /never HTTP/1.1\r\nhost: x\r\n\r\n',
    'never finish a body, and do not read':
      'POST /status HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n',
  };
  for (const [what, text] of Object.entries(HOLD_ON)) {
    it(`cuts clients off that ${what}, so that others get their answer`, async () => {
      await open();
      for (let count = 0; count < MOST_CONNECTIONS; count += 1) {
        client(text);
      }
      await sleep(50);
      const answer = await until(
        'an answer',
        async () => await askMonitor(path(), '/status').catch(() => undefined),
        5000,
      );
      expect(answer).to.deep.equal({ asked: 1 });
    });
  }

  it('cuts a client off that sends its request a byte at a time, however steadily', async () => {
    await open();
    const socket = client('GET /status HTTP/1.1\r\nhost: x\r\nx-more: ');
    const drip = setInterval(() => socket.write('x'), 50);
    try {
      expect(await textOf(socket)).to.equal('');
    } catch (error) {
      expect(error).to.have.property('code').that.is.oneOf(['ECONNRESET', 'EPIPE']);
    } finally {
      clearInterval(drip);
    }
  });

  it('takes one request a connection, and no long one', async () => {
    await open();
    await textOf(client('GET /status HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'.repeat(100))).catch(
      () => '',
    );
    expect(asked).to.equal(1);
    expect(await textOf(client(`GET /status HTTP/1.1\r\nx: ${'x'.repeat(5000)}\r\n\r\n`))).to.match(/ 431 /);
    expect(asked).to.equal(1);
  });

  it('ends at once, whoever is connected', async () => {
    await open({ requestTimeoutMs: 60_000, answerTimeoutMs: 60_000 });
    Object.values(HOLD_ON).forEach(client);
    await sleep(100);
    const beganMs = performance.now();
    await server?.close();
    expect(performance.now() - beganMs).to.be.below(200);
  });

  it('removes no file that is no socket', async () => {
    writeFileSync(path(), 'mine');
    expect(await refusal()).to.contain(`${path()} is something else than a socket; remove it, or`);
    expect(readdirSync(directory)).to.deep.equal(['control.sock']);
  });

  const lack = whyNot(['root']);
  const itAsRoot = lack === undefined ? it : it.skip;

  itAsRoot('is opened by root in no directory that others may write to, sticky or not', async () => {
    for (const mode of [0o775, 0o777, 0o1777]) {
      chmodSync(directory, mode);
      expect(await refusal()).to.contain(`${directory}, the directory of the control socket, is not trusted`);
      expect(readdirSync(directory)).to.deep.equal([]);
    }
  });

  itAsRoot("is opened by root in and below nobody else's directory, which stays as it was", async () => {
    const theirs = join(directory, 'theirs');
    mkdirSync(theirs, { mode: 0o700 });
    chownSync(theirs, ORDINARY_UID, ORDINARY_UID);
    directory = theirs;
    expect(await refusal()).to.contain(`it belongs to user ${ORDINARY_UID}`);
    directory = join(theirs, 'below');
    expect(await refusal()).to.contain(`it belongs to user ${ORDINARY_UID}`);
    expect(readdirSync(theirs)).to.deep.equal([]);
    directory = join(theirs, '..');
  });
});
