import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { limitedShell } from '#src/isolation/command.js';
import { findSetpriv } from '#src/isolation/find-setpriv.js';
import { freeUids } from '#src/isolation/own-uid.js';
import { itWhere, lacksOtherUsers, lacksSetpriv, SOMEBODY } from '../../support/it-where.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const [FREE_UID = 0] = freeUids('a plugin of a monitor that is not root');
const CAPABILITIES = '+kill,+sys_ptrace,+setuid,+setgid,+chown';

describe('a plugin’s process of a monitor with a user of its own', () => {
  const directory = useTemporaryDirectory();

  itWhere(lacksOtherUsers ?? lacksSetpriv, 'has none of the capabilities that the monitor has', async () => {
    const entry = join(directory(), 'entry.mjs');
    chmodSync(directory(), 0o711);
    writeFileSync(
      entry,
      "import { readFileSync } from 'node:fs'; console.log(readFileSync('/proc/self/status', 'latin1'));",
      { mode: 0o644 },
    );
    const asMonitor = [
      `--reuid=${SOMEBODY}`,
      `--regid=${SOMEBODY}`,
      '--clear-groups',
      '--no-new-privs',
      `--inh-caps=-all,${CAPABILITIES}`,
      `--ambient-caps=${CAPABILITIES}`,
    ];
    const shell = limitedShell({ entry, uid: FREE_UID, setpriv: findSetpriv() });
    const { stdout, stderr } = await promisify(execFile)('setpriv', [...asMonitor, '/bin/sh', ...shell]);
    const sets = ['Uid', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map(
      (name) => new RegExp(`^${name}:\\t(\\w+)`, 'm').exec(stdout)?.[1],
    );
    expect(sets, stderr).to.deep.equal([
      String(FREE_UID),
      ...Array.from({ length: 4 }, () => '0'.repeat(16)),
    ]);
  });
});
