import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { PidList } from '#src/scan/pid-list.js';
import { itWhere } from '../support/it-where.js';
import { lacksKoffi } from '../support/lacks.js';
import { IN_MEMORY, useTemporaryDirectory } from '../support/temporary-directory.js';

const NO_PIDS = ['0', '007', '1e3', '-5', '+7', '12 ', '1.0', '99999999', 'self', 'x1', '1x', '٣'];
const PIDS = [1, 7, 42, 300, 4_194_303, 9_999_999];

describe('the list of PIDs', () => {
  const directory = useTemporaryDirectory(IN_MEMORY);

  const listed = (list: PidList): number[] => {
    list.read();
    return [...list.pids.subarray(0, list.count)].sort((a, b) => a - b);
  };
  const fill = (): void => {
    for (const name of [...NO_PIDS, ...PIDS.map(String)]) {
      mkdirSync(join(directory(), name));
    }
    writeFileSync(join(directory(), 'stat'), '');
  };

  it('has what is a PID, and nothing else', () => {
    fill();
    expect(listed(new PidList(directory()))).to.deep.equal(PIDS);
  });

  itWhere(lacksKoffi, 'has the same by the kernel’s own call', async () => {
    fill();
    const list = new PidList(directory());
    expect(await list.ready()).to.equal(true);
    expect(listed(list)).to.deep.equal(PIDS);
  });

  itWhere(lacksKoffi, 'has the same of very many, time and again', async () => {
    const pids = Array.from({ length: 9000 }, (_, index) => index * 101 + 1);
    for (const pid of pids) {
      mkdirSync(join(directory(), String(pid)));
    }
    const list = new PidList(directory());
    expect(listed(list)).to.deep.equal(pids);
    await list.ready();
    expect(listed(list)).to.deep.equal(pids);
    expect(listed(list)).to.deep.equal(pids);
  });

  itWhere(lacksKoffi, 'fails by either way where there is no such directory', async () => {
    const list = new PidList(join(directory(), 'absent'));
    expect(() => {
      list.read();
    }).to.throw('ENOENT');
    await list.ready();
    expect(() => {
      list.read();
    }).to.throw('ENOENT');
  });
});
