import { expect } from 'chai';

import {
  afterCrash,
  afterRun,
  crashesToLeaveOut,
  NO_HISTORY,
  type CrashHistory,
  type RunEnding,
} from '#src/plugins/crash-history.js';

const MINUTE_MS = 60_000;
const PLUGINS = [
  { key: 'ours', use: '@memory-monitor/policy-user', isForeign: false },
  { key: 'theirs', use: 'theirs.ts', isForeign: true },
  { key: 'others', use: 'others.ts', isForeign: true },
];
const NEW: CrashHistory = { plugins: PLUGINS, crashes: {} };
const KILLED: RunEnding = { running: 0, isOver: false, hadHung: false, wasShort: false };

/** After endings a minute apart. */
function after(...endings: readonly Partial<RunEnding>[]): CrashHistory {
  return endings.reduce<CrashHistory>(
    (history, ending, index) => afterRun(history, { ...KILLED, ...ending }, index * MINUTE_MS),
    NEW,
  );
}

function leftOut(history: CrashHistory, nowMs = 3 * MINUTE_MS): string[] {
  return PLUGINS.filter(({ key }) => crashesToLeaveOut(history, key, nowMs) !== undefined).map(
    ({ key }) => key,
  );
}

describe('the history of crashes', () => {
  it('leaves a plugin out in whose code the monitor has ended three times', () => {
    expect(leftOut(after({ running: 2 }, { running: 2 }))).to.deep.equal([]);
    expect(leftOut(after({ running: 2 }, { running: 2 }, { running: 2 }))).to.deep.equal(['theirs']);
    expect(crashesToLeaveOut(after({ running: 2 }, { running: 2 }, { running: 2 }), 'theirs', 0)).to.equal(3);
  });

  it('leaves out one of the program itself as well', () => {
    expect(leftOut(after({ running: 1 }, { running: 1 }, { running: 1 }))).to.deep.equal(['ours']);
  });

  it('counts each plugin for itself', () => {
    expect(leftOut(after({ running: 2 }, { running: 3 }, { running: 2 }, { running: 3 }))).to.deep.equal([]);
  });

  it('counts no run that was killed from outside', () => {
    expect(leftOut(after(KILLED, KILLED, KILLED))).to.deep.equal([]);
  });

  it('takes a loop that stood still in nobody’s hook for any that is not part of the program', () => {
    const hung = { hadHung: true };
    expect(leftOut(after(hung, hung, hung))).to.deep.equal(['theirs', 'others']);
    expect(leftOut(after({ running: 3, hadHung: true }, hung, hung))).to.deep.equal(['others']);
  });

  it('blames nobody for standing still where memory has run out', () => {
    const starved = { hadHung: true, wasShort: true };
    expect(leftOut(after(starved, starved, starved))).to.deep.equal([]);
    const inHook = { ...starved, running: 1 };
    expect(leftOut(after(inHook, inHook, inHook))).to.deep.equal([]);
    const exits = { wasShort: true, running: 2 };
    expect(leftOut(after(exits, exits, exits))).to.deep.equal(['theirs']);
  });

  it('forgets a crash after an hour', () => {
    const history = after({ running: 2 }, { running: 2 }, { running: 2 });
    expect(leftOut(history, 59 * MINUTE_MS)).to.deep.equal(['theirs']);
    expect(leftOut(history, 61 * MINUTE_MS)).to.deep.equal([]);
    expect(afterRun(history, KILLED, 90 * MINUTE_MS).crashes).to.deep.equal({});
  });

  it('begins anew after an end in order', () => {
    const crashed = after({ running: 2 }, { running: 2 }, { running: 2 });
    expect(afterRun(crashed, { ...KILLED, isOver: true }, 0)).to.equal(NO_HISTORY);
  });

  it('holds no more than it needs', () => {
    const history = Array.from({ length: 100 }).reduce<CrashHistory>(
      (sum, _, index) => afterCrash(sum, 'theirs', index),
      NEW,
    );
    expect(history.crashes['theirs']).to.deep.equal([97, 98, 99]);
  });

  it('takes a number that names nobody for nobody', () => {
    expect(afterRun(NEW, { ...KILLED, running: 9 }, 0).crashes).to.deep.equal({});
  });
});
