import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { expect } from 'chai';

import type { SmtpConfig } from '#src/config.js';
import { credentialName } from '#src/credentials.js';
import { letterOf } from '#src/letter/letter-of.js';
import { composeMessage } from '#src/sender/message.js';
import { Smtp, type SmtpOptions } from '#src/sender/smtp.js';
import type { Attempt } from '#src/sender/transport.js';
import { hasOpenssl, itWithOpenssl, makeCertificate } from '../support/certificates.js';
import { MailServer } from '../support/mail-server.js';
import { aNotice, NOW_MS, processFacts } from '../support/notices.js';

const FROM = 'monitor@example.org';
const TO = 'ops@example.org';
const NONE = { certificate: '', key: '' };

const send = async (config: SmtpConfig, options: SmtpOptions = {}, to = TO): Promise<Attempt> => {
  const letter = letterOf({ notice: aNotice(), audience: 'admin', contact: undefined });
  const envelope = { messageId: '<1@example.org>', atMs: NOW_MS, from: `Monitor <${FROM}>`, to };
  const message = await composeMessage(letter, envelope, () => undefined);
  return await new Smtp(config, options).send(message, FROM, to);
};

/** A server that does with each connection what the test says. */
const misbehaving = async (serve: (socket: Socket) => void): Promise<Server> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
const portOf = (server: Server): number => (server.address() as { port: number }).port;

describe('SMTP', () => {
  const directory = mkdtempSync(join(tmpdir(), 'memory-monitor-smtp-'));
  const [known, client] = hasOpenssl
    ? [makeCertificate(directory, 'localhost'), makeCertificate(directory, 'client')]
    : [NONE, NONE];
  const tls = hasOpenssl ? { cert: readFileSync(known.certificate), key: readFileSync(known.key) } : {};
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (server) => server.close()));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const serverWith = async (options: Parameters<typeof MailServer.open>[0] = {}): Promise<MailServer> => {
    const server = await MailServer.open(options);
    open.push(server);
    return server;
  };
  const broken = async (serve: (socket: Socket) => void): Promise<SmtpConfig> => {
    const server = await misbehaving(serve);
    open.push(server);
    return { host: '127.0.0.1', port: portOf(server) };
  };

  it('delivers both parts and the picture to the mail server of this machine, without encryption or password', async () => {
    const server = await serverWith();
    expect(await send({ host: 'localhost', port: server.port })).to.include({ state: 'sent' });
    const [delivery] = server.deliveries;
    expect(delivery).to.include({ from: FROM, isSecure: false });
    expect(delivery?.to).to.deep.equal([TO]);
    const { mail } = delivery ?? {};
    expect(mail?.subject).to.equal('[node1] ended python3 of alice: 14.2 GB, limit 8 GB');
    expect(mail?.messageId).to.equal('<1@example.org>');
    expect(mail?.headers.get('auto-submitted')).to.equal('auto-generated');
    expect(mail?.text).to.match(/PID 4711/);
    expect(mail?.html).to.match(/PID 4711/);
    const [picture] = mail?.attachments ?? [];
    expect(picture).to.include({ contentType: 'image/png', contentDisposition: 'inline', related: true });
    expect(mail?.html).to.match(/<img\s[^>]*alt="Memory of python3 over 60 s: from 2 GB to 14\.2 GB"/);
    expect(picture?.content.subarray(1, 4).toString()).to.equal('PNG');
  });

  it('keeps hostile names text: no header, no recipient, no tag more than in any mail', async () => {
    const server = await serverWith();
    const names = [
      'python3',
      'a\r\nBcc: eve@example.org',
      '<script>alert(1)</script>',
      `Z${'\u0301'.repeat(100)}`,
    ];
    for (const name of names) {
      const process = { ...processFacts().process, name, user: name, unit: name, commandLine: [name] };
      const facts = processFacts({ process, rule: name, reason: name, ruleReason: name });
      const notice = aNotice({ facts, host: name });
      const letter = letterOf({ notice, audience: 'admin', contact: undefined });
      const envelope = { messageId: '<1@example.org>', atMs: NOW_MS, from: FROM, to: TO };
      const message = await composeMessage(letter, envelope, () => undefined);
      await new Smtp({ host: '127.0.0.1', port: server.port }).send(message, FROM, TO);
    }
    const [tidy, ...hostile] = server.deliveries;
    for (const { to, mail, raw } of hostile) {
      expect(to).to.deep.equal([TO]);
      expect([...mail.headers.keys()]).to.deep.equal([...(tidy?.mail.headers.keys() ?? [])]);
      expect(raw.split('\r\n\r\n')[0]).to.not.match(/^(?:Bcc|Cc|Subject: all)/im);
      expect(mail.bcc).to.equal(undefined);
      expect(mail.html).to.not.include('<script');
    }
    expect(hostile[0]?.mail.subject).to.include(String.raw`a\x0d\x0aBcc: eve@example.org`);
  });

  it('names users of this machine in a way that every server takes', async () => {
    const server = await serverWith();
    await send({ host: '127.0.0.1', port: server.port }, {}, 'root');
    expect(server.deliveries[0]?.to).to.deep.equal(['root@localhost']);
  });

  itWithOpenssl('encrypts by STARTTLS, and lets a user in with a password from a file', async () => {
    const server = await serverWith({
      ...tls,
      authOptional: false,
      disabledCommands: [],
      onAuth: ({ username, password }, _, callback) => {
        callback(null, password === 's3cret word' ? { user: username } : {});
      },
    });
    const path = join(directory, 'password');
    writeFileSync(path, 's3cret word\n');
    const config: SmtpConfig = {
      host: 'localhost',
      port: server.port,
      security: 'starttls',
      ca_file: known.certificate,
      user: 'monitor',
      password_file: path,
    };
    expect(await send(config)).to.include({ state: 'sent' });
    expect(server.deliveries[0]).to.include({ isSecure: true, user: 'monitor' });
    writeFileSync(path, 'wrong');
    const attempt = await send(config);
    expect(attempt).to.deep.equal({
      state: 'unreachable',
      reason:
        'The mail server localhost does not let the user monitor in (535 Error: Authentication credentials invalid); check "user" and the password.',
    });
  });

  it('takes the password from a variable, or from where systemd has put it', async () => {
    const passwords: unknown[] = [];
    const server = await serverWith({
      authOptional: false,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, callback) => {
        passwords.push(password);
        callback(null, { user: username });
      },
    });
    const config = { host: 'localhost', port: server.port, user: 'monitor' };
    process.env['TEST_SMTP_PASSWORD'] = 'by variable';
    await send({ ...config, password_env: 'TEST_SMTP_PASSWORD' });
    writeFileSync(join(directory, credentialName('/etc/secret/smtp')), 'by systemd\n');
    await send({ ...config, password_file: '/etc/secret/smtp' }, { credentialsDirectory: directory });
    expect(passwords).to.deep.equal(['by variable', 'by systemd']);
  });

  it('says which file or variable of the configuration is missing', async () => {
    const server = { host: 'localhost', port: 1, user: 'monitor' };
    const byFile = await send({ ...server, password_file: '/nowhere/password' });
    expect('reason' in byFile && byFile.reason).to.match(
      /^\/nowhere\/password can not be read by the sender \(ENOENT.*memory-monitor install/,
    );
    const byVariable = await send({ ...server, password_env: 'NOWHERE_TO_BE_SEEN' });
    expect('reason' in byVariable && byVariable.reason).to.match(
      /^The variable NOWHERE_TO_BE_SEEN .* is not set/,
    );
  });

  it('shows what was said, and no secret in it', async () => {
    const server = await serverWith({
      authOptional: false,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_, __, callback) => {
        callback(new Error('no'));
      },
    });
    const said: string[] = [];
    const attempt = await send(
      { host: 'localhost', port: server.port, user: 'monitor', password: 'hunter2hunter2' },
      { transcript: (line) => said.push(line) },
    );
    const all = [...said, JSON.stringify(attempt)].join('\n');
    expect(all)
      .to.match(/^S: 220 /m)
      .and.to.match(/^C: EHLO /m)
      .and.to.match(/^C: AUTH PLAIN/m);
    for (const secret of ['hunter2hunter2', Buffer.from('\0monitor\0hunter2hunter2').toString('base64')]) {
      expect(all).to.not.include(secret);
    }
  });

  itWithOpenssl(
    'encrypts from the start, and shows its certificate where the server asks for it',
    async () => {
      const subjects: unknown[] = [];
      const server = await serverWith({
        ...tls,
        secure: true,
        requestCert: true,
        ca: [readFileSync(client.certificate)],
        rejectUnauthorized: true,
        onSecure: (socket, _, callback) => {
          subjects.push((socket as TLSSocket).getPeerCertificate().subject.CN);
          callback();
        },
      });
      const config: SmtpConfig = {
        host: 'localhost',
        port: server.port,
        security: 'tls',
        ca_file: known.certificate,
        certificate_file: client.certificate,
        key_file: client.key,
      };
      expect(await send(config)).to.include({ state: 'sent' });
      expect(subjects).to.deep.equal(['client']);
    },
  );

  itWithOpenssl('takes a server by its number, which no TLS server is named by', async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error): void => {
      warnings.push(message);
    };
    process.on('warning', note);
    const [cert, key] = [readFileSync(client.certificate), readFileSync(client.key)];
    const server = await serverWith({ cert, key, secure: true });
    const config: SmtpConfig = { host: '127.0.0.1', port: server.port, security: 'tls' };
    // Its certificate is for "client" and 127.0.0.1.
    expect(await send({ ...config, ca_file: client.certificate })).to.include({ state: 'sent' });
    expect(await send({ ...config, ca_file: known.certificate })).to.include({ state: 'unreachable' });
    const byName = await send({ ...config, host: 'localhost', ca_file: client.certificate });
    expect('reason' in byName && byName.reason).to.match(/is not trusted: .*altnames/);
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings).to.deep.equal([]);
  });

  for (const security of ['starttls', 'tls'] as const) {
    itWithOpenssl(
      `refuses a certificate that nobody vouches for, and sends nothing (${security})`,
      async () => {
        const server = await serverWith({ ...tls, secure: security === 'tls', disabledCommands: [] });
        const attempt = await send({ host: 'localhost', port: server.port, security });
        expect(attempt.state).to.equal('unreachable');
        expect('reason' in attempt && attempt.reason).to.match(
          /^The certificate of the mail server localhost is not trusted: .*self-signed certificate.*; name its authority with "ca_file"\.$/,
        );
        expect(server.deliveries).to.deep.equal([]);
      },
    );
  }

  it('sends nothing in clear where encryption was asked for and the server has none', async () => {
    const server = await serverWith();
    const attempt = await send({ host: '127.0.0.1', port: server.port, security: 'starttls' });
    expect(attempt.state).to.equal('unreachable');
    expect('reason' in attempt && attempt.reason).to.match(
      /offers no encryption that works .*"security" and "port"/,
    );
    expect(server.deliveries).to.deep.equal([]);
  });

  it('tells a recipient that is refused from one that is to be tried again, and from a server that is away', async () => {
    const server = await serverWith();
    server.refused.set('gone@example.org', { responseCode: 550, message: 'no such user' });
    server.refused.set('full@example.org', { responseCode: 452, message: 'mailbox full' });
    const config = { host: '127.0.0.1', port: server.port };
    expect(await send(config, {}, 'gone@example.org')).to.deep.equal({
      state: 'refused',
      reason: 'The mail server 127.0.0.1 refuses this mail (550 no such user).',
    });
    expect(await send(config, {}, 'full@example.org')).to.deep.equal({
      state: 'deferred',
      reason: 'The mail server 127.0.0.1 does not take this mail now (452 mailbox full).',
    });
    await server.close();
    open.length = 0;
    const away = await send(config);
    expect(away.state).to.equal('unreachable');
    expect('reason' in away && away.reason).to.match(
      /^The mail server 127\.0\.0\.1 can not be reached: .*ECONNREFUSED/,
    );
  });

  const unreachable: Record<string, (socket: Socket) => void> = {
    'never says anything': () => undefined,
    'answers byte by byte': (socket) => {
      const timer = setInterval(() => socket.write('2'), 20);
      socket.once('close', () => {
        clearInterval(timer);
      });
    },
    'says more than anybody would read, in one line': (socket) => {
      const timer = setInterval(() => socket.write('2'.repeat(65_536)), 1);
      socket.once('close', () => {
        clearInterval(timer);
      });
    },
    'closes at once': (socket) => {
      socket.end();
    },
    'closes in the middle of the greeting': (socket) => {
      socket.end('220 mail.exa');
    },
    'speaks something else': (socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    },
    'closes in the middle of the mail': (socket) => {
      socket.write('220 hello\r\n');
      let isData = false;
      socket.on('data', (chunk) => {
        if (isData) {
          socket.destroy();
        } else {
          isData = chunk.toString().startsWith('DATA');
          socket.write(isData ? '354 go on\r\n' : '250 fine\r\n');
        }
      });
    },
  };
  for (const [what, serve] of Object.entries(unreachable)) {
    it(`gives up in time on a server that ${what}`, async () => {
      const config = await broken(serve);
      const beganMs = Date.now();
      const attempt = await send(config, { longestMs: 500 });
      expect(attempt.state).to.equal('unreachable');
      expect('reason' in attempt && attempt.reason).to.match(/^The mail server 127\.0\.0\.1 .*\.$/);
      expect(Date.now() - beganMs).to.be.below(3000);
    });
  }
});
