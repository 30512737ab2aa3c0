import { BYTES_PER_GB, definePlugin, type UserLookup } from '@memory-monitor/core';
import { FakeUsers, TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin from '#src/index.js';
import { SCHEDULE } from '#src/schedule-token.js';

const GB = BYTES_PER_GB;
const ALICE = 1001;
const BOB = 1002;
const CAROL = 2001;

function people(): FakeUsers {
  return new FakeUsers(
    { root: 0, alice: ALICE, bob: BOB, carol: CAROL },
    { students: { gid: 5000, members: ['alice', 'bob'] }, staff: { gid: 5001, members: ['carol'] } },
  );
}

/** A machine of 16 GB whose own limits nobody reaches. */
async function governed(rules: readonly object[], options: TestMonitorOptions = {}): Promise<TestMonitor> {
  return await TestMonitor.withPlugins([{ plugin, config: { rules } }], {
    users: people(),
    ...options,
    thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100, ...options.thresholds },
  });
}

const victimsOf = (test: TestMonitor): number[] => [...new Set(test.machine.signals.map(({ pid }) => pid))];
const lastWordOn = (test: TestMonitor, process: { readonly pid: number }): string | undefined =>
  test.trailOf(process).at(-1);

describe('policy-user', () => {
  describe('on one process', () => {
    it('ends who is over the limit of the rule for the user, and the trail names the rule', async () => {
      const test = await governed([
        { name: 'students', groups: ['students'], ram_gb_threshold: 2 },
        { name: 'staff', users: ['car*'], ram_gb_threshold: 8 },
      ]);
      const [alice, carol] = [ALICE, CAROL].map((uid) => test.machine.spawn({ uid, rssBytes: 3 * GB }));
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([alice!.pid]);
      expect(test.trailOf(alice!)[0]).to.match(/^limits: kill: .*plugin:policy-user.*rule "students"/);
      expect(test.decisionOf(carol!)).to.equal(undefined);
    });

    it('replaces both limits of the machine by those of the rule', async () => {
      const test = await governed([{ users: ['alice'], ram_gb_threshold: 8 }], {
        thresholds: { ramGbThreshold: 1, ramPercentThreshold: 1 },
      });
      test.machine.spawn({ uid: ALICE, rssBytes: 7 * GB });
      const bob = test.machine.spawn({ uid: BOB, rssBytes: 2 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([bob.pid]);
    });

    it('counts in percent of the memory too, and the smaller limit counts', async () => {
      const test = await governed([{ users: ['*'], ram_gb_threshold: 8, ram_percent_threshold: 25 }]);
      const { pid } = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([pid]);
    });

    it('takes the first rule that is for the user', async () => {
      const test = await governed([
        { uids: ['1001', '3000-3999'], exempt: true },
        { uids: ['1000-1999'], ram_gb_threshold: 1 },
      ]);
      test.machine.spawn({ uid: ALICE, rssBytes: 15 * GB });
      const bob = test.machine.spawn({ uid: BOB, rssBytes: 2 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([bob.pid]);
    });

    it('warns below the limit, and ends at it', async () => {
      const test = await governed([{ name: 'all', users: ['*'], ram_gb_threshold: 4, warn_percent: 75 }]);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 2.9 * GB });
      await test.tick();
      expect(test.decisionOf(process)).to.equal(undefined);
      test.machine.change(process.pid, { rssBytes: 3.1 * GB });
      await test.tick();
      expect(lastWordOn(test, process)).to.equal(
        'plugin:policy-user: warn: rule "all" warns from 75% of a limit on',
      );
      expect(test.machine.signals).to.deep.equal([]);
      test.machine.change(process.pid, { rssBytes: 4.1 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([process.pid]);
    });

    it('tolerates an excess for a while, however long there was a warning before, and not a scan longer', async () => {
      const rule = {
        name: 'all',
        users: ['*'],
        ram_gb_threshold: 4,
        warn_percent: 50,
        tolerate_seconds: 100,
      };
      const test = await governed([rule]);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      await test.clock.advance(600_000);
      test.machine.change(process.pid, { rssBytes: 5 * GB });
      await test.tick();
      expect(lastWordOn(test, process)).to.equal(
        'plugin:policy-user: spare: rule "all" tolerates this for 100 s',
      );
      await test.clock.advance(99_000);
      expect(test.machine.signals).to.deep.equal([]);
      await test.clock.advance(1100);
      expect(victimsOf(test)).to.deep.equal([process.pid]);
    });

    it('tolerates anew who was below in between', async () => {
      const test = await governed([{ users: ['*'], ram_gb_threshold: 4, tolerate_seconds: 100 }]);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      await test.clock.advance(80_000);
      test.machine.change(process.pid, { rssBytes: 3 * GB });
      await test.tick();
      test.machine.change(process.pid, { rssBytes: 5 * GB });
      await test.clock.advance(90_000);
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('tolerates it no longer for a user whose processes follow each other, one over the limit after the other', async () => {
      const test = await governed([{ users: ['*'], ram_gb_threshold: 4, tolerate_seconds: 100 }]);
      let process = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      for (let scan = 0; scan < 3; scan += 1) {
        test.machine.exit(process.pid);
        process = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
        const bob = test.machine.spawn({ uid: BOB, rssBytes: 5 * GB });
        await test.tick();
        test.machine.exit(bob.pid);
      }
      expect(test.machine.signals).to.deep.equal([]);
      await test.clock.advance(11_000);
      expect(victimsOf(test)).to.deep.equal([process.pid]);
    });

    it('only warns where the rule says so', async () => {
      const test = await governed([{ name: 'all', users: ['*'], ram_gb_threshold: 4, action: 'warn' }]);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      expect(lastWordOn(test, process)).to.equal('plugin:policy-user: warn: rule "all" only warns');
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('exempts programs by name', async () => {
      const test = await governed([
        { name: 'all', users: ['*'], ram_gb_threshold: 4, exempt_names: ['rstudio-*', 'tmux'] },
      ]);
      const rstudio = test.machine.spawn({
        uid: ALICE,
        rssBytes: 5 * GB,
        comm: 'rstudio-server',
        name: 'rstudio-server',
      });
      const python = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([python.pid]);
      expect(lastWordOn(test, rstudio)).to.equal(
        'plugin:policy-user: spare: rule "all" exempts rstudio-server',
      );
    });
  });

  describe('on all processes of a user', () => {
    const rule = { name: 'students', groups: ['students'], total_gb_threshold: 6 };

    it('ends the largest when they are over it together, one at a time, until they are not', async () => {
      const test = await governed([rule]);
      const [small, large, middle] = [2, 4, 3].map((gb) =>
        test.machine.spawn({ uid: ALICE, rssBytes: gb * GB }),
      );
      const others = [BOB, CAROL].map((uid) => test.machine.spawn({ uid, rssBytes: 5 * GB }));
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([large!.pid]);
      for (let ticks = 0; ticks < 3; ticks += 1) {
        await test.tick();
      }
      expect(victimsOf(test)).to.deep.equal([large!.pid]);
      expect(test.trailOf(large!)[0]).to.match(
        /^plugin:policy-user: kill: rule "students", all processes of alice: 9\.00GB is over 6\.00GB$/,
      );
      expect([small!, middle!, ...others].every((process) => test.machine.isRunning(process))).to.equal(true);
    });

    it('ends as many at once as it takes, no more, and waits for those that are on the way out', async () => {
      const test = await governed([rule], { settings: { graceSeconds: 600 } });
      for (let count = 0; count < 20; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.41 * GB, onSignal: () => 'sent' });
      }
      for (let scan = 0; scan < 4; scan += 1) {
        await test.tick();
        expect(victimsOf(test)).to.have.length(6);
      }
    });

    it('ends no more at once than the cap allows, and names nobody beyond it', async () => {
      const test = await governed([rule], { settings: { maxKillsPerMinute: 3 } });
      for (let count = 0; count < 20; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.8 * GB });
      }
      await test.tick();
      expect(victimsOf(test)).to.have.length(3);
      expect(test.eventsOf('violation')).to.have.length(3);
    });

    it('ends one at a time where one is enough, though the next is to go if that one has gone', async () => {
      const test = await governed([{ ...rule, total_gb_threshold: 11.5 }]);
      const [first] = [3, 2.9, 2.8, 2.7, 0.3].map((gb) =>
        test.machine.spawn({ uid: ALICE, rssBytes: gb * GB }),
      );
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([first!.pid]);
    });

    it('ends the newest where the rule says so, and leaves a new shell alone', async () => {
      const test = await governed([{ ...rule, first: 'newest' }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 4 * GB, startTime: 100 });
      const newer = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB, startTime: 200 });
      test.machine.spawn({ uid: ALICE, rssBytes: GB / 100, startTime: 300 });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([newer.pid]);
    });

    it('ends the fastest growing where the rule says so', async () => {
      const test = await governed([{ ...rule, first: 'fastest-growing' }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 4 * GB });
      const growing = test.machine.spawn({ uid: ALICE, rssBytes: 1 * GB });
      await test.tick();
      test.machine.change(growing.pid, { rssBytes: 2.5 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([growing.pid]);
    });

    it('passes over programs that are exempt', async () => {
      const test = await governed([{ ...rule, exempt_names: ['rsession'] }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 4 * GB, name: 'rsession', comm: 'rsession' });
      const other = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([other.pid]);
    });

    it('says once that nobody is left to be warned of', async () => {
      const test = await governed([{ ...rule, exempt_names: ['rsession'], warn_percent: 50 }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB, name: 'rsession', comm: 'rsession' });
      await test.tick();
      await test.tick();
      expect(test.log.filter(({ message }) => message.includes('exempt'))).to.have.length(1);
    });

    it('says once that nobody is left to be ended', async () => {
      const test = await governed([{ ...rule, exempt_names: ['rsession'] }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 8 * GB, name: 'rsession', comm: 'rsession' });
      await test.tick();
      await test.tick();
      expect(
        test.log.filter(({ message }) => message.includes('exempt')).map(({ message }) => message),
      ).to.deep.equal([
        '[policy-user] rule "students", all processes of alice: 8.00GB is too much, and nobody can be ended for it: 1 is exempt by name',
      ]);
    });

    it('ends small processes beside a large one that is exempt', async () => {
      const test = await governed([{ ...rule, exempt_names: ['jupyter*'] }]);
      const lab = test.machine.spawn({ uid: ALICE, rssBytes: 4.5 * GB, name: 'jupyter-lab' });
      for (let count = 0; count < 30; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.1 * GB });
      }
      await test.tick();
      expect(victimsOf(test)).to.have.length.above(0).and.not.include(lab.pid);
    });

    it('looks for somebody beyond those whom the monitor protects, however many there are', async () => {
      const test = await governed([rule], { whitelist: { names: [{ name: 'sshd' }] } });
      for (let count = 0; count < 20; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.3 * GB, name: 'sshd' });
      }
      const other = test.machine.spawn({ uid: ALICE, rssBytes: 0.2 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([other.pid]);
    });

    it('looks beyond those whose whole name alone shows that they are exempt', async () => {
      const test = await governed([{ ...rule, exempt_names: ['a-long-name-of-a-program'] }]);
      for (let count = 0; count < 8; count += 1) {
        const commandLine = ['a-long-name-of-a-program'];
        test.machine.spawn({ uid: ALICE, rssBytes: GB, comm: 'a-long-name-of-', commandLine });
      }
      const other = test.machine.spawn({ uid: ALICE, rssBytes: GB / 2 });
      for (let scan = 0; scan < 10; scan += 1) {
        await test.tick();
      }
      expect(victimsOf(test)).to.deep.equal([other.pid]);
    });

    it('says once why nobody can be ended', async () => {
      const test = await governed([{ ...rule, exempt_names: ['rsession'] }], {
        whitelist: { names: [{ name: 'sshd' }] },
      });
      for (const name of ['rsession', 'sshd', 'sshd']) {
        test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB, name });
      }
      await test.tick();
      await test.tick();
      expect(test.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
        '[policy-user] rule "students", all processes of alice: 9.00GB is too much, and nobody can be ended for it: 1 is exempt by name, 2 are protected (its name matches sshd, which is whitelisted)',
      ]);
    });

    it('exempts a program of one user only, where the rule says so', async () => {
      const exempt = [{ name: 'jupyter*', user: 'alice' }];
      const test = await governed([{ ...rule, ram_gb_threshold: 4, exempt_names: exempt }]);
      const [alice, bob] = [ALICE, BOB].map((uid) =>
        test.machine.spawn({ uid, rssBytes: 7 * GB, name: 'jupyter-lab' }),
      );
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([bob!.pid]);
      expect(test.machine.isRunning(alice!)).to.equal(true);
    });

    it('ends the largest by what it has in proportion, shared memory too', async () => {
      const test = await governed([rule]);
      for (let count = 0; count < 4; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.9 * GB, pssBytes: 0.9 * GB });
      }
      const shared = { uid: ALICE, rssBytes: 5 * GB, sharedBytes: 4.9 * GB, pssBytes: 5 * GB };
      const { pid } = test.machine.spawn(shared);
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([pid]);
    });

    it('ends no new shell where everybody else is small too', async () => {
      const test = await governed([{ ...rule, first: 'newest' }]);
      for (let count = 0; count < 40; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 0.2 * GB, startTime: 100 });
      }
      const shell = test.machine.spawn({ uid: ALICE, rssBytes: GB / 1000, startTime: 300 });
      await test.tick();
      expect(victimsOf(test)).to.have.length.above(0).and.not.include(shell.pid);
    });

    it('ends one process where that is enough for two totals', async () => {
      const test = await governed([{ ...rule, total_gb_threshold: 4, together_gb_threshold: 8 }]);
      const [alice] = [1, 2, 1.9].map((gb) => test.machine.spawn({ uid: ALICE, rssBytes: gb * GB })).slice(1);
      test.machine.spawn({ uid: BOB, rssBytes: 3.5 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([alice!.pid]);
    });

    it('counts shared memory once', async () => {
      const test = await governed([rule]);
      for (let count = 0; count < 4; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB, sharedBytes: 2.8 * GB, pssBytes: 0.9 * GB });
      }
      await test.tick();
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('counts what parent and children share after a fork once, though the kernel calls it private', async () => {
      const test = await governed([rule]);
      for (let count = 0; count < 60; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 2 * GB, pssBytes: 0.05 * GB });
      }
      for (let scan = 0; scan < 4; scan += 1) {
        await test.tick();
      }
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('does not count a child that runs in the memory of its parent until it becomes another program', async () => {
      const test = await governed([{ ...rule, total_gb_threshold: 9 }]);
      const bytes = { uid: ALICE, rssBytes: 5 * GB, pssBytes: 5 * GB };
      const { pid } = test.machine.spawn({ ...bytes, startedAtMs: 0 });
      test.machine.spawn({ ...bytes, parentPid: pid, startedAtMs: test.clock.now() });
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      await test.tick();
      expect(victimsOf(test)).to.have.length(1);
    });

    it('passes over those that no signal ends, however many they are', async () => {
      const test = await governed([rule]);
      const [stuck, last] = [
        Array.from({ length: 12 }, () =>
          test.machine.spawn({ uid: ALICE, rssBytes: 1.1 * GB, onSignal: () => 'denied' }),
        ),
        test.machine.spawn({ uid: ALICE, rssBytes: GB }),
      ];
      for (let scan = 0; scan < 8; scan += 1) {
        await test.tick();
      }
      expect(stuck.every((process) => test.machine.isRunning(process))).to.equal(true);
      expect(test.machine.isRunning(last)).to.equal(false);
      const warnings = test.log.filter(({ message }) => message.includes('nobody can be ended for it'));
      expect(warnings.map(({ message }) => message)).to.deep.equal([
        '[policy-user] rule "students", all processes of alice: 13.20GB is too much, and nobody can be ended for it: no signal ends 12',
      ]);
    });

    it('ends no small ones in the place of one that no signal ends', async () => {
      const test = await governed([rule]);
      test.machine.spawn({ uid: ALICE, rssBytes: 7 * GB, onSignal: () => 'denied' });
      const small = Array.from({ length: 5 }, () => test.machine.spawn({ uid: ALICE, rssBytes: 0.1 * GB }));
      for (let scan = 0; scan < 5; scan += 1) {
        await test.tick();
      }
      expect(small.every((process) => test.machine.isRunning(process))).to.equal(true);
    });

    it('tells once where it stays open what a user takes', async () => {
      const test = await governed([rule]);
      for (let count = 0; count < 4; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 2 * GB, sharedBytes: 1.5 * GB, hangs: true });
      }
      for (let scan = 0; scan < 10; scan += 1) {
        await test.tick();
      }
      expect(test.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
        '[policy-user] rule "students", all processes of alice: of 4 processes not all can be read in time; they are taken for 2.00GB together',
      ]);
    });

    it('holds what can not be read against nobody', async () => {
      const test = await governed([rule]);
      for (let count = 0; count < 4; count += 1) {
        test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB, sharedBytes: 2.8 * GB, hangs: true });
      }
      await test.tick();
      await test.clock.advance(120_000);
      expect(test.machine.signals).to.deep.equal([]);
      expect(test.eventsOf('scan').length).to.be.at.least(3);
      expect(test.eventsOf('pluginError')).to.deep.equal([]);
    });

    it('takes nobody but those who are over their own limit, where that is enough', async () => {
      const test = await governed([{ ...rule, first: 'newest', ram_gb_threshold: 4, warn_percent: 60 }]);
      const over = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      const near = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([over.pid]);
      expect(lastWordOn(test, near)).to.match(/warn: rule "students" warns from 60% of a limit on$/);
    });

    it('stays with the process that it has named, and says no more while others are larger for a while', async () => {
      for (const [level, limit] of [
        ['a warning', { total_gb_threshold: 12, warn_percent: 50 }],
        ['the limit', { total_gb_threshold: 7, action: 'warn' }],
      ] as const) {
        const test = await governed([{ ...rule, ...limit }]);
        const processes = [4, 3.9].map((gb) => test.machine.spawn({ uid: ALICE, rssBytes: gb * GB }));
        for (let scan = 0; scan < 8; scan += 1) {
          await test.tick();
          test.machine.change(processes[scan % 2]!.pid, { rssBytes: 3.8 * GB });
          test.machine.change(processes[(scan + 1) % 2]!.pid, { rssBytes: 4 * GB });
        }
        expect(test.eventsOf('violation'), level).to.have.length(1);
        expect(test.eventsOf('decision'), level).to.have.length(1);
        test.machine.change(processes[0]!.pid, { rssBytes: 0.1 * GB });
        test.machine.change(processes[1]!.pid, { rssBytes: 8 * GB });
        await test.tick();
        expect(lastWordOn(test, processes[1]!), level).to.include('warn');
      }
    });

    it('ends the largest, though a warning has named another', async () => {
      const test = await governed([{ ...rule, warn_percent: 50 }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 2.5 * GB });
      const other = test.machine.spawn({ uid: ALICE, rssBytes: 2 * GB });
      await test.tick();
      test.machine.change(other.pid, { rssBytes: 4 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([other.pid]);
    });

    it('warns below it, and names who would go', async () => {
      const test = await governed([{ ...rule, warn_percent: 80 }]);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 5 * GB });
      await test.tick();
      expect(lastWordOn(test, process)).to.match(/warn: rule "students" warns from 80% of a limit on$/);
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('tolerates an excess for a while', async () => {
      const test = await governed([{ ...rule, tolerate_seconds: 45 }]);
      test.machine.spawn({ uid: ALICE, rssBytes: 7 * GB });
      await test.tick();
      await test.clock.advance(44_000);
      expect(test.machine.signals).to.deep.equal([]);
      await test.clock.advance(1100);
      expect(victimsOf(test)).to.have.length(1);
    });
  });

  it('ends for a total also who is over the limit of its own that is tolerated', async () => {
    const test = await governed([
      { users: ['*'], ram_gb_threshold: 4, total_gb_threshold: 6, first: 'newest', tolerate_seconds: 100 },
    ]);
    const over = test.machine.spawn({ uid: ALICE, rssBytes: 3.5 * GB });
    const other = test.machine.spawn({ uid: ALICE, rssBytes: 3.5 * GB });
    await test.tick();
    await test.clock.advance(60_000);
    test.machine.change(over.pid, { rssBytes: 5 * GB });
    const tolerated = test.machine.spawn({ uid: BOB, rssBytes: 5 * GB });
    await test.clock.advance(39_000);
    expect(test.machine.signals).to.deep.equal([]);
    await test.clock.advance(2_000);
    expect(victimsOf(test)).to.deep.equal([over.pid]);
    expect([other, tolerated].every((process) => test.machine.isRunning(process))).to.equal(true);
  });

  it('limits what all users of a rule take together', async () => {
    const test = await governed([{ name: 'lab', groups: ['students'], together_percent_threshold: 50 }]);
    const [alice, bob, carol] = [ALICE, BOB, CAROL].map((uid, index) =>
      test.machine.spawn({ uid, rssBytes: (4 + index) * GB }),
    );
    await test.tick();
    expect(victimsOf(test)).to.deep.equal([bob!.pid]);
    expect(test.trailOf(bob!)[0]).to.include(
      'rule "lab", all processes of its users together: 9.00GB is over 8.00GB',
    );
    expect([alice!, carol!].every((process) => test.machine.isRunning(process))).to.equal(true);
  });

  it('lets nobody pay for the programs of others that are exempt', async () => {
    const test = await governed([
      { name: 'lab', groups: ['students'], together_gb_threshold: 8, exempt_names: ['jupyter*'] },
    ]);
    test.machine.spawn({ uid: ALICE, rssBytes: 7 * GB, name: 'jupyter-hog' });
    const bob = test.machine.spawn({ uid: BOB, rssBytes: 2 * GB });
    await test.tick();
    await test.tick();
    expect(test.machine.isRunning(bob)).to.equal(true);
    expect(test.machine.signals).to.deep.equal([]);
  });

  describe('on processes in containers of a user', () => {
    const CONTAINER = 100_033;
    const withContainers = (answer: UserLookup = { state: 'found', uid: ALICE }): FakeUsers =>
      Object.assign(people(), {
        ownerOf: (uid: number): UserLookup => (uid === CONTAINER ? answer : { state: 'absent' }),
      });

    it('holds the rule for the user, and counts them in the total', async () => {
      const rule = { groups: ['students'], ram_gb_threshold: 4, total_gb_threshold: 6 };
      const test = await governed([rule], { users: withContainers() });
      const over = test.machine.spawn({ uid: CONTAINER, rssBytes: 5 * GB });
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([over.pid]);
      test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      const second = test.machine.spawn({ uid: CONTAINER, rssBytes: 3.5 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([over.pid, second.pid]);
      expect(test.trailOf(second)[0]).to.include('all processes of alice');
    });

    it('lets them live while nobody says whose they are', async () => {
      const test = await governed([{ users: ['*'], ram_gb_threshold: 2 }], {
        users: withContainers({ state: 'unanswered' }),
      });
      test.machine.spawn({ uid: CONTAINER, rssBytes: 5 * GB });
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      expect(test.log.map(({ message }) => message).join()).to.include('for the owner of uid 100033');
    });
  });

  describe('while the user database does not answer', () => {
    it('lets those live whose rule is not known, tells it once, and ends them once it is', async () => {
      const users = people();
      users.isAnswering = false;
      const test = await governed([{ groups: ['students'], ram_gb_threshold: 2 }], {
        users,
        thresholds: { ramGbThreshold: 1 },
      });
      const { pid } = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      expect(test.log.filter(({ message }) => message.includes('does not answer'))).to.have.length(1);
      users.isAnswering = true;
      await test.tick();
      await test.clock.advance(200);
      expect(victimsOf(test)).to.deep.equal([pid]);
    });

    it('says which rule waits for what', async () => {
      const users = people();
      users.gidOf = (name) => (name === 'students' ? { state: 'unanswered' } : { state: 'absent' });
      const test = await governed([{ name: 'students', groups: ['students'], ram_gb_threshold: 2 }], {
        users,
      });
      test.machine.spawn({ uid: ALICE });
      await test.tick();
      await test.tick();
      const [atStart, ...later] = test.log.filter(({ level }) => level === 'warn');
      expect(atStart?.message).to.equal(
        '[policy-user] rule "students": no database answers for group "students"; until one does, processes of users whose rule is not known are let live',
      );
      expect(later.map(({ message }) => message)).to.deep.equal([
        '[policy-user] The user database does not answer for group "students", which rule "students" asks for: processes of users whose rule is not known are let live',
      ]);
    });

    it('says whose name or groups a rule waits for', async () => {
      for (const [selected, what] of [
        [{ users: ['alice'] }, 'the name of uid 1001'],
        [{ groups: ['5000'] }, 'the groups of uid 1001'],
      ] as const) {
        const users = people();
        users.isAnswering = false;
        const test = await governed([{ ...selected, ram_gb_threshold: 2 }], { users });
        test.machine.spawn({ uid: ALICE });
        await test.tick();
        expect(test.log.map(({ message }) => message).join('\n')).to.include(
          `does not answer for ${what}, which rule 1 asks for`,
        );
      }
    });

    it('applies rules by uid all the same', async () => {
      const users = people();
      users.isAnswering = false;
      const test = await governed([{ uids: ['1000-1999'], ram_gb_threshold: 2 }], { users });
      const { pid } = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([pid]);
    });
  });

  describe('before a plugin that sets limits for everybody', () => {
    const severe = definePlugin({
      name: 'severe',
      apiVersion: 1,
      setup(host) {
        host.overrideLimits(() => ({ bytes: GB }));
      },
    });
    const withSevere = async (users: FakeUsers): Promise<TestMonitor> => {
      const rules = [
        { name: 'system', users: ['root'], exempt: true },
        { groups: ['students'], ram_gb_threshold: 8 },
      ];
      return await TestMonitor.withPlugins([{ plugin, config: { rules } }, { plugin: severe }], { users });
    };

    it('lets those live who are exempt', async () => {
      const test = await withSevere(people());
      const root = test.machine.spawn({ uid: 0, rssBytes: 3 * GB });
      const carol = test.machine.spawn({ uid: CAROL, rssBytes: 3 * GB });
      await test.tick();
      expect(lastWordOn(test, root)).to.equal('plugin:policy-user: spare: rule "system" exempts root');
      expect(victimsOf(test)).to.deep.equal([carol.pid]);
    });

    it('lets those live whose rule is not known', async () => {
      const users = people();
      users.isAnswering = false;
      const test = await withSevere(users);
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      expect(lastWordOn(test, process)).to.equal(
        'plugin:policy-user: spare: whose process it is, is not known yet',
      );
    });
  });

  describe('with a schedule', () => {
    it('has rules that are there only while a window is open', async () => {
      const open = new Set(['day']);
      const schedule = definePlugin({
        name: 'schedule',
        apiVersion: 1,
        setup(host) {
          host.provide(SCHEDULE, () => ({ names: ['day', 'night'], isOpen: (name) => open.has(name) }));
        },
      });
      const rules = [
        { users: ['*'], during: 'night', ram_gb_threshold: 8 },
        { users: ['*'], during: 'day', ram_gb_threshold: 2 },
      ];
      const test = await TestMonitor.withPlugins([{ plugin: schedule }, { plugin, config: { rules } }], {
        users: people(),
        thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100 },
      });
      open.clear();
      open.add('night');
      const process = test.machine.spawn({ uid: ALICE, rssBytes: 3 * GB });
      await test.tick();
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      open.clear();
      open.add('day');
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([process.pid]);
    });
  });

  it('is told where a rule has a window and there is no schedule, or none of that name', async () => {
    const rule = { name: 'night', users: ['*'], during: 'nights', ram_gb_threshold: 1 };
    const alone = await governed([rule]).catch((error: unknown) => String(error));
    expect(alone).to.match(/rule "night" has "during", .*; configure that plugin before this one/);
    const schedule = definePlugin({
      name: 'schedule',
      apiVersion: 1,
      setup(host) {
        host.provide(SCHEDULE, () => ({ names: ['night'], isOpen: () => true }));
      },
    });
    const both = TestMonitor.withPlugins([{ plugin: schedule }, { plugin, config: { rules: [rule] } }]);
    expect(await both.catch((error: unknown) => String(error))).to.match(/"nights", .*; there are night/);
  });

  it('says at the start where the user database spells a name in another way', async () => {
    const users = people();
    users.uidOf = (name) =>
      name.toLowerCase() === 'alice' ? { state: 'found', uid: ALICE } : { state: 'absent' };
    const test = await governed([{ users: ['Alice', 'alice'], ram_gb_threshold: 4 }], { users });
    expect(test.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
      '[policy-user] rule 1: user "Alice" is called "alice" by the user database, and is for nobody unless it is written so',
    ]);
  });

  it('says at the start which rules can do nothing', async () => {
    const test = await governed([
      { name: 'all students', groups: ['students'], ram_gb_threshold: 4 },
      { name: 'guests', users: ['guest-*', 'alicia'], ram_gb_threshold: 1 },
      { name: 'students at night', groups: ['students'], ram_gb_threshold: 8 },
      { name: 'one guest', users: ['guest-7'], ram_gb_threshold: 8 },
      { name: 'nobody', groups: ['stuff'], ram_gb_threshold: 0 },
    ]);
    expect(test.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).to.deep.equal([
      '[policy-user] rule "students at night" never counts: rule "all students" comes first and is for the same users',
      '[policy-user] rule "one guest" never counts: rule "guests" comes first and is for the same users',
      '[policy-user] rule "nobody": ram_gb_threshold = 0 is exceeded by every process',
      '[policy-user] rule "guests": there is no user "alicia" on this machine',
      '[policy-user] rule "one guest": there is no user "guest-7" on this machine',
      '[policy-user] rule "nobody": there is no group "stuff" on this machine',
    ]);
  });
});
