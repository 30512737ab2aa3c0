import {
  BoundedLogger,
  MESSAGE_IDS,
  messageIdOf,
  type DecisionEvent,
  type KillEvent,
  type Logger,
  type Outcome,
} from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import type { MonitorEmitter } from '#src/events.js';
import { aViolation } from '../support/a-violation.js';
import { linesOf } from '../support/lines-of.js';

type Fields = Readonly<Record<string, unknown>>;

/** One explanation of systemd's catalogue, https://systemd.io/CATALOG/. */
interface Entry {
  readonly id: string;
  readonly headers: readonly string[];
  readonly text: string;
}

const CATALOGUE = readFileSync(
  new URL('../../../cli/service/memory-monitor.catalog', import.meta.url),
  'utf8',
);
const PAGE = readFileSync(new URL('../../../../docs/log.md', import.meta.url), 'utf8');

/** What stands for itself: the steps of a scan, and what a plugin writes in its own words. */
const WITHOUT_EXPLANATION = ['memory', 'scan', 'plugin'];
/** What only the monitor or the admin chooses, so that it holds nothing that could forge a line, and is short. */
const HARMLESS = new Set([
  'MM_ACTION',
  'MM_COUNT',
  'MM_ERRORS',
  'MM_HOOK',
  'MM_PID',
  'MM_PLUGIN',
  'MM_REASON',
  'MM_REBIRTHS',
  'MM_RULE',
  'MM_UID',
  'MM_VERSION',
  'MM_WARNINGS',
]);
const OUTCOMES: readonly Outcome[] = ['terminated', 'killed', 'vanished', 'spared', 'dry-run', 'failed'];
const ACTIONS: readonly DecisionEvent['action'][] = ['kill', 'warn', 'defer', 'spare'];

const violation = aViolation();

const STARTED = {
  version: '0.1.0',
  dryRun: true,
  ramPercentThreshold: 10,
  ramGbThreshold: 2,
  checkIntervalSeconds: 30,
  measure: 'rss',
  totalBytes: 1,
  configFiles: [],
} as const;

function aKill(outcome: Outcome): KillEvent {
  return {
    violation,
    outcome,
    signal: undefined,
    reason: 'because',
    trail: [],
    dryRun: outcome === 'dry-run',
    tookMs: 1,
  };
}

function tellEverything(events: MonitorEmitter): void {
  const failure = { plugin: 'mine', message: 'a bug', place: undefined, stack: undefined, failures: 1 };
  events.emit('started', STARTED);
  events.emit('stopping', { reason: 'SIGTERM', terminationsUnderWay: 0 });
  events.emit('reloaded', { ...STARTED, accepted: true, errors: [] });
  events.emit('reloaded', { ...STARTED, accepted: false, errors: ['a mistake'] });
  events.emit('violation', { phase: 'began', violation });
  events.emit('violation', { phase: 'ended', violation, endReason: 'gone' });
  for (const action of ACTIONS) {
    events.emit('decision', { violation, action, reason: 'because', trail: [], dryRun: false });
  }
  for (const outcome of OUTCOMES) {
    events.emit('kill', aKill(outcome));
  }
  const process = { pid: 7, startTime: 1, name: 'hog', user: 'john' };
  events.emit('recovered', { process, isStillRunning: true, why: 'too large' });
  events.emit('restartLoop', { unit: 'web.service', name: 'web', rebirths: 3 });
  for (const hook of ['decide', 'left-out', 'needs', 'isolation:disabled']) {
    events.emit('pluginError', { ...failure, hook });
  }
  events.emit('scan', {
    memory: { totalBytes: 2, availableBytes: 1, usedBytes: 1 },
    scanned: 1,
    unreadable: 7,
    violations: 0,
    killed: 0,
    tookMs: 1,
    trigger: 'interval',
  });
}

/** The fields of a line of each kind, as they are written. */
function fieldsOfEachKind(): Fields[] {
  const fields: Fields[] = linesOf(tellEverything).map((line) => line.fields);
  const write = (written: Fields): number => fields.push(written);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const bounded = new BoundedLogger(logger, new FakeClock());
  for (let count = 0; count < 6000; count += 1) {
    bounded.info({ event: 'log' }, count < 20 ? 'the same' : `line ${count}`);
  }
  bounded.info({ event: 'log' }, 'one too many');
  const roomy = new BoundedLogger(logger, new FakeClock());
  for (let count = 0; count < 20; count += 1) {
    roomy.warn({ event: 'log' }, 'the same');
  }
  bounded.settle();
  roomy.settle();
  return [
    ...fields,
    { event: 'userDatabase' },
    { event: 'unknownName' },
    { event: 'scanFailed' },
    { event: 'listenerFailed' },
    { event: 'intent' },
    { event: 'log' },
    { event: 'fault', code: 'MM_ERR_INTERNAL' },
    { event: 'means', missing: [] },
  ];
}

function entries(): Entry[] {
  return CATALOGUE.split(/^-- /m)
    .slice(1)
    .map((entry) => {
      const [head = '', ...paragraphs] = entry.trimEnd().split('\n\n');
      const [id = '', ...headers] = head.split('\n');
      return { id, headers, text: paragraphs.join('\n\n') };
    });
}

/** `limitBytes` is `MM_LIMIT_BYTES` in the journal. */
function namesOf(fields: Fields): string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `MM_${name.replace(/(?<=[a-z])[A-Z]/g, '_$&').toUpperCase()}`);
}

describe('the ids of messages', () => {
  it('are 128 bits each, and no two are the same', () => {
    const ids = Object.values(MESSAGE_IDS);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).to.deep.equal([]);
    expect(new Set(ids)).to.have.lengthOf(ids.length);
  });

  it('are given to lines that are written, each of them', () => {
    const given = new Set(fieldsOfEachKind().map(messageIdOf));
    const unused = Object.keys(MESSAGE_IDS).filter((kind) => !given.has(MESSAGE_IDS[kind]));
    expect(unused).to.deep.equal([]);
  });

  it('are those of all events that docs/log.md has, but for what stands for itself', () => {
    const rows = PAGE.split('\n').filter((line) => /^\| `\w+`/.test(line) && line.split('|').length === 5);
    const [, ...events] = rows;
    const documented = events.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    const known = Object.keys(MESSAGE_IDS).map((kind) => kind.split(' ')[0]);
    expect(documented).to.have.members([...new Set([...known, ...WITHOUT_EXPLANATION])]);
  });

  it('tell an ordinary failure of a plugin from one that it is left out for', () => {
    const idOf = (hook: string): string | undefined => messageIdOf({ event: 'pluginError', hook });
    expect(idOf('decide')).to.equal(idOf('on:scan')).and.to.equal(MESSAGE_IDS['pluginError']);
    expect(idOf('left-out')).to.equal(MESSAGE_IDS['pluginError left-out']);
  });

  for (const event of WITHOUT_EXPLANATION) {
    it(`are not given to "${event}"`, () => {
      expect(messageIdOf({ event, outcome: 'killed', hook: 'left-out' })).to.equal(undefined);
    });
  }
});

describe('the catalogue', () => {
  it('explains each id, once', () => {
    expect(entries().map(({ id }) => id)).to.have.members(Object.values(MESSAGE_IDS));
  });

  it('says of each what it is, whose, and what to do', () => {
    for (const { id, headers, text } of entries()) {
      expect(headers[0], id).to.match(/^Subject: \S/);
      expect(headers.slice(1), id).to.deep.equal([
        'Defined-By: Memory Monitor',
        'Documentation: man:memory-monitor(8)',
      ]);
      expect(text.length, id).to.be.within(100, 1000);
      expect(Math.max(...text.split('\n').map(({ length }) => length)), id).to.be.at.most(100);
    }
  });

  it('puts in only what every such line has, and what nobody can forge a line with', () => {
    const written = fieldsOfEachKind();
    for (const { id, headers, text } of entries()) {
      const names = [...[...headers, text].join('\n').matchAll(/@(\w+)@/g)].map(([, name]) => String(name));
      expect(
        names.filter((name) => !HARMLESS.has(name)),
        id,
      ).to.deep.equal([]);
      for (const fields of written.filter((line) => messageIdOf(line) === id)) {
        expect(namesOf(fields), JSON.stringify(fields)).to.include.members(names);
      }
    }
  });
});
