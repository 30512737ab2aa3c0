import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { SystemClock } from '#src/system-clock.js';
import { askDatabase } from '#src/users/getent.js';
import { SystemUsers } from '#src/users/system-users.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksMount, lacksRoot } from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const UNKNOWN_ID = 3_999_999_999;
const lacksOtherMachine = firstLack(lacksRoot, lacksMount);

describe("the system's user database", () => {
  const directory = useTemporaryDirectory();

  it('knows root, and does not know everybody', async () => {
    const users = new SystemUsers(new SystemClock());
    await users.resolve(
      { uids: [0, UNKNOWN_ID], gids: [0, UNKNOWN_ID], names: ['root', 'no-such-user'] },
      5000,
    );
    expect(users.userName(0)).to.equal('root');
    expect(users.groupName(0)).to.equal('root');
    expect(users.userName(UNKNOWN_ID)).to.equal(String(UNKNOWN_ID));
    expect(users.groupName(UNKNOWN_ID)).to.equal(String(UNKNOWN_ID));
    expect(users.uidOf('root')).to.deep.equal({ state: 'found', uid: 0 });
    expect(users.uidOf('no-such-user')).to.deep.equal({ state: 'absent' });
  });

  it('knows the groups of root, and what they are called', async () => {
    const users = new SystemUsers(new SystemClock());
    await users.resolve({ memberships: [0, UNKNOWN_ID], groupNames: ['root', 'no-such-group'] }, 5000);
    expect(users.gidsOf(0)).to.include(0);
    expect(users.gidsOf(UNKNOWN_ID)).to.deep.equal([]);
    expect(users.gidOf('root')).to.deep.equal({ state: 'found', gid: 0 });
    expect(users.gidOf('no-such-group')).to.deep.equal({ state: 'absent' });
  });

  it('knows every user of /etc/passwd', async () => {
    for (const line of readFileSync('/etc/passwd', 'utf8').trim().split('\n').slice(0, 5)) {
      const [name = '', , uid = ''] = line.split(':');
      expect(await askDatabase('passwd', name, 5000)).to.deep.equal({ name, id: Number(uid) });
    }
  });

  it('is not confused by names that look like options, or hold what no name can', async () => {
    for (const name of ['--help', '-s', '', 'a:b', 'root\nroot', '../etc', 'ro\0ot', 'x'.repeat(5000)]) {
      expect(await askDatabase('passwd', name, 5000), JSON.stringify(name)).to.be.oneOf([
        'absent',
        'unanswered',
      ]);
    }
  });

  /** Asks in a mount namespace of its own, after `prepare` has changed the machine there. */
  const askAfter = (prepare: string, deadlineMs: number): unknown => {
    const script = `
      import { spawnSync } from 'node:child_process';
      import { SystemClock } from '#src/system-clock.js';
import { askDatabase } from '#src/users/getent.js';
import { SystemUsers } from '#src/users/system-users.js';
      spawnSync('sh', ['-c', process.argv[1]], { stdio: 'inherit' });
      const beganMs = performance.now();
      const answers = [];
      for (const [database, key] of [['passwd', 'root'], ['passwd', '0'], ['group', '0'], ['passwd', 'no-such']]) {
        answers.push(await askDatabase(database, key, ${deadlineMs}));
      }
      console.log(JSON.stringify({ answers, tookMs: performance.now() - beganMs }));`;
    const command = [...nodeRunning(script), prepare];
    const { stdout, stderr } = run('unshare', ['--mount', ...command], { timeout: 15_000 });
    expect(stderr).to.equal('');
    return JSON.parse(stdout);
  };
  const ROOT = { name: 'root', id: 0 };

  itWhere(lacksOtherMachine, 'is /etc/passwd and /etc/group where there is no getent', async () => {
    // An empty directory over each of those where it is looked for.
    const prepare =
      'mount -t tmpfs tmpfs /usr/sbin; mount -t tmpfs tmpfs /sbin; mount -t tmpfs tmpfs "$(dirname "$(command -v getent)")"';
    expect(askAfter(prepare, 5000))
      .to.have.property('answers')
      .that.deep.equals([ROOT, ROOT, ROOT, 'absent']);
  });

  const replaceGetent = (script: string): string => {
    const path = join(directory(), 'getent');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return `mount --bind ${path} "$(command -v getent)"`;
  };

  itWhere(
    lacksOtherMachine,
    'gives no answer by the deadline if it hangs, but of those who stand in a file that comes first',
    async () => {
      const { answers, tookMs } = askAfter(replaceGetent('exec sleep 1000'), 200) as {
        answers: unknown;
        tookMs: number;
      };
      expect(answers).to.deep.equal([ROOT, ROOT, ROOT, 'unanswered']);
      expect(tookMs).to.be.within(195, 5000);
    },
  );

  itWhere(lacksOtherMachine, 'gives no answer if it fails, of those who stand in no file', async () => {
    expect(askAfter(replaceGetent('exit 1'), 5000))
      .to.have.property('answers')
      .that.deep.equals([ROOT, ROOT, ROOT, 'unanswered']);
  });

  describe('with a directory server', () => {
    /** A getent that knows root and a group of the files, and two of the directory's as long as that is `up`. */
    const withDirectory = async (body: string): Promise<unknown> => {
      const state = join(directory(), 'up');
      const getent = replaceGetent(`
        if [ "$1" = -s ]; then [ "$2" = sss ] || exit 3; only=1; shift 2; fi
        shift; database=$1; shift; code=0
        for key; do
          case "$database $key" in
            "passwd root"|"group root") [ -n "$only" ] && code=2 || echo root:x:0:0::: ;;
            "passwd alice"|"passwd 70001") [ -e ${state} ] && echo alice:x:70001:70001::: || code=2 ;;
            "group students") [ -e ${state} ] && echo students:x:70002: || code=2 ;;
            *) code=2 ;;
          esac
        done
        exit $code`);
      writeFileSync(join(directory(), 'nsswitch.conf'), 'passwd: files systemd sss\ngroup: files sss\n');
      const prepare = `${getent}; mount --bind ${directory()}/nsswitch.conf /etc/nsswitch.conf; touch ${state}`;
      const script = `
        import { spawnSync } from 'node:child_process';
        import { rmSync, writeFileSync } from 'node:fs';
        import { FakeClock } from '@memory-monitor/core/testing';
        import { SystemUsers } from '#src/users/system-users.js';
        spawnSync('sh', ['-c', process.argv[1]], { stdio: 'inherit' });
        const setUp = (isUp) => isUp ? writeFileSync('${state}', '') : rmSync('${state}');
        // Deadlines of the class never pass: the programs end by themselves.
        const clock = new FakeClock();
        const users = new SystemUsers(clock);
        const ask = async (name) => {
          await users.resolve({ names: [name] }, 5000);
          await users.resolve({ groupNames: [name] }, 5000);
          return [users.uidOf(name).state, users.gidOf(name).state];
        };
        const answers = [];
        ${body}
        console.log(JSON.stringify(answers));`;
      const { stdout, stderr } = run('unshare', ['--mount', ...nodeRunning(script), prepare], {
        timeout: 15_000,
      });
      expect(stderr).to.equal('');
      return await Promise.resolve(JSON.parse(stdout));
    };

    itWhere(
      lacksOtherMachine,
      'does not know a name that is in no file while it has proven nothing',
      async () => {
        const body = "answers.push(await ask('root'), await ask('nobody-here'));";
        expect(await withDirectory(body)).to.deep.equal([
          ['found', 'found'],
          ['unanswered', 'unanswered'],
        ]);
      },
    );

    itWhere(lacksOtherMachine, 'takes a name for absent once it answers for others', async () => {
      const body = "answers.push(await ask('alice'), await ask('nobody-here'));";
      expect(await withDirectory(body)).to.deep.equal([
        ['found', 'absent'],
        ['absent', 'absent'],
      ]);
    });

    itWhere(
      lacksOtherMachine,
      'takes nobody for absent while it is away, and knows whom it knew',
      async () => {
        const body = `
        answers.push(await ask('alice'));
        setUp(false);
        await clock.advance(61_000);
        answers.push(await ask('somebody'));
        await clock.advance(600_000);
        await ask('alice');
        await new Promise((resolve) => setTimeout(resolve, 500));
        answers.push(await ask('alice'));
        setUp(true);
        await clock.advance(31_000);
        answers.push(await ask('somebody'));`;
        expect(await withDirectory(body)).to.deep.equal([
          ['found', 'absent'],
          ['unanswered', 'unanswered'],
          ['found', 'absent'],
          ['absent', 'absent'],
        ]);
      },
    );
  });
});
