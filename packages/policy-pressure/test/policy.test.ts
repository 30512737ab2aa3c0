import {
  BYTES_PER_GB,
  definePlugin,
  type MachineMemory,
  type ProcessIdentity,
  type UserLookup,
  type UserLookupRequest,
} from '@memory-monitor/core';
import {
  FakeUsers,
  TestMonitor,
  type FakeProcess,
  type TestMonitorOptions,
  type TestPlugin,
} from '@memory-monitor/core/testing';
import { expect } from 'chai';

import plugin from '#src/index.js';

const GB = BYTES_PER_GB;
const TOTAL = 100;
const ALICE = 1001;
const BOB = 1002;

/** Knows a user once it has been asked for one, as the system's database does. */
class UsersToAskFor extends FakeUsers {
  readonly #asked = new Set<number | string>();

  override userName(uid: number): string | undefined {
    return this.#asked.has(uid) ? super.userName(uid) : undefined;
  }

  override uidOf(name: string): UserLookup {
    return this.#asked.has(name) ? super.uidOf(name) : { state: 'unanswered' };
  }

  override async resolve({ uids = [], names = [] }: UserLookupRequest = {}): Promise<void> {
    for (const asked of [...uids, ...names]) {
      this.#asked.add(asked);
    }
    await super.resolve();
  }
}

/** A machine of 100 GB whose own limits nobody reaches. */
async function short(
  config: object = {},
  options: TestMonitorOptions & { readonly others?: readonly TestPlugin[] } = {},
): Promise<TestMonitor> {
  const test = await TestMonitor.withPlugins([{ plugin, config: { ...config } }, ...(options.others ?? [])], {
    users: new FakeUsers({ root: 0, alice: ALICE, bob: BOB }),
    ...options,
    thresholds: { ramGbThreshold: 1000, ramPercentThreshold: 100, ...options.thresholds },
  });
  available(test, 50);
  return test;
}

function available(test: TestMonitor, gb: number, swap: Partial<MachineMemory> = {}): void {
  test.machine.memory = {
    totalBytes: TOTAL * GB,
    availableBytes: gb * GB,
    usedBytes: (TOTAL - gb) * GB,
    ...swap,
  };
}

/** A process whose end gives back what it has, or a part of it. */
function hog(gb: number, more: FakeProcess & { readonly returnsGb?: number } = {}): FakeProcess {
  const { returnsGb = gb, ...fake } = more;
  return {
    rssBytes: gb * GB,
    uid: ALICE,
    onSignal: (signal, machine, pid) => {
      if (signal !== 'SIGCONT') {
        machine.exit(pid);
        const availableBytes = machine.memory.availableBytes + returnsGb * GB;
        machine.memory = { ...machine.memory, availableBytes, usedBytes: TOTAL * GB - availableBytes };
      }
      return 'sent';
    },
    ...fake,
  };
}

const victimsOf = (test: TestMonitor): number[] => [...new Set(test.machine.signals.map(({ pid }) => pid))];
const warnings = (test: TestMonitor): string[] =>
  test.log
    .filter(({ level, fields }) => level === 'warn' && fields['plugin'] === 'policy-pressure')
    .map(({ message }) => message.replace('[policy-pressure] ', ''));

describe('policy-pressure', () => {
  it('leaves everybody alone while enough is available', async () => {
    const test = await short();
    test.machine.spawn(hog(40));
    await test.tick();
    await test.tick();
    expect(test.eventsOf('violation')).to.deep.equal([]);
  });

  it('ends the one that gives most back, by SIGTERM, at the soft level', async () => {
    const test = await short();
    test.machine.spawn(hog(3));
    const large = test.machine.spawn(hog(4));
    available(test, 9);
    await test.tick();
    await test.clock.advance(10_000);
    expect(victimsOf(test)).to.deep.equal([large.pid]);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'terminated', signal: 'SIGTERM' });
    expect(test.trailOf(large)[0]).to.match(
      /^plugin:policy-pressure: kill: the machine is short of memory, soft level \(10\.00GB\): 9\.00GB is available/,
    );
  });

  it('counts anonymous memory and swap, and not what is shared', async () => {
    const test = await short();
    const MB = GB / 1024;
    test.machine.spawn(
      hog(30, { sharedBytes: 29 * GB, anonymousBytes: GB, sharedMemoryBytes: 29 * GB, name: 'database' }),
    );
    const swapped = test.machine.spawn(hog(5 / 1024, { swapBytes: 12 * GB, anonymousBytes: 5 * MB }));
    for (let count = 0; count < 20; count += 1) {
      test.machine.spawn(hog(2));
    }
    available(test, 4, { swapTotalBytes: 20 * GB, swapFreeBytes: 7 * GB });
    await test.tick();
    expect(victimsOf(test)[0]).to.equal(swapped.pid);
    expect(test.eventsOf('decision')[0]?.violation.measure).to.equal('anonymous');
  });

  it('sends SIGKILL at once at the hard level', async () => {
    const test = await short();
    const stubborn: FakeProcess = {
      onSignal: (signal, machine, pid) => {
        if (signal === 'SIGKILL') {
          machine.exit(pid);
        }
        return 'sent';
      },
    };
    test.machine.spawn(hog(4, stubborn));
    available(test, 4);
    await test.tick();
    expect(test.machine.signals.map(({ signal }) => signal)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'killed' });
  });

  it('gives a grace period at the hard level where it is to', async () => {
    const test = await short({ hard_grace_seconds: 2 });
    test.machine.spawn(hog(4, { onSignal: () => 'sent' }));
    available(test, 4);
    await test.tick();
    await test.clock.advance(1900);
    expect(test.machine.signals.map(({ signal }) => signal)).to.not.include('SIGKILL');
    await test.clock.advance(200);
    expect(test.machine.signals.map(({ signal }) => signal)).to.include('SIGKILL');
  });

  it('does not wait out the grace period of the soft level when the hard one is passed', async () => {
    const test = await short();
    test.machine.spawn(hog(4, { onSignal: () => 'sent' }));
    available(test, 9);
    await test.tick();
    await test.clock.advance(1000);
    expect(test.machine.signals.map(({ signal }) => signal)).to.not.include('SIGKILL');
    available(test, 4);
    await test.clock.advance(500);
    expect(test.machine.signals.map(({ signal }) => signal)).to.include('SIGKILL');
  });

  it('is exempt from the cap of kills a minute at the hard level, and only there', async () => {
    const capped = async (gb: number): Promise<number> => {
      const test = await short({}, { settings: { maxKillsPerMinute: 1 } });
      for (let count = 0; count < 3; count += 1) {
        test.machine.spawn(hog(1));
      }
      available(test, gb);
      await test.tick();
      await test.clock.advance(10_000);
      return victimsOf(test).length;
    };
    expect(await capped(2)).to.equal(3);
    expect(await capped(7)).to.equal(1);
  });

  it('only warns at the soft level where it is to, once, and ends at the hard one', async () => {
    const test = await short({ soft_action: 'warn' });
    const victim = test.machine.spawn(hog(8));
    const other = test.machine.spawn(hog(7));
    available(test, 9);
    await test.tick();
    test.machine.change(other.pid, { rssBytes: 9 * GB, anonymousBytes: 9 * GB });
    await test.tick();
    await test.tick();
    expect(test.machine.signals).to.deep.equal([]);
    expect(test.eventsOf('decision').map(({ action, reason }) => [action, reason])).to.deep.equal([
      ['warn', 'the soft level only warns'],
    ]);
    expect(test.decisionOf(victim)?.action).to.equal('warn');
    available(test, 4);
    await test.tick();
    expect(victimsOf(test)).to.deep.equal([other.pid]);
  });

  describe('when one has been ended', () => {
    it('measures, and ends another only if there is still too little', async () => {
      const test = await short();
      const [first, second, third] = [3, 2, 2].map((gb) => test.machine.spawn(hog(gb)));
      available(test, 6);
      await test.tick();
      await test.clock.advance(10_000);
      expect(victimsOf(test)).to.deep.equal([first!.pid, second!.pid]);
      expect(test.machine.isRunning(third!)).to.equal(true);
    });

    it('goes on until level and margin are passed', async () => {
      const test = await short();
      const [first, second] = [1.5, 1].map((gb) => test.machine.spawn(hog(gb)));
      available(test, 9);
      await test.tick();
      await test.clock.advance(5000);
      expect(victimsOf(test)).to.deep.equal([first!.pid, second!.pid]);
    });

    it('ends nobody else before its memory is back, which it looks for several times a second', async () => {
      const test = await short();
      test.machine.spawn(hog(3, { returnsGb: 0 }));
      const other = test.machine.spawn(hog(2));
      available(test, 8);
      await test.tick();
      const scans = test.eventsOf('scan').length;
      await test.clock.advance(1000);
      expect(test.eventsOf('scan').length - scans).to.be.at.least(4);
      expect(test.machine.isRunning(other)).to.equal(true);
      available(test, 9.5);
      await test.clock.advance(400);
      expect(test.machine.isRunning(other)).to.equal(false);
    });

    it('ends nobody else while it has not gone yet', async () => {
      const test = await short({}, { settings: { graceSeconds: 60 } });
      test.machine.spawn(hog(3, { onSignal: () => 'sent' }));
      const other = test.machine.spawn(hog(2));
      available(test, 8);
      await test.tick();
      await test.clock.advance(30_000);
      expect(test.machine.isRunning(other)).to.equal(true);
    });

    it('ends nobody for memory that is about to come back by the end of a process over its own limit', async () => {
      const test = await short({}, { thresholds: { ramGbThreshold: 20 }, settings: { graceSeconds: 60 } });
      const going = test.machine.spawn(hog(30, { onSignal: () => 'sent' }));
      test.machine.spawn(hog(5));
      await test.tick();
      available(test, 8);
      await test.tick();
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([going.pid]);
    });

    it('stops when less than half of what was expected has come back, warns, and goes on later', async () => {
      const test = await short({ wait_seconds: 2, pause_seconds: 20 });
      const first = test.machine.spawn(hog(4, { name: 'leaky', returnsGb: 1.9 }));
      const other = test.machine.spawn(hog(2));
      available(test, 2);
      await test.tick();
      await test.clock.advance(2500);
      expect(victimsOf(test)).to.deep.equal([first.pid]);
      const why =
        `he end of PID ${first.pid} (leaky) gave back 1.90GB of 4.00GB, less than half: ` +
        'nobody else is ended for want of memory for 20 s';
      expect(warnings(test)).to.deep.equal([`T${why}`]);
      expect(test.trailOf(other).at(-1)).to.equal(`plugin:policy-pressure: warn: t${why}`);
      await test.clock.advance(15_000);
      expect(test.machine.isRunning(other)).to.equal(true);
      expect(warnings(test)).to.have.length(1);
      await test.clock.advance(5000);
      expect(test.machine.isRunning(other)).to.equal(false);
    });

    it('goes on where just half of it has come back', async () => {
      const test = await short();
      const victims = [4, 2].map((gb) => test.machine.spawn(hog(gb, { returnsGb: gb / 2 })));
      available(test, 2);
      await test.tick();
      await test.clock.advance(3000);
      expect(victimsOf(test)).to.deep.equal(victims.map(({ pid }) => pid));
      expect(warnings(test).join()).to.not.include('gave back');
    });

    it('counts as come back what others have taken meanwhile', async () => {
      const test = await short();
      const grower = test.machine.spawn(hog(2));
      const first = test.machine.spawn(
        hog(4, {
          onSignal: (signal, machine, pid) => {
            if (signal !== 'SIGCONT') {
              machine.exit(pid);
              machine.change(grower.pid, { rssBytes: 6 * GB, anonymousBytes: 6 * GB });
            }
            return 'sent';
          },
        }),
      );
      available(test, 2);
      await test.tick();
      await test.clock.advance(2000);
      expect(victimsOf(test)).to.deep.equal([first.pid, grower.pid]);
    });

    it('counts swap that has become free', async () => {
      const test = await short({ wait_seconds: 1 });
      test.machine.spawn(
        hog(0.5, {
          swapBytes: 6 * GB,
          onSignal: (signal, machine, pid) => {
            machine.exit(pid);
            machine.memory = { ...machine.memory, swapFreeBytes: 8 * GB };
            return 'sent';
          },
        }),
      );
      const other = test.machine.spawn(hog(3));
      available(test, 2, { swapTotalBytes: 8 * GB, swapFreeBytes: 2 * GB });
      await test.tick();
      await test.clock.advance(3000);
      expect(test.machine.isRunning(other)).to.equal(false);
      expect(warnings(test).join()).to.not.include('gave back');
    });

    it('stops as well where it could not be ended at all', async () => {
      const test = await short({ wait_seconds: 1 });
      test.machine.spawn(hog(4, { onSignal: () => 'sent' }));
      const other = test.machine.spawn(hog(2));
      available(test, 2);
      await test.tick();
      await test.clock.advance(20_000);
      expect(test.eventsOf('kill')[0]?.outcome).to.equal('failed');
      expect(test.machine.isRunning(other)).to.equal(true);
      expect(warnings(test).join()).to.include('gave back 0.00GB of 4.00GB');
    });
  });

  it('scans as rarely as ever where nothing is under way', async () => {
    const test = await short({ soft_action: 'warn' });
    test.machine.spawn(hog(8));
    available(test, 9);
    await test.tick();
    const scans = test.eventsOf('scan').length;
    await test.clock.advance(29_000);
    expect(test.eventsOf('scan')).to.have.length(scans);
  });

  it('looks once a second where nobody can be ended, and ends who then can', async () => {
    const test = await short();
    test.machine.spawn(hog(9, { oomScoreAdj: -1000 }));
    available(test, 4);
    await test.tick();
    const scans = test.eventsOf('scan').length;
    await test.clock.advance(5000);
    expect(test.eventsOf('scan').length - scans).to.equal(5);
    const late = test.machine.spawn(hog(3));
    await test.clock.advance(1000);
    expect(victimsOf(test)).to.deep.equal([late.pid]);
  });

  it('looks again at once where it could not make up its mind in time', async () => {
    const users = new UsersToAskFor({ root: 0, alice: ALICE });
    const test = await short({}, { users, whitelist: { users: ['root'] } });
    const victim = test.machine.spawn(hog(9));
    const resolve = users.resolve.bind(users);
    let isSlow = true;
    users.resolve = async (request) => {
      if (isSlow) {
        isSlow = false;
        await new Promise(() => undefined);
      }
      await resolve(request);
    };
    available(test, 4);
    await test.tick();
    await test.clock.advance(1000);
    expect(test.eventsOf('pluginError').map(({ hook }) => hook)).to.deep.equal(['detect']);
    await test.clock.advance(300);
    expect(victimsOf(test)).to.deep.equal([victim.pid]);
  });

  for (const [level, gb] of [
    ['soft', 9],
    ['hard', 4],
  ] as const) {
    it(`starts no program to read anything before the signal at the ${level} level`, async () => {
      const test = await short();
      const victim = test.machine.spawn(hog(9));
      const steps: string[] = [];
      test.machine.beforeStep = (step) => void steps.push(step);
      available(test, gb);
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([victim.pid]);
      expect(steps).to.include('signal').and.not.to.include('inspectSlowly');
    });
  }

  it('tells of it after the signal, in order', async () => {
    const test = await short();
    test.machine.spawn(hog(9));
    const toldAtSignal: number[] = [];
    test.machine.beforeStep = (step) => {
      if (step === 'signal') {
        toldAtSignal.push(test.eventsOf('violation').length + test.eventsOf('decision').length);
      }
    };
    available(test, 9);
    await test.tick();
    expect(toldAtSignal[0]).to.equal(0);
    expect(test.eventsOf('violation')).to.have.length(1);
    expect(test.eventsOf('decision')).to.have.length(1);
  });

  it('does not wait for the record of it', async () => {
    const test = await short();
    const victim = test.machine.spawn(hog(9));
    test.intents.begin = async () => {
      await new Promise(() => undefined);
    };
    available(test, 9);
    await test.tick();
    expect(victimsOf(test)).to.deep.equal([victim.pid]);
  });

  it('looks up whose the processes are when a shortage is near', async () => {
    const users = new UsersToAskFor({ root: 0, alice: ALICE });
    const test = await short({}, { users, whitelist: { users: ['root'] } });
    available(test, 40);
    await test.tick();
    test.machine.spawn(hog(9));
    await test.tick();
    expect(users.userName(ALICE)).to.equal(undefined);
    available(test, 20);
    await test.tick();
    expect(users.userName(ALICE)).to.equal('alice');
    expect(test.eventsOf('violation')).to.deep.equal([]);
  });

  it('ends nobody in a dry run, and tells one, however the sizes change', async () => {
    const test = await short({}, { settings: { dryRun: true } });
    const victim = test.machine.spawn(hog(8));
    const other = test.machine.spawn(hog(7));
    available(test, 4);
    await test.tick();
    test.machine.change(other.pid, { rssBytes: 9 * GB, anonymousBytes: 9 * GB });
    await test.tick();
    await test.tick();
    expect(test.eventsOf('kill').map(({ violation }) => violation.process.pid)).to.deep.equal([victim.pid]);
    expect(test.eventsOf('scan')).to.have.length(3);
  });

  it('begins nothing by being explained', async () => {
    const test = await short();
    const victim = test.machine.spawn(hog(8));
    const other = test.machine.spawn(hog(7));
    await test.tick();
    available(test, 4);
    expect((await test.explain(victim.pid))?.conclusion).to.match(/^It would be ended, .*machine is short/);
    expect((await test.explain(other.pid))?.conclusion).to.match(/^Nothing would happen/);
    expect(test.machine.signals).to.deep.equal([]);
    await test.tick();
    expect(victimsOf(test)).to.deep.equal([victim.pid]);
  });

  it('kills nobody for high pressure with plenty of free memory', async () => {
    const test = await short({ pressure: { hard_some_avg10: 10 } });
    test.machine.spawn(hog(40));
    test.machine.pressure = { someAvg10: 100, someAvg60: 100, fullAvg10: 100, fullAvg60: 100 };
    await test.tick();
    expect(test.eventsOf('violation')).to.deep.equal([]);
    available(test, 20);
    await test.tick();
    expect(victimsOf(test)).to.have.length(1);
  });

  it('says at start where the kernel tells no pressure, and where the hard level is above the soft one', async () => {
    const test = await short({
      available: { soft_gb: 1, hard_percent: 50 },
      pressure: { hard_some_avg10: 10 },
    });
    expect(warnings(test).join('\n')).to.match(/hard level of 8\.00GB is above the soft one of 1\.00GB/);
    expect(warnings(test).join('\n')).to.include('tells no memory pressure');
  });

  describe('chooses', () => {
    const chosen = async (
      config: object,
      processes: readonly FakeProcess[],
      options: Parameters<typeof short>[1] = {},
    ): Promise<number | undefined> => {
      const test = await short(config, options);
      const identities = processes.map((process) => test.machine.spawn(process));
      available(test, 4);
      await test.tick();
      await test.clock.advance(300);
      const first = test.eventsOf('kill')[0]?.violation.process.pid;
      const index = identities.findIndex(({ pid }) => pid === first);
      return index === -1 ? undefined : index;
    };
    const old = Date.UTC(2025, 9, 3, 9, 15, 30);

    it('who is preferred before who is larger', async () => {
      expect(await chosen({ prefer: [{ user: 'b*' }] }, [hog(9), hog(3, { uid: BOB })])).to.equal(1);
    });

    it('nobody who is preferred and too small to matter', async () => {
      expect(await chosen({ prefer: [{ user: 'bob' }] }, [hog(9), hog(0.4, { uid: BOB })])).to.equal(0);
    });

    it('nobody like that on a machine that swaps either', async () => {
      const test = await short({ prefer: [{ user: 'bob' }] });
      const [large] = [hog(9), hog(0.4, { uid: BOB })].map((process) => test.machine.spawn(process));
      available(test, 4, { swapTotalBytes: 20 * GB, swapFreeBytes: 2 * GB });
      await test.tick();
      expect(victimsOf(test)[0]).to.equal(large!.pid);
    });

    it('who is avoided last', async () => {
      const avoid = [{ name: 'postgres*' }];
      expect(await chosen({ avoid }, [hog(9, { name: 'postgres: main' }), hog(3)])).to.equal(1);
      expect(await chosen({ avoid }, [hog(9, { name: 'postgres: main' })])).to.equal(0);
    });

    it('who is both preferred and avoided as one who is avoided', async () => {
      const config = { prefer: [{ user: 'alice' }], avoid: [{ name: 'db' }] };
      expect(await chosen(config, [hog(9, { name: 'db' }), hog(3, { uid: BOB })])).to.equal(1);
    });

    const rules: Record<string, [rule: object, fitting: FakeProcess]> = {
      'by uid': [{ user: '1002' }, { uid: BOB }],
      'by name': [{ name: 'chr?me' }, { name: 'chrome' }],
      'by the beginning of a name that the kernel has cut': [
        { name: 'a-very-long-name-indeed' },
        { name: 'a-very-long-nam', comm: 'a-very-long-nam', isCommCut: true },
      ],
      'by the name of the executable': [{ executable: 'python3*' }, { executableName: 'python3.11' }],
      'by the path of the executable': [
        { executable: '/opt/*' },
        { executable: '/opt/app/run', executableName: 'run' },
      ],
      'by unit': [{ unit: 'batch-*.service' }, { unit: 'batch-7.service' }],
      'by control group': [
        { cgroup: '/user.slice/*' },
        { cgroup: '/user.slice/user-1000.slice/session-3.scope' },
      ],
      'by its age, at least': [{ min_age_seconds: 3000 }, { startedAtMs: old }],
      'by all that the rule says': [
        { name: 'job', user: 'bob' },
        { name: 'job', uid: BOB },
      ],
    };
    for (const [what, [rule, fitting]] of Object.entries(rules)) {
      it(what, async () => {
        const young = { startedAtMs: Date.UTC(2025, 9, 3, 10, 15, 0) };
        const processes = [hog(9, { name: 'job', ...young }), hog(3, { name: 'x', ...young, ...fitting })];
        expect(await chosen({ prefer: [rule] }, processes)).to.equal(1);
      });
    }

    it('by its age, at most', async () => {
      const processes = [hog(9, { startedAtMs: old }), hog(3, { startedAtMs: old + 3_590_000 })];
      expect(await chosen({ prefer: [{ max_age_seconds: 60 }] }, processes)).to.equal(1);
    });

    it('whom guards do not protect', async () => {
      const processes = [hog(9, { oomScoreAdj: -1000 }), hog(8, { uid: 0 }), hog(3)];
      expect(await chosen({}, processes, { whitelist: { users: ['root'] } })).to.equal(2);
    });

    it('somebody whom nobody has asked for yet, on a machine where users are whitelisted', async () => {
      const users = new UsersToAskFor({ root: 0, alice: ALICE });
      expect(await chosen({}, [hog(9)], { users, whitelist: { users: ['root'] } })).to.equal(0);
    });

    it('somebody else where another plugin lets the first one live', async () => {
      const protect = definePlugin({
        name: 'protect',
        apiVersion: 1,
        setup(host) {
          host.decide(({ process }) =>
            process.name === 'notebook' ? { verdict: { action: 'spare' }, reason: 'a notebook' } : undefined,
          );
        },
      });
      const processes = [hog(9, { name: 'notebook' }), hog(3)];
      expect(await chosen({}, processes, { others: [{ plugin: protect }] })).to.equal(1);
    });

    it('nobody of a machine where all are protected, which is told once', async () => {
      const test = await short();
      test.machine.spawn(hog(9, { oomScoreAdj: -1000 }));
      available(test, 4);
      await test.tick();
      await test.tick();
      expect(warnings(test)).to.have.length(1);
      expect(warnings(test)[0]).to.match(
        /^The machine is short of memory, and nobody can be ended for it: hard/,
      );
    });

    it('nobody while somebody beyond reach is all that there is', async () => {
      const test = await short({ wait_seconds: 0, pause_seconds: 0 });
      test.machine.spawn(hog(9, { onSignal: () => 'denied' }));
      const other = test.machine.spawn(hog(3));
      available(test, 4);
      await test.tick();
      await test.clock.advance(1000);
      expect(test.machine.isRunning(other)).to.equal(false);
    });
  });

  describe('where all that belongs together is the target', () => {
    const bomb = (test: TestMonitor, count: number, more: FakeProcess = {}): ProcessIdentity[] =>
      Array.from({ length: count }, () => test.machine.spawn(hog(1, { sessionId: 77, uid: BOB, ...more })));

    it('counts what all of it gives back: many small ones before a larger one', async () => {
      const test = await short({ target: 'session' });
      const editor = test.machine.spawn(hog(3));
      const small = bomb(test, 6);
      available(test, 4);
      await test.tick();
      expect(victimsOf(test).sort()).to.deep.equal(small.map(({ pid }) => pid).sort());
      expect(test.machine.isRunning(editor)).to.equal(true);
    });

    it('counts the process alone where one of the others is protected', async () => {
      const test = await short({ target: 'session' });
      const editor = test.machine.spawn(hog(3));
      bomb(test, 6);
      test.machine.spawn(hog(1, { sessionId: 77, oomScoreAdj: -1000 }));
      available(test, 4);
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([editor.pid]);
    });

    it('counts the process alone where that is the target', async () => {
      const test = await short();
      const editor = test.machine.spawn(hog(3));
      bomb(test, 6);
      available(test, 9);
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([editor.pid]);
    });

    it('takes all of nothing in particular for nothing that belongs together', async () => {
      const test = await short({ target: 'cgroup' });
      const editor = test.machine.spawn(hog(3, { cgroup: '/user.slice/a' }));
      bomb(test, 6, { cgroup: '/' });
      available(test, 9);
      await test.tick();
      expect(victimsOf(test)).to.deep.equal([editor.pid]);
    });
  });

  it('ends the session, where that is the target', async () => {
    const test = await short({ target: 'session' });
    const inSession: ProcessIdentity[] = [
      test.machine.spawn(hog(5, { sessionId: 77 })),
      test.machine.spawn(hog(0.1, { sessionId: 77 })),
    ];
    const other = test.machine.spawn(hog(0.1));
    available(test, 9);
    await test.tick();
    expect(victimsOf(test)).to.deep.equal(inSession.map(({ pid }) => pid));
    expect(test.machine.isRunning(other)).to.equal(true);
    expect(test.eventsOf('kill')[0]).to.include({ signalled: 2 });
  });
});
