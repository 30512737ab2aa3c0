import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { simpleParser } from 'mailparser';

import { letterOf } from '#src/letter/letter-of.js';
import { composeMessage } from '#src/sender/message.js';
import { Sendmail } from '#src/sender/sendmail.js';
import type { Attempt } from '#src/sender/transport.js';
import { aNotice, NOW_MS } from '../support/notices.js';

const FROM = 'monitor@example.org';

describe('sendmail', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'memory-monitor-sendmail-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const send = async (path: string): Promise<Attempt> => {
    const letter = letterOf({ notice: aNotice(), audience: 'admin', contact: undefined });
    const envelope = { messageId: '<1@example.org>', atMs: NOW_MS, from: `Monitor <${FROM}>`, to: 'root' };
    const message = await composeMessage(letter, envelope, () => undefined);
    return await new Sendmail(path).send(message, FROM, 'root');
  };
  /** A program that takes a mail, and then does what the test says. */
  const program = (ending: string): string => {
    const path = join(directory, 'sendmail');
    const script = `#!/bin/sh\necho "$@" >${directory}/args\ncat >${directory}/mail\n${ending}\n`;
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  };

  it('is given the mail, and who it is from and to', async () => {
    expect(await send(program('exit 0'))).to.include({ state: 'sent' });
    expect(readFileSync(join(directory, 'args'), 'utf8')).to.match(/-f monitor@example\.org root\n$/);
    const mail = await simpleParser(readFileSync(join(directory, 'mail')));
    expect(mail).to.deep.include({
      subject: '[node1] ended python3 of alice: 14.2 GB, limit 8 GB',
      messageId: '<1@example.org>',
    });
    expect(mail.attachments).to.have.length(1);
    expect(readFileSync(join(directory, 'mail'), 'latin1')).to.not.include('\r');
  });

  it('that refuses a mail is told from one that does not take any now', async () => {
    const path = program('exit 67');
    expect(await send(path)).to.deep.equal({
      state: 'refused',
      reason: `${path} refuses this mail (Sendmail exited with code 67).`,
    });
    expect(await send(program('exit 75'))).to.deep.equal({
      state: 'unreachable',
      reason: `${path} did not take a mail (Sendmail exited with code 75); run "${path} -bp" to see its queue.`,
    });
  });

  it('says where the program is missing', async () => {
    expect(await send('/nowhere/sendmail')).to.deep.equal({
      state: 'unreachable',
      reason: '/nowhere/sendmail is not there; install a mail server, or name its program with "sendmail".',
    });
    expect(existsSync(join(directory, 'mail'))).to.equal(false);
  });
});
