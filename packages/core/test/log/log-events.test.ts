import type { KillEvent, MonitorEvents, Outcome } from '@memory-monitor/core';
import type { LoggedLine } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { aViolation } from '../support/a-violation.js';
import { GB } from '../support/hogs.js';
import { linesOf } from '../support/lines-of.js';

const MEMORY = { totalBytes: 16 * GB, availableBytes: 8.764 * GB, usedBytes: 7.236 * GB };
const SCAN = {
  memory: MEMORY,
  scanned: 245,
  unreadable: 0,
  violations: 1,
  killed: 1,
  tookMs: 12,
  trigger: 'interval' as const,
};
const STARTED = {
  version: '0.1.0',
  dryRun: true,
  ramPercentThreshold: 10,
  ramGbThreshold: 2,
  checkIntervalSeconds: 30,
  measure: 'rss',
  totalBytes: 16 * GB,
  configFiles: ['/etc/c.toml'],
} as const;
const DECISION = {
  violation: aViolation(),
  action: 'kill',
  reason: 'too large',
  trail: [],
  dryRun: false,
} as const;

function lineOf<E extends keyof MonitorEvents>(name: E, payload: MonitorEvents[E]): string | undefined {
  const lines = linesOf((events) => {
    events.emit(name, payload);
  });
  expect(lines).to.have.length.at.most(1);
  return lines[0]?.line;
}

function aKill(outcome: Outcome, more: Partial<KillEvent> = {}): KillEvent {
  return {
    violation: aViolation(),
    outcome,
    signal: 'SIGTERM',
    reason: 'because',
    trail: [{ source: 'limits', action: 'kill', reason: 'too large', atMs: 1, tookMs: 0 }],
    dryRun: outcome === 'dry-run',
    tookMs: 400,
    ...more,
  };
}

const WHO = 'PID=12345, Name=chrome, User=john';

describe('the log', () => {
  describe('keeps the lines of the Python service:', () => {
    it('the memory of the machine', () => {
      expect(lineOf('memory', { memory: MEMORY })).to.equal(
        'info: System Memory: 45.2% used (7.24GB / 16.00GB)',
      );
    });

    it('a kill', () => {
      expect(lineOf('decision', DECISION)).to.equal(`warn: Killing process: ${WHO}, RAM=3.50GB (21.88%)`);
    });

    it('the end of a scan', () => {
      expect(lineOf('scan', SCAN)).to.equal('info: Scan complete. Scanned: 245, Killed: 1');
    });

    it('a dry run', () => {
      expect(lineOf('kill', aKill('dry-run'))).to.equal(
        `warn: [DRY RUN] Would kill process: ${WHO}, RAM=3.50GB (21.88%)`,
      );
    });
  });

  it('says of a dry run in the very first line that it is one', () => {
    expect(lineOf('started', STARTED)).to.equal(
      'info: Memory Monitor 0.1.0 started as a DRY RUN, nothing will be ended. ' +
        'Limits: 10% of RAM (1.60GB) or 2GB by rss, every 30 s. Configuration: /etc/c.toml',
    );
  });

  it('says that it is armed, and on defaults', () => {
    const line = lineOf('started', { ...STARTED, dryRun: false, configFiles: [] });
    expect(line).to.match(/started armed\. .* Configuration: defaults$/);
  });

  it('says nothing of a decision to kill in a dry run, since its kill does', () => {
    expect(lineOf('decision', { ...DECISION, dryRun: true })).to.equal(undefined);
  });

  for (const [action, words] of [
    ['warn', 'Not killing, only warning'],
    ['defer', 'Not killing yet'],
    ['spare', 'Not killing, spared'],
  ] as const) {
    it(`says why a verdict is "${action}"`, () => {
      expect(lineOf('decision', { ...DECISION, action })).to.equal(
        `warn: ${words}: ${WHO}, RAM=3.50GB (21.88%): too large`,
      );
    });
  }

  for (const [outcome, line] of [
    ['terminated', `info: Process terminated: ${WHO}, by SIGTERM after 0.4 s`],
    ['killed', `info: Process force-killed: ${WHO}, by SIGKILL after 0.4 s: because`],
    ['vanished', `info: Process vanished: ${WHO}: because`],
    ['spared', `info: Process spared after SIGTERM: ${WHO}: because`],
    ['failed', `warn: Process not ended: ${WHO}: because`],
  ] as const) {
    it(`tells a process that was ${outcome}`, () => {
      expect(lineOf('kill', aKill(outcome))).to.equal(line);
    });
  }

  it('tells with whom a process was ended, where it was not alone', () => {
    const withSession = { ...aKill('terminated'), violation: aViolation({}, { target: 'session' }) };
    expect(lineOf('kill', { ...withSession, signalled: 5 })).to.equal(
      `info: Process terminated: ${WHO}, with its session (5 processes), by SIGTERM after 0.4 s`,
    );
    expect(lineOf('kill', { ...withSession, signalled: 1 })).to.equal(
      `info: Process terminated: ${WHO}, by SIGTERM after 0.4 s`,
    );
  });

  it('tells a violation when it begins, with the limit and its rule', () => {
    expect(lineOf('violation', { phase: 'began', violation: aViolation() })).to.equal(
      `warn: Over the limit: ${WHO}, RAM=3.50GB (21.88%), Limit=2.00GB (ram_gb_threshold)`,
    );
  });

  for (const [endReason, words] of [
    ['below-limit', 'Back below the limit'],
    ['gone', 'Exited'],
    ['guarded', 'Protected from now on'],
  ] as const) {
    it(`tells how a violation ended: ${endReason}`, () => {
      const violation = aViolation({}, { lastedMs: 90_000 });
      expect(lineOf('violation', { phase: 'ended', violation, endReason })).to.equal(
        `info: ${words}: ${WHO}, after 90 s over the limit`,
      );
    });
  }

  it('tells what an earlier run had begun', () => {
    const process = { pid: 7, startTime: 1, name: 'hog', user: 'john' };
    expect(lineOf('recovered', { process, isStillRunning: true, why: 'too large' })).to.match(
      /^warn: .*which is still running: PID=7, Name=hog, User=john: too large$/,
    );
  });

  it('tells a restart loop, and what to do', () => {
    expect(lineOf('restartLoop', { unit: 'web.service', name: 'web', rebirths: 3 })).to.match(
      /^warn: Restart loop: unit web\.service has started web again 3 times .*; raise its limit, whitelist it/,
    );
  });

  it('tells which plugin failed in what', () => {
    const where = { place: undefined, stack: undefined };
    const failure = { plugin: 'mine', hook: 'decide', message: 'a\nbug', ...where, failures: 1 };
    const line = String.raw`error: Plugin mine failed in decide: a\x0abug`;
    expect(lineOf('pluginError', failure)).to.equal(line);
    expect(lineOf('pluginError', { ...failure, failures: 12 })).to.equal(`${line} (12 times)`);
    expect(lineOf('pluginError', { ...failure, place: '/p/mine.ts:3:7' })).to.equal(
      `${line} (/p/mine.ts:3:7)`,
    );
  });

  it('tells a refused configuration with all its mistakes, in one line', () => {
    const line = lineOf('reloaded', { ...STARTED, accepted: false, errors: ['c:1:1: a.', 'c:2:1: b\n.'] });
    expect(line).to.match(
      /^error: Configuration not reloaded, the old one stays in force: c:1:1: a\. \| c:2:1: b\\x0a\.$/,
    );
  });

  it('tells a new configuration in force', () => {
    expect(lineOf('reloaded', { ...STARTED, accepted: true, errors: [] })).to.match(
      /^info: Configuration reloaded, running as a DRY RUN/,
    );
  });

  it('tells the stop, and what it still waits for', () => {
    expect(lineOf('stopping', { reason: 'SIGTERM', terminationsUnderWay: 0 })).to.equal(
      'info: Stopping on SIGTERM',
    );
    expect(lineOf('stopping', { reason: 'SIGTERM', terminationsUnderWay: 2 })).to.match(
      /2 terminations under way$/,
    );
  });

  it('warns once of processes that can not be read', () => {
    const lines = linesOf((events) => {
      events.emit('scan', { ...SCAN, unreadable: 7 });
      events.emit('scan', { ...SCAN, unreadable: 8 });
    });
    expect(lines.map(({ level }) => level)).to.deep.equal(['info', 'warn', 'info']);
    expect(lines[1]?.message).to.match(/^7 processes can not be read/);
  });

  it('can not be forged by a name, a user or a reason', () => {
    const violation = aViolation({ name: 'x, User=root\n2025-10-03', user: 'a,b\u001B[0m' });
    const lines = linesOf((events) => {
      events.emit('violation', { phase: 'began', violation });
      events.emit('decision', { ...DECISION, violation, action: 'warn', reason: 'because\nof this' });
      events.emit('kill', aKill('failed', { violation, reason: 'denied\r\n' }));
    });
    expect(lines).to.have.length(3);
    for (const { message } of lines) {
      expect(message).to.include(String.raw`Name=x\, User=root\x0a2025-10-03, User=a\,b\x1b[0m`);
      expect(message).to.not.match(/\p{Cc}/u);
    }
  });
});

describe('the fields of a kill', () => {
  const fieldsOf = (kill: KillEvent, showsCommandLines = false): LoggedLine['fields'] =>
    linesOf((events) => {
      events.emit('kill', kill);
    }, showsCommandLines)[0]!.fields;

  it('say who, what and why', () => {
    const fields = fieldsOf(
      aKill('terminated', { tookMs: 400.6, violation: aViolation({}, { limitBytes: 10.5 }) }),
    );
    expect(fields).to.deep.include({
      event: 'kill',
      pid: 12345,
      name: 'chrome',
      user: 'john',
      uid: 1000,
      rssBytes: 3.5 * GB,
      limitBytes: 10,
      rule: 'ram_gb_threshold',
      action: 'kill',
      outcome: 'terminated',
      signal: 'SIGTERM',
      dryRun: false,
      tookMs: 401,
      reason: 'because',
      trail: ['limits: kill: too large'],
    });
  });

  it('have a signal also where none was sent', () => {
    expect(fieldsOf(aKill('vanished', { signal: undefined }))).to.have.property('signal', null);
  });

  it('are flat: strings, numbers, flags, and lists of strings', () => {
    for (const [name, value] of Object.entries(fieldsOf(aKill('killed')))) {
      const kinds = new Set(
        [value].flat().map((member: unknown) => (member === null ? 'null' : typeof member)),
      );
      expect(kinds.has('object'), name).to.equal(false);
    }
  });

  describe('and the command line', () => {
    const violation = aViolation({ commandLine: ['db', '--password=hunter2'] });

    it('which can hold secrets, is left out', () => {
      expect(JSON.stringify(fieldsOf(aKill('killed', { violation })))).to.not.include('hunter2');
      expect(fieldsOf(aKill('killed', { violation }))).to.not.have.property('commandLine');
    });

    it('is shown where the configuration asks for it, with its secrets masked', () => {
      expect(fieldsOf(aKill('killed', { violation }), true)['commandLine']).to.deep.equal([
        'db',
        '--password=***',
      ]);
    });
  });
});
