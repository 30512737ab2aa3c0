import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { reserveUid, type UidSources } from '#src/isolation/reserve-uid.js';
import { itWhere, lacksRoot } from '../../support/it-where.js';
import { rejection } from '../../support/rejection.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the reservation of a uid', () => {
  const parent = useTemporaryDirectory();
  const sources = (named: readonly number[] = [], candidates = [61_200, 61_201, 61_202]): UidSources => ({
    candidates: () => candidates,
    isNamed: async (uid) => await Promise.resolve(named.includes(uid)),
  });
  const reserve = async (...args: Parameters<typeof sources>): ReturnType<typeof reserveUid> =>
    await reserveUid('a', parent(), sources(...args));
  const uids = async (count: number): Promise<number[]> => {
    const reservations = await Promise.all(Array.from({ length: count }, async () => await reserve()));
    return reservations.map(({ uid }) => uid).sort((a, b) => a - b);
  };
  /** As somebody with this PID and start time has left it. */
  const leave = (uid: number, owner: string): void => {
    mkdirSync(join(parent(), String(uid)));
    writeFileSync(join(parent(), String(uid), 'owner'), owner);
    writeFileSync(join(parent(), String(uid), 'code.mjs'), '');
  };
  /** The PID of a process that is gone. */
  const goneProcess = async (): Promise<number> => {
    const child = spawn('true');
    await once(child, 'exit');
    return child.pid ?? 0;
  };

  itWhere(lacksRoot, 'gives each its own, also to many at once', async () => {
    expect(await uids(3)).to.deep.equal([61_200, 61_201, 61_202]);
    expect(await rejection('MM_ERR_PLUGIN_ISOLATED', () => reserve())).to.equal(
      'There is no user left for an isolated plugin to run as: every uid from 61184 to 65519 is taken; isolate fewer plugins.',
    );
  });

  itWhere(lacksRoot, 'passes by whom the system knows, a directory server among them', async () => {
    expect((await reserve([61_200, 61_201])).uid).to.equal(61_202);
  });

  itWhere(lacksRoot, 'comes with a directory that its user may pass through, and nobody else', async () => {
    const before = process.umask(0o077);
    try {
      const { directory } = await reserve();
      const { uid, gid, mode } = statSync(directory);
      expect([uid, gid, mode & 0o7777]).to.deep.equal([0, 61_200, 0o710]);
      expect(statSync(join(directory, 'owner')).mode & 0o7777).to.equal(0o600);
    } finally {
      process.umask(before);
    }
  });

  itWhere(lacksRoot, 'is given back, with all that is in the directory', async () => {
    const reservation = await reserve();
    writeFileSync(join(reservation.directory, 'code.mjs'), '');
    reservation.release();
    reservation.release();
    expect(readdirSync(parent())).to.deep.equal([]);
    expect((await reserve()).uid).to.equal(61_200);
  });

  itWhere(lacksRoot, 'of a monitor that has ended without that does not count any more', async () => {
    leave(61_200, `${await goneProcess()} 17\n`);
    leave(61_201, `${process.pid} 17\n`);
    expect(await uids(2)).to.deep.equal([61_200, 61_201]);
    for (const uid of ['61200', '61201']) {
      expect(readdirSync(join(parent(), uid))).to.deep.equal(['owner']);
    }
    expect(readdirSync(parent()).sort()).to.deep.equal(['61200', '61201']);
  });

  itWhere(lacksRoot, 'of a monitor that runs counts, be it another one', async () => {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'latin1');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    leave(61_200, `${process.ppid} ${startTime}\n`);
    expect((await reserve()).uid).to.equal(61_201);
    expect(readdirSync(join(parent(), '61200')).sort()).to.deep.equal(['code.mjs', 'owner']);
  });

  itWhere(lacksRoot, 'takes nothing away that nobody has signed', async () => {
    mkdirSync(join(parent(), '61200'));
    writeFileSync(join(parent(), '61200', 'something'), '');
    writeFileSync(join(parent(), '61201'), '');
    expect((await reserve()).uid).to.equal(61_202);
    expect(readdirSync(parent()).sort()).to.deep.equal(['61200', '61201', '61202']);
  });

  itWhere(lacksRoot, 'fails where nothing can be made', async () => {
    chmodSync(parent(), 0o711);
    let failure: unknown;
    await reserveUid('a', join(parent(), 'missing'), sources()).catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.have.property('code', 'ENOENT');
  });
});
