import { MESSAGE_IDS } from '@memory-monitor/core';
import { expect } from 'chai';

import { Journal, journalEntry } from '#src/log/journal.js';
import type { LogLine, LogSink } from '#src/log/log-sink.js';
import { aLine } from '../support/a-line.js';

/** Fields of an entry, read as journald reads them. */
function fieldsOf(entry: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  let rest = entry;
  while (rest.length > 0) {
    const end = rest.indexOf('\n');
    const line = rest.subarray(0, end).toString();
    const equals = line.indexOf('=');
    if (equals === -1) {
      const length = Number(rest.readBigUInt64LE(end + 1));
      fields[line] = rest.subarray(end + 9, end + 9 + length).toString();
      rest = rest.subarray(end + 9 + length + 1);
    } else {
      fields[line.slice(0, equals)] = line.slice(equals + 1);
      rest = rest.subarray(end + 1);
    }
  }
  return fields;
}

function entryOf(more: Partial<LogLine>): Record<string, string> {
  return fieldsOf(journalEntry({ ...aLine('a line\n', 'warning'), ...more }));
}

describe('a journal entry', () => {
  it('has message, priority and identifier', () => {
    expect(entryOf({})).to.deep.equal({
      MESSAGE: 'a line',
      PRIORITY: '4',
      SYSLOG_IDENTIFIER: 'memory-monitor',
    });
  });

  it('has a field for each fact, by the name that journalctl finds it under', () => {
    const fields = {
      event: 'kill',
      rssBytes: 5,
      dryRun: false,
      trail: ['a', 'b'],
      cgroup: undefined,
      signal: null,
    };
    expect(entryOf({ fields })).to.include({
      MM_EVENT: 'kill',
      MM_RSS_BYTES: '5',
      MM_DRY_RUN: 'false',
      MM_TRAIL: '["a","b"]',
      MM_SIGNAL: 'null',
    });
    expect(entryOf({ fields })).to.not.have.property('MM_CGROUP');
  });

  it('has the id that its explanation is found by, where there is one', () => {
    const terminated = entryOf({ fields: { event: 'kill', outcome: 'terminated' } });
    expect(terminated['MESSAGE_ID']).to.equal(MESSAGE_IDS['kill terminated']);
    expect(entryOf({ fields: { event: 'scan' } })).to.not.have.property('MESSAGE_ID');
    const byPlugin = { event: 'plugin', plugin: 'mine', MESSAGE_ID: 'forged', outcome: 'terminated' };
    expect(entryOf({ fields: byPlugin })).to.not.have.property('MESSAGE_ID');
  });

  it('holds a process name with newlines whole, which so can forge no field', () => {
    const name = 'x\nMM_USER=root\nMESSAGE=forged';
    const entry = entryOf({ fields: { name, user: 'alice' } });
    expect(entry).to.include({ MM_NAME: name, MM_USER: 'alice', MESSAGE: 'a line' });
  });
});

describe('the journal', () => {
  it('hands lines that it does not take to its fallback', async function () {
    const lines: LogLine[] = [];
    const fallback: LogSink = {
      write: (line) => lines.push(line),
      reopen: () => undefined,
      close: async () => {},
    };
    const journal = await Journal.open(fallback, '/nonexistent/socket');
    if (journal === undefined) {
      this.test!.title += ' (skipped: needs the package koffi)';
      this.skip();
    }
    journal.write(aLine('a line\n'));
    expect(lines).to.deep.equal([aLine('a line\n')]);
    await journal.close();
  });
});
