import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { composeMonitor, defaultConfiguration, LOGGER, type Configuration } from '@memory-monitor/core';
import { expect } from 'chai';

import { LinuxProcessSource } from '#src/process-source.js';
import { provideLinux } from '#src/provide-linux.js';
import { useActors } from '../support/actors.js';
import { identityOf, stateOf, useChildren } from '../support/children.js';
import { sampleOf } from '../support/columns.js';
import { eventually } from '../support/eventually.js';
import { itWhere } from '../support/it-where.js';
import {
  firstLack,
  lacksChosenPids,
  lacksCompiler,
  lacksPerl,
  lacksPidNamespace,
  lacksRoot,
} from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';

const MB = 1024 ** 2;
const NOBODY = 65_534;

/** What the scripts that run in a PID namespace of their own begin with. */
const PRELUDE = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { LinuxProcessSource } from '#src/process-source.js';
  const source = new LinuxProcessSource('/proc', () => Number(process.env.MOST));
  const scan = () => {
    source.readMemory();
    const { count, pid, startTime, uid } = source.scan();
    return Array.from({ length: count }, (_, index) => ({ pid: pid[index], startTime: startTime[index], uid: uid[index] }));
  };
  const startTimeOf = (pid) => {
    const line = readFileSync('/proc/' + pid + '/stat', 'latin1');
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[19]);
  };
  const held = () => readdirSync('/proc/self/fd').filter((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd).endsWith('/statm'); } catch { return false; }
  }).length;
  const end = async (child) => { child.kill('SIGKILL'); await once(child, 'exit'); };`;

describe('a process whose statm is held', () => {
  const start = useChildren();
  const startActor = useActors();
  let most: number;
  let source: LinuxProcessSource;

  beforeEach(() => {
    most = 4096;
    source = new LinuxProcessSource('/proc', () => most);
  });
  afterEach(() => {
    most = 0;
    source.scan();
    expect(heldPids()).to.deep.equal([]);
  });

  const scanFor = (pid: number) => sampleOf(source.scan(), pid);
  /** Runs in a PID namespace of its own, to its end; returns what it prints. */
  const inNamespace = (body: string, held: number): unknown => {
    const [node, ...args] = nodeRunning(PRELUDE + body);
    const command = ['--pid', '--fork', '--kill-child', '--mount-proc', node, '--expose-gc', ...args];
    const { stdout, stderr } = run('unshare', command, { env: { ...process.env, MOST: String(held) } });
    expect(stderr).to.equal('');
    return JSON.parse(stdout);
  };

  it('is held until it is reaped, a zombie is without memory, and then it is not there', async () => {
    const child = start('sleep', ['1000']);
    expect(scanFor(child.pid)?.rssBytes).to.be.greaterThan(0);
    expect(heldPids()).to.include(child.pid);
    child.process.kill('SIGKILL');
    await child.ended();
    expect(scanFor(child.pid)).to.equal(undefined);
    expect(heldPids()).to.not.include(child.pid);
  });

  itWhere(lacksCompiler, 'has no memory as a zombie', async () => {
    const actor = await startActor('parent', 'of a zombie');
    const [pid = 0] = actor.pids;
    expect(scanFor(pid)?.rssBytes).to.be.greaterThan(0);
    process.kill(pid, 'SIGKILL');
    await eventually('the zombie', () => stateOf(pid) === 'Z');
    expect(scanFor(pid)?.rssBytes).to.equal(0);
    expect(heldPids()).to.include(pid);
  });

  itWhere(lacksCompiler, 'shows its memory though its first thread has ended', async () => {
    const actor = await startActor('headless', 60);
    expect(stateOf(actor.pid)).to.equal('Z');
    for (let scan = 0; scan < 3; scan += 1) {
      expect(scanFor(actor.pid)?.rssBytes).to.be.within(50 * MB, 70 * MB);
    }
    expect(heldPids()).to.include(actor.pid);
  });

  it('is the same process after an exec, with the memory that it has then', async () => {
    const child = start('sh', ['-c', 'echo up; read line; exec sleep 1000']);
    await child.firstLine();
    const before = scanFor(child.pid)!;
    expect(heldPids()).to.include(child.pid);
    child.process.stdin!.write('\n');
    await eventually('exec', () => readFileSync(`/proc/${child.pid}/comm`, 'latin1') === 'sleep\n');
    const after = scanFor(child.pid)!;
    expect(after).to.include(identityOf(child.pid));
    expect(after.startTime).to.equal(before.startTime);
    expect(after.rssBytes).to.equal(sampleOf(new LinuxProcessSource().scan(), child.pid)?.rssBytes);
    expect(heldPids()).to.include(child.pid);
  });

  itWhere(
    firstLack(lacksRoot, lacksPerl),
    'is seen at once to belong to somebody else when its memory has changed, and within 32 scans if not',
    async () => {
      const script = (memory: string): string =>
        `$| = 1; print "up\\n"; <STDIN>; ${memory} $< = ${NOBODY}; $> = ${NOBODY}; print "done\\n"; <STDIN>;`;
      const growing = start('perl', ['-e', script('$m = "x" x 100_000_000;')]);
      const steady = start('perl', ['-e', script('')]);
      for (const child of [growing, steady]) {
        await child.firstLine();
      }
      for (let scan = 0; scan < 3; scan += 1) {
        expect([growing, steady].map(({ pid }) => scanFor(pid)?.uid)).to.deep.equal([0, 0]);
      }
      for (const child of [growing, steady]) {
        child.process.stdin!.write('\n');
        await eventually('its new user', () => child.output().includes('done'));
      }
      expect(scanFor(growing.pid)?.uid).to.equal(NOBODY);
      let scans = 1;
      while (scanFor(steady.pid)?.uid !== NOBODY && scans <= 32) {
        scans += 1;
      }
      expect(scans).to.be.at.most(32);
      expect(heldPids()).to.include.members([growing.pid, steady.pid]);
    },
  );

  it('is let go of by a reload that allows none', async () => {
    const configuration = defaultConfiguration();
    const withHeld = (heldDescriptors: number): Configuration => ({
      ...configuration,
      thresholds: { ...configuration.thresholds, ramPercentThreshold: 100, checkIntervalSeconds: 0.1 },
      settings: { ...configuration.settings, heldDescriptors },
    });
    const monitor = composeMonitor({
      version: 'test',
      configuration: withHeld(5),
      platform: (services) => {
        services.provide(LOGGER, () => ({ debug() {}, info() {}, warn() {}, error() {} }));
        provideLinux(services, { stateDirectory: '' });
      },
    });
    const end = monitor.run();
    await eventually('those that are held', () => heldPids().length === 5);
    await monitor.reload(withHeld(0));
    await eventually('none that is held', () => heldPids().length === 0);
    await monitor.reload(withHeld(3));
    await eventually('fewer that are held', () => heldPids().length === 3);
    await monitor.reload(withHeld(0));
    await eventually('none that is held', () => heldPids().length === 0);
    monitor.stop('the end of the test');
    await end;
  });

  it('is held by the monitor alone, and by no program that it starts', () => {
    source.scan();
    expect(heldPids()).to.have.length.greaterThan(1);
    const { stdout } = run('sh', ['-c', 'ls -l /proc/self/fd']);
    expect(stdout).to.not.contain('statm');
  });

  itWhere(
    firstLack(lacksRoot, lacksChosenPids),
    'and whose PID is handed on at once is told from its successor, every time',
    async () => {
      const result = inNamespace(
        `
          let successions = 0;
          let mistaken = 0;
          let lost = 0;
          for (let attempt = 0; attempt < 200 && successions < 25; attempt += 1) {
            const former = spawn('/bin/sleep', ['1000']);
            await once(former, 'spawn');
            for (let count = 0; count < 3; count += 1) scan();
            await end(former);
            writeFileSync('/proc/sys/kernel/ns_last_pid', String(former.pid - 1));
            const successor = spawn('/bin/sleep', ['1000'], { uid: 65534, gid: 65534 });
            await once(successor, 'spawn');
            if (successor.pid === former.pid) {
              const found = scan().filter(({ pid }) => pid === successor.pid);
              successions += 1;
              if (found.length !== 1) lost += 1;
              else if (found[0].uid !== 65534 || found[0].startTime !== startTimeOf(successor.pid)) mistaken += 1;
            }
            await end(successor);
          }
          console.log(JSON.stringify({ successions, mistaken, lost }));`,
        4096,
      ) as { successions: number; mistaken: number; lost: number };
      expect(result.successions).to.equal(25);
      expect(result.lost).to.equal(0);
      expect(result.mistaken).to.equal(0);
    },
  );

  itWhere(
    firstLack(lacksRoot, lacksPidNamespace, lacksPerl),
    'leaves nothing behind, nor do thousands more that start and end meanwhile',
    async () => {
      const result = inNamespace(
        `
        const farm = 'my $n = 0; $SIG{TERM} = sub { print "$n\\n"; exit };' +
          'for (;;) { for (1 .. 40) { my $pid = fork; exit 0 unless $pid; $n += 1 } 1 while wait > 0 }';
        const farmer = spawn('perl', ['-e', '$| = 1;' + farm], { stdio: ['ignore', 'pipe', 'inherit'] });
        let started = '';
        farmer.stdout.on('data', (text) => { started += text; });
        let most = 0;
        let wrong = 0;
        const round = async (scans) => {
          for (let count = 0; count < scans; count += 1) {
            const samples = scan();
            most = Math.max(most, held());
            if (new Set(samples.map(({ pid }) => pid)).size !== samples.length) wrong += 1;
            await sleep(5);
          }
          gc();
          await sleep(20);
          gc();
          return process.memoryUsage().heapUsed;
        };
        await round(100);
        const before = await round(100);
        const after = await round(300);
        farmer.kill('SIGTERM');
        await once(farmer, 'exit');
        const listed = () => readdirSync('/proc').filter((name) => Number(name) > 0).map(Number);
        // Those that the farmer has left to us are reaped by nobody, as we are no init: they are zombies, and there.
        const samples = scan().map(({ pid }) => pid);
        console.log(JSON.stringify({
          started: Number(started), most, wrong, grownBytes: after - before,
          stale: samples.filter((pid) => !listed().includes(pid)).length,
          missing: listed().filter((pid) => !samples.includes(pid)).length,
          heldAtLast: held(), there: samples.length,
        }));`,
        30,
      ) as Record<
        'started' | 'most' | 'wrong' | 'grownBytes' | 'stale' | 'missing' | 'heldAtLast' | 'there',
        number
      >;
      expect(result.started).to.be.greaterThan(2000);
      expect(result.most).to.be.at.most(30);
      expect(result).to.include({ wrong: 0, stale: 0, missing: 0 });
      expect(result.heldAtLast).to.equal(Math.min(30, result.there));
      expect(result.grownBytes).to.be.lessThan(0.3 * MB);
    },
  );
});

/** Of whom this process has `statm` open. */
function heldPids(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const pid = /^\/proc\/(\d+)\/statm$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      return pid === undefined ? [] : [Number(pid)];
    } catch {
      return [];
    }
  });
}
