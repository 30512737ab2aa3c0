import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { isOurs, spoolNames } from '#src/service/mail-spool.js';

describe('the directory of the spool', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'memory-monitor-mail-spool-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('may be new, empty, a file system of its own, or what it was before', () => {
    expect(isOurs(join(directory, 'nowhere'))).to.equal(true);
    expect(isOurs(directory)).to.equal(true);
    for (const name of ['lost+found', 'staging', 'told', 'new', 'queue', 'mailboxes', 'dead']) {
      mkdirSync(join(directory, name));
    }
    writeFileSync(join(directory, 'sender.json'), '{}');
    expect(isOurs(directory)).to.equal(true);
  });

  it('is nobody else’s, whose files would get another owner, and would go with the service', () => {
    mkdirSync(join(directory, 'new'));
    mkdirSync(join(directory, 'cron'));
    expect(isOurs(directory)).to.equal(false);
    expect(spoolNames(directory)).to.deep.equal(['new']);
  });
});
