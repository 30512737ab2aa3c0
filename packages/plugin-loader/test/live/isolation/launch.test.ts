import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { ToChild } from '@memory-monitor/core';
import { expect } from 'chai';

import { findSetpriv } from '#src/isolation/find-setpriv.js';
import { frame } from '#src/isolation/frames.js';
import { freeUids } from '#src/isolation/own-uid.js';
import { eventually } from '../../support/eventually.js';
import { processesOf } from '../../support/isolated-processes.js';
import { itWhere, lacksIsolation, lacksOtherUsers, lacksRoot, lacksSetpriv } from '../../support/it-where.js';
import { launch as launchEntry, useLaunch } from '../../support/launched.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const LOOP = fileURLToPath(new URL('../../fixtures/launch-loop.js', import.meta.url));
const FIXTURE = fileURLToPath(new URL('../../fixtures/launch-in-want.js', import.meta.url));
// The second is for what leaves zombies, which count as processes until PID 1 has reaped them.
const [FREE_UID = 0, BREEDERS_UID = 0] = freeUids('a plugin under test');
/** What a shell adds to an empty environment, and what Node hands on to measure coverage. */
const OF_THE_SHELL = ['PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_V8_COVERAGE'];

/** Starts two processes, of which one leaves the group, and tells both. */
const BREED = `
  const breed = (detached) => spawn('sleep', ['1000'], { detached, stdio: 'inherit' }).pid;
  tell('bred', { pids: [breed(false), breed(true)] });
`;

describe('the process of an isolated plugin', () => {
  const launch = useLaunch();
  const directory = useTemporaryDirectory();

  /** Of a process that is there and no zombie. */
  const isRunning = (pid: number): boolean => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
    } catch {
      return false;
    }
  };
  const isGone = async (pid: number): Promise<void> => {
    await eventually(`the end of PID ${pid}`, () => !isRunning(pid));
  };
  const limitOf = (limits: unknown, name: string): string[] =>
    (new RegExp(`^${name} +(\\S+) +(\\S+)`, 'm').exec(String(limits)) ?? []).slice(1);
  const fieldOf = (status: unknown, name: string): string | undefined =>
    new RegExp(`^${name}:\\t(.*)$`, 'm').exec(String(status))?.[1];
  /** What comes of it in a process of its own. */
  const outcome = (command: string, ...args: readonly string[]): string[] => {
    const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
    return stdout.trim().split('\n');
  };

  describe('surroundings', () => {
    const ABOUT = `
      tell('about', {
        environment: process.env,
        directory: process.cwd(),
        ids: [process.getuid(), process.geteuid(), process.getgid(), process.getegid()],
        groups: process.getgroups(),
        oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'latin1')),
        limits: readFileSync('/proc/self/limits', 'latin1'),
        stat: readFileSync('/proc/self/stat', 'latin1'),
        status: readFileSync('/proc/self/status', 'latin1'),
        input: readFileSync(0, 'latin1'),
      });
      stay();
    `;

    it('are an empty environment, the root directory, and nothing to read', async () => {
      process.env['A_SECRET_OF_THE_MONITOR'] = 'yes';
      try {
        const { environment, directory, input } = await launch(ABOUT).told('about');
        expect(
          Object.keys(environment as object).filter((name) => !OF_THE_SHELL.includes(name)),
        ).to.deep.equal([]);
        expect([directory, input]).to.deep.equal(['/', '']);
      } finally {
        delete process.env['A_SECRET_OF_THE_MONITOR'];
      }
    });

    it('have the kernel take it first when memory runs out, and leave no core file', async () => {
      const { oomScoreAdj, limits } = await launch(ABOUT).told('about');
      expect(oomScoreAdj).to.equal(1000);
      expect(limitOf(limits, 'Max core file size')).to.deep.equal(['0', '0']);
    });

    it('are a process group and a session of its own', async () => {
      const { process: child, told } = launch(ABOUT);
      const fields = String((await told('about'))['stat'])
        .replace(/^.*\) /, '')
        .split(' ');
      const [, , group, session] = fields.map(Number);
      expect([group, session]).to.deep.equal([child.pid, child.pid]);
    });

    it('have no limit of processes where it shares its user: others of that user would count', async () => {
      const { limits } = await launch(ABOUT).told('about');
      const own = readFileSync('/proc/self/limits', 'latin1');
      expect(limitOf(limits, 'Max processes')).to.deep.equal(limitOf(own, 'Max processes'));
    });

    for (const [by, lack, setpriv] of [
      ['by setpriv', lacksSetpriv, findSetpriv()],
      ['where there is no setpriv', lacksOtherUsers, 'none'],
    ] as const) {
      itWhere(lack, `are a user and a group of its own alone, and no capability, ${by}`, async () => {
        const { ids, groups, limits, oomScoreAdj, status } = await launch(ABOUT, FREE_UID, setpriv).told(
          'about',
        );
        expect(ids).to.deep.equal([FREE_UID, FREE_UID, FREE_UID, FREE_UID]);
        expect(groups).to.deep.equal([FREE_UID]);
        expect(limitOf(limits, 'Max processes')).to.deep.equal(['20', '20']);
        expect(limitOf(limits, 'Max open files')).to.deep.equal(['256', '256']);
        expect(oomScoreAdj).to.equal(1000);
        const sets = ['Uid', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((name) => fieldOf(status, name));
        expect(sets).to.deep.equal([
          [FREE_UID, FREE_UID, FREE_UID, FREE_UID].join('\t'),
          ...Array.from({ length: 4 }, () => '0'.repeat(16)),
        ]);
      });
    }

    itWhere(lacksSetpriv, 'let no program give it privileges', async () => {
      const { status } = await launch(ABOUT, FREE_UID).told('about');
      expect(fieldOf(status, 'NoNewPrivs')).to.equal('1');
    });

    itWhere(lacksSetpriv, 'are the same within the privileges of the service', async () => {
      const drop = '--bounding-set=-all,+kill,+sys_ptrace,+dac_override,+chown,+setuid,+setgid';
      const lines = outcome('setpriv', '--no-new-privs', drop, process.execPath, FIXTURE, String(FREE_UID));
      expect(lines).to.deep.equal(['ready', 'ended: it exited with code 1']);
      await Promise.resolve();
    });

    itWhere(lacksOtherUsers, 'do not let it lift its limits', async () => {
      const script = `
        const sh = spawn('/bin/sh', ['-c', 'ulimit -d unlimited; ulimit -c 1; ulimit -d; ulimit -c']);
        let output = '';
        sh.stdout.on('data', (chunk) => { output += chunk; });
        sh.on('close', () => tell('tried', { output }));
      `;
      const { output } = await launch(script, FREE_UID).told('tried');
      expect(output).to.match(/^\d+\n0\n$/);
    });
  });

  describe('memory', () => {
    it('is limited by the kernel for buffers too, which Node itself does not limit', async () => {
      const script = `
        const allocate = (megabytes) => {
          try {
            return Buffer.allocUnsafeSlow(megabytes << 20).length >> 20;
          } catch (error) {
            return error.message;
          }
        };
        tell('allocated', { results: [32, 1024].map(allocate) });
        stay();
      `;
      const { results } = await launch(script).told('allocated');
      expect(results).to.deep.equal([32, 'Array buffer allocation failed']);
    });

    it('that runs out is told as that: of the heap, and of buffers that nobody has caught', async () => {
      const leaks = [
        'const all = []; for (;;) all.push(new Array(1000).fill(all.length));',
        'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));',
      ];
      const ends = await Promise.all(leaks.map(async (leak) => await launch(leak).exited()));
      expect(ends).to.deep.equal(leaks.map(() => 'it ran out of the memory that it may have'));
    });
  });

  describe('end', () => {
    const ends: Record<string, readonly [string, string]> = {
      'an exit code': ['process.exit(3);', 'it exited with code 3'],
      'an exit without anything left to do': ['link.unref();', 'it exited with code 0'],
      'an error that nobody caught': ["throw new Error('a bug');", 'it exited with code 1'],
      'a signal': ["process.kill(process.pid, 'SIGTERM'); stay();", 'it was ended by SIGTERM'],
      'a kill by somebody else': [
        "process.kill(process.pid, 'SIGKILL'); stay();",
        'it was killed (SIGKILL), as the kernel does when memory runs out',
      ],
      'its last words, however late they come': [
        "process.stderr.write('FATAL: heap out of memory', () => process.abort());",
        'it ran out of the memory that it may have',
      ],
    };
    for (const [what, [script, how]] of Object.entries(ends)) {
      it(`is told once, in words: ${what}`, async () => {
        const { exited, exits, process: child } = launch(script);
        expect(await exited()).to.equal(how);
        child.end();
        child.send({ type: 'start', sequence: 1 });
        await isGone(child.pid ?? 0);
        expect(exits).to.have.length(1);
      });
    }

    it('of a process whose module is not there is an exit, with the reason printed', async () => {
      const { exited, texts } = launchEntry('/nonexistent/entry.mjs');
      expect(await exited()).to.equal('it exited with code 1');
      expect(texts().join('\n')).to.include("Cannot find module '/nonexistent/entry.mjs'");
    });

    it('comes when it is wanted, although it would not listen', async () => {
      const {
        process: child,
        told,
        exited,
      } = launch(`
        for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
        tell('deaf', {});
        setTimeout(() => { for (;;); }, 10);
      `);
      await told('deaf');
      child.end();
      expect(await exited()).to.match(/SIGKILL/);
    });

    it('takes with it what it has started', async () => {
      const { process: child, told, exited } = launch(`${BREED}; stay();`);
      const [inGroup = 0, left = 0] = (await told('bred'))['pids'] as number[];
      try {
        child.end();
        await exited();
        await isGone(inGroup);
      } finally {
        process.kill(left, 'SIGKILL');
      }
    });

    itWhere(lacksOtherUsers, 'takes with it what has left its group and its session too', async () => {
      for (const script of [`${BREED}; stay();`, `${BREED}; setTimeout(() => process.exit(0), 10);`]) {
        const { process: child, told, exited } = launch(script, FREE_UID);
        const pids = (await told('bred'))['pids'] as number[];
        expect(pids.every((pid) => pid > 0)).to.equal(true);
        if (script.includes('stay')) {
          child.end();
        }
        await exited();
        await Promise.all(pids.map(isGone));
      }
    });

    itWhere(
      lacksOtherUsers,
      'takes with it a chain of processes, each gone once it has started the next',
      async () => {
        chownSync(directory(), BREEDERS_UID, BREEDERS_UID);
        const sign = join(directory(), 'alive');
        const chain = `f() { : >"${sign}"; f & exit; }; f`;
        const { told, exited } = launch(
          `spawn('/bin/sh', ['-c', ${JSON.stringify(chain)}], { detached: true, stdio: 'ignore' });
        setTimeout(() => { tell('bred'); setTimeout(() => process.exit(0), 10); }, 100);`,
          BREEDERS_UID,
        );
        await told('bred');
        expect(existsSync(sign)).to.equal(true);
        expect(await exited()).to.equal('it exited with code 0');
        rmSync(sign);
        await sleep(100);
        expect(existsSync(sign)).to.equal(false);
      },
    );

    itWhere(lacksOtherUsers, 'is told when nothing of it runs any more', async () => {
      const { process: child, told, exited } = launch(`${BREED}; stay();`, FREE_UID);
      await told('bred');
      expect(processesOf(FREE_UID)).to.have.length(3);
      child.end();
      await exited();
      expect(processesOf(FREE_UID)).to.deep.equal([]);
    });

    itWhere(lacksOtherUsers, 'leaves alone who has had the same uid before', async () => {
      const somebody = spawn('sleep', ['1000'], { uid: FREE_UID, gid: FREE_UID, stdio: 'ignore' });
      try {
        // Start times are counted in hundredths of a second.
        await sleep(50);
        const { told, exited } = launch(`${BREED}; setTimeout(() => process.exit(0), 10);`, FREE_UID);
        await told('bred');
        await exited();
        expect(processesOf(FREE_UID)).to.deep.equal([somebody.pid]);
      } finally {
        somebody.kill('SIGKILL');
      }
    });

    itWhere(
      lacksSetpriv ?? lacksIsolation,
      'comes with the end of the monitor, however that ends, and whatever it does',
      async () => {
        const monitor = spawn(process.execPath, [LOOP, String(FREE_UID)]);
        try {
          await once(monitor.stdout, 'data');
          expect(processesOf(FREE_UID)).to.have.length(1);
          monitor.kill('SIGKILL');
          await eventually('its end', () => processesOf(FREE_UID).length === 0);
        } finally {
          monitor.kill('SIGKILL');
        }
      },
    );

    it('leaves nothing open in the monitor, although what it has started lives on and holds its output', async () => {
      const descriptors = (): number => readdirSync('/proc/self/fd').length;
      const before = descriptors();
      const { told, exited } = launch(`${BREED}; setTimeout(() => process.exit(0), 10);`);
      const [, left = 0] = (await told('bred'))['pids'] as number[];
      try {
        await exited();
        await eventually('as many descriptors as before', () => descriptors() <= before);
        expect(isRunning(left)).to.equal(true);
      } finally {
        process.kill(left, 'SIGKILL');
      }
    });

    it('leaves its PID to whoever gets it next: nobody is ended by it any more', async () => {
      const { process: child, exited } = launch('process.exit(0);');
      await exited();
      const signalled: unknown[] = [];
      const kill = Object.getOwnPropertyDescriptor(process, 'kill') ?? {};
      Object.defineProperty(process, 'kill', { ...kill, value: (pid: number) => signalled.push(pid) });
      try {
        child.end();
      } finally {
        Object.defineProperty(process, 'kill', kill);
      }
      expect(signalled).to.deep.equal([]);
    });
  });

  describe('link', () => {
    it('brings messages as they are sent, whatever pieces they come in', async () => {
      const { exited, messages } = launch(`
        link.write('{"type":"taken","seq');
        setTimeout(() => {
          link.write('uence":1}\\n{"type":"answer","id":1,"answer":"日本"}\\n{"type":"disposed"}\\n', () => process.exit(0));
        }, 20);
      `);
      await exited();
      expect(messages).to.deep.equal([
        { type: 'taken', sequence: 1 },
        { type: 'answer', id: 1, answer: '日本' },
        { type: 'disposed' },
      ]);
    });

    const breaches: Record<string, string> = {
      'is no JSON': "link.write('nonsense\\n');",
      'is no message': 'link.write(\'{"type":"fire"}\\n\');',
      'is nothing': "link.write('\\n');",
      'is no text': 'link.write(Buffer.of(0xff, 0xfe, 0x00, 0x0a));',
      'never ends': "const more = () => link.write('x'.repeat(65536), more); more();",
      'is too long': `link.write(JSON.stringify({ type: 'log', level: 'info', fields: {}, message: 'x'.repeat(300000) }) + '\\n');`,
    };
    for (const [what, script] of Object.entries(breaches)) {
      it(`ends it where what comes ${what}`, async () => {
        const { exited, exits, messages } = launch(`${script}\nstay();`);
        expect(await exited()).to.equal('it does not keep to the protocol');
        expect(exits).to.have.length(1);
        expect(messages).to.deep.equal([]);
      });
    }

    it('brings nothing that comes after a breach', async () => {
      const { exited, messages } = launch(`
        link.write('{"type":"disposed"}\\nnonsense\\n{"type":"taken","sequence":1}\\n');
        stay();
      `);
      expect(await exited()).to.equal('it does not keep to the protocol');
      expect(messages).to.deep.equal([{ type: 'disposed' }]);
    });

    it('brings large answers in time: a thousand detections, of eight hooks at once', async () => {
      const { exited, messages } = launch(`
        const answer = Array.from({ length: 1000 }, (_, pid) => ({ pid, reason: 'x'.repeat(200) }));
        for (let id = 1; id <= 8; id += 1) link.write(JSON.stringify({ type: 'answer', id, answer }) + '\\n');
        link.end('', () => process.exit(0));
      `);
      expect(await exited()).to.equal('it exited with code 0');
      expect(messages).to.have.length(8);
    });

    const floods: Record<string, string> = {
      'sends, be each a message that is right': `link.write('{"type":"taken","sequence":1,"x":"' + 'x'.repeat(60000) + '"}\\n', again)`,
      prints: "process.stdout.write('x'.repeat(65536), again)",
      'prints as errors': "process.stderr.write('x\\n'.repeat(2000), again)",
    };
    for (const [what, write] of Object.entries(floods)) {
      it(`ends it where there is too much of what it ${what}`, async () => {
        const { exited } = launch(`const again = () => ${write}; again();`);
        expect(await exited()).to.equal('it sent or printed more than 2.5 MB in a second');
      });
    }

    it('may be closed by it, which is no end and no error of the monitor', async () => {
      const {
        process: child,
        told,
        exits,
      } = launch(`
        link.end();
        link.on('close', () => console.log('closed'));
        stay();
      `);
      await told('closed');
      child.send({ type: 'start', sequence: 1 });
      expect(exits).to.deep.equal([]);
    });

    const LARGE: ToChild = { type: 'event', event: 'scan', payload: 'x'.repeat(100_000), sequence: 1 };

    it('brings over all that it is sent, however much', async () => {
      const bytes = 50 * frame(LARGE).length;
      const { process: child, told } = launch(`
        let bytes = 0;
        link.on('data', (chunk) => {
          bytes += chunk.length;
          if (bytes === ${bytes}) tell('all', {});
        });
      `);
      for (let sent = 0; sent < 50; sent += 1) {
        child.send(LARGE);
      }
      await told('all');
      expect(child.backlogBytes).to.equal(0);
    });

    it('says how much it has not taken yet', async () => {
      const { process: child, told } = launch("tell('ready'); stay();");
      await told('ready');
      for (let sent = 0; sent < 50; sent += 1) {
        child.send(LARGE);
      }
      // The kernel keeps some of it.
      expect(child.backlogBytes).to.be.above(2_000_000);
      const before = child.backlogBytes;
      child.send(LARGE);
      expect(child.backlogBytes).to.be.above(before);
    });
  });

  describe('output', () => {
    it('is logged line by line: standard output as information, standard error as a warning', async () => {
      const { exited, messages } = launch(
        `
        console.log('one\\ntwo');
        console.log('');
        console.error('Größe');
        process.stdout.write('no end');
      `.replace(/$/, 'link.unref();'),
      );
      await exited();
      const lines = messages.map((message) =>
        message.type === 'log' ? [message.level, message.message] : [],
      );
      expect(lines).to.have.deep.members([
        ['info', 'one'],
        ['info', 'two'],
        ['warn', 'Größe'],
      ]);
    });

    it('can not forge, hide or colour a line', async () => {
      const { exited, texts } = launch(String.raw`
        console.error('\x1b[2Jall is well\r2026\u2028INFO');
        link.unref();
      `);
      await exited();
      expect(texts()).to.deep.equal([String.raw`\x1b[2Jall is well\x0d2026\u2028INFO`]);
    });

    it('is not shown any more after a line that is far too long, which is told', async () => {
      const { exited, texts } = launch(`
        console.log('before');
        console.log('x'.repeat(5000));
        console.log('after');
        console.error('still heard');
        link.unref();
      `);
      await exited();
      expect(texts()).to.have.members([
        'before',
        '(a line of more than 4096 characters; what is printed after it is not shown)',
        'still heard',
      ]);
    });
  });

  describe('that can not be started', () => {
    const SENTENCE =
      'the monitor may not start a process as another user; in the service, run "memory-monitor install" again, which gives it CAP_SETUID and CAP_SETGID';

    for (const [by, without, told] of [
      ['by setpriv', [], `ended: ${SENTENCE}`],
      [
        'where there is no setpriv',
        ['', 'without'],
        `MonitorError: The process of an isolated plugin can not be started: ${SENTENCE}.`,
      ],
    ] as const) {
      itWhere(lacksSetpriv, `as another user is one sentence, with what to do, ${by}`, async () => {
        for (const lack of ['-setuid,-setgid', '-setuid', '-setgid', '-all']) {
          const command = [`--bounding-set=${lack}`, process.execPath, FIXTURE, String(FREE_UID), ...without];
          expect(outcome('setpriv', ...command), lack).to.deep.equal(['ready', told]);
        }
        await Promise.resolve();
      });
    }

    itWhere(
      lacksRoot,
      'for want of descriptors is one sentence, and no error that nobody catches',
      async () => {
        const uid = String(FREE_UID);
        for (const left of ['0', '1', '3', '6']) {
          const lines = outcome(
            '/bin/sh',
            '-c',
            'ulimit -n 200; exec "$@"',
            'sh',
            process.execPath,
            FIXTURE,
            uid,
            left,
          );
          expect(lines, left).to.have.length(2);
          expect(lines[1]).to.match(
            /^MonitorError: The process of an isolated plugin can not be started: .*too many open files/,
          );
        }
        await Promise.resolve();
      },
    );
  });
});
