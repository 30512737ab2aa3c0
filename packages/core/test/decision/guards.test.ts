import {
  type FakeProcess,
  TestMonitor,
  testConfiguration,
  type TestMonitorOptions,
} from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog, signalledPids } from '../support/hogs.js';

const MONITOR_PID = 500;
const SHELL_PID = 400;
const BROWSER = 'chromium-browser-stable';
/** What the kernel keeps of it. */
const BROWSER_COMM = 'chromium-browse';

/** Runs an armed monitor with a threshold of zero on two hogs; returns whether only the other one was signalled. */
async function isGuarded(process: FakeProcess, options: TestMonitorOptions): Promise<boolean> {
  const test = new TestMonitor({
    thresholds: { ramGbThreshold: 0, ramPercentThreshold: 0 },
    self: { pid: MONITOR_PID, ancestors: () => [SHELL_PID, 1] },
    ...options,
  });
  const { pid } = test.machine.spawn(hog(process));
  const other = test.machine.spawn(hog({ comm: 'other', uid: 2000 }));
  await test.tick();
  await test.tick();
  const signalled = signalledPids(test);
  expect(signalled).to.include(other.pid);
  return !signalled.includes(pid);
}

function guards(what: string, process: FakeProcess, options: TestMonitorOptions = {}): void {
  it(`never signals ${what}`, async () => {
    expect(await isGuarded(process, options)).to.equal(true);
  });
}

function signals(what: string, process: FakeProcess, options: TestMonitorOptions = {}): void {
  it(`does signal ${what}`, async () => {
    expect(await isGuarded(process, options)).to.equal(false);
  });
}

const names = (...entries: (string | { name: string; user: string })[]): TestMonitorOptions => ({
  whitelist: { names: entries.map((entry) => (typeof entry === 'string' ? { name: entry } : entry)) },
});
const users = (...entries: string[]): TestMonitorOptions => ({ whitelist: { users: entries } });

describe('guards', () => {
  describe('of the system and the monitor', () => {
    guards('PID 1', { pid: 1 }, { self: { pid: MONITOR_PID, ancestors: () => [] } });
    guards('the monitor', { pid: MONITOR_PID });
    guards('an ancestor of the monitor', { pid: SHELL_PID });
    guards('a child of the monitor', { ancestors: [MONITOR_PID, SHELL_PID, 1] });
    guards('a grandchild of the monitor', { ancestors: [600, MONITOR_PID, SHELL_PID, 1] });
    signals('a sibling of the monitor', { ancestors: [SHELL_PID, 1] });
    guards('a kernel thread', { isKernelThread: true });
    guards('a process with an oom_score_adj of -1000', { oomScoreAdj: -1000 });
    signals('a process with an oom_score_adj of -999', { oomScoreAdj: -999 });
  });

  describe('by PID', () => {
    guards('a whitelisted PID', { pid: 4711 }, { whitelist: { pids: [4711] } });
    signals('another PID', { pid: 4712 }, { whitelist: { pids: [4711] } });
  });

  describe('by name', () => {
    guards('the name itself', { comm: 'postgres' }, names('postgres'));
    guards('the name in another case', { comm: 'PostGres' }, names('pOSTgres'));
    guards('a name that holds the entry', { comm: 'my-postgres-2' }, names('postgres'));
    guards(
      'a name that a regular expression matches',
      { comm: 'worker-12' },
      names(String.raw`/^worker-\d+$/`),
    );
    guards('that name in another case', { comm: 'WORKER-12' }, names(String.raw`/^worker-\d+$/`));
    signals(
      'a name that the regular expression does not match',
      { comm: 'worker-x' },
      names(String.raw`/^worker-\d+$/`),
    );
    signals('a name that is only a part of the entry', { comm: 'post' }, names('postgres'));
    guards(
      'a process whose executable has the name',
      { comm: 'renamed', executableName: 'postgres' },
      names('postgres'),
    );
    guards(
      'a 23-character name that the executable completes',
      { comm: BROWSER_COMM, name: BROWSER },
      names('browser-stable'),
    );
    guards(
      'a 23-character name that argv[0] completes',
      { comm: BROWSER_COMM, commandLine: [`/opt/${BROWSER}`, '--type=renderer'] },
      names(BROWSER),
    );
    guards(
      'a cut name by its first 15 characters',
      { comm: BROWSER_COMM, commandLine: [BROWSER] },
      names('chromium'),
    );
  });

  describe('are no protection for', () => {
    signals('an argument', { comm: 'hog', commandLine: ['hog', 'postgres'] }, names('postgres'));
    signals(
      'an argv[0] that is not cut by the kernel',
      { comm: 'hog', commandLine: ['postgres'] },
      names('postgres'),
    );
    signals(
      'an argv[0] that does not begin with the cut name',
      { comm: BROWSER_COMM, commandLine: ['postgres'] },
      names('postgres'),
    );
    signals(
      'a directory of the executable',
      { comm: 'hog', executable: '/home/postgres/hog', executableName: 'hog' },
      names('postgres'),
    );
    signals(
      'a directory in argv[0] of a cut name',
      { comm: BROWSER_COMM, commandLine: [`/home/postgres/${BROWSER}`] },
      names('postgres'),
    );
  });

  describe('by a cut name whose command line hangs', () => {
    const cut = { comm: BROWSER_COMM, hangs: true };
    guards('it while any name is whitelisted', cut, names('postgres'));
    guards('it while a name of its owner is whitelisted', cut, names({ name: 'postgres', user: 'john' }));
    signals('it while only names of others are whitelisted', cut, names({ name: 'postgres', user: 'root' }));
    signals('it while no name is whitelisted', cut);
    signals('a short name whose command line hangs', { comm: 'hog', hangs: true }, names('postgres'));
  });

  describe('by user', () => {
    guards('a process of a whitelisted user', { uid: 0 }, users('root'));
    signals('a process of another user', { uid: 1000 }, users('root'));
    guards('a uid without a name that is whitelisted in digits', { uid: 4711 }, users('4711'));
    guards('a named user who is whitelisted in digits', { uid: 1000 }, users('1000'));
    signals('a uid that only begins with those digits', { uid: 47110 }, users('4711'));
  });

  describe('by name and user', () => {
    const entry = names({ name: 'postgres', user: 'john' });
    guards('that name of that user', { comm: 'postgres', uid: 1000 }, entry);
    signals('that name of another user', { comm: 'postgres', uid: 1001 }, entry);
    signals('another name of that user', { comm: 'hog', uid: 1000 }, entry);
  });

  describe('while the user database does not answer', () => {
    async function unanswered(options: TestMonitorOptions): Promise<TestMonitor> {
      const test = new TestMonitor(options);
      test.users.isAnswering = false;
      test.machine.spawn(hog());
      test.machine.spawn(hog({ uid: 1001 }));
      for (let tick = 0; tick < 5; tick += 1) {
        await test.tick();
      }
      return test;
    }
    const warnings = (test: TestMonitor): number =>
      test.log.filter(({ level, fields }) => level === 'warn' && fields['event'] === 'userDatabase').length;

    it('spare every process, with exactly one warning, where users are whitelisted', async () => {
      const test = await unanswered(users('root'));
      expect(signalledPids(test)).to.deep.equal([]);
      expect(warnings(test)).to.equal(1);
    });

    it('spare nobody where no user is whitelisted', async () => {
      const test = await unanswered({});
      expect(signalledPids(test)).to.have.length(2);
      expect(warnings(test)).to.equal(0);
    });

    it('give a name entry for one user the benefit of the doubt', async () => {
      const test = await unanswered(names({ name: 'hog', user: 'root' }));
      expect(signalledPids(test)).to.deep.equal([]);
    });

    it('go back to work as soon as it answers', async () => {
      const test = await unanswered(users('root'));
      test.users.isAnswering = true;
      await test.tick();
      expect(signalledPids(test)).to.have.length(2);
    });
  });

  it('follow a reload at the next scan', async () => {
    const test = new TestMonitor({ whitelist: { pids: [4711] } });
    test.machine.spawn(hog({ pid: 4711 }));
    await test.tick();
    expect(signalledPids(test)).to.deep.equal([]);
    await test.monitor.reload(testConfiguration());
    await test.tick();
    expect(signalledPids(test)).to.deep.equal([4711]);
  });
});
