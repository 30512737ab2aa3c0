import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import { runCommand } from './support/run-command.js';

const MOST_MS = 60_000;
const TIMEOUT_MS = 180_000;

/** Runs npm in a directory; throws what it has said if that failed. */
function npm(directory: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`npm ${args.join(' ')} failed: ${stdout}${stderr}`);
  }
  return stdout;
}

describe('memory-monitor plugin new', function () {
  this.timeout(TIMEOUT_MS);

  inNamespace(
    'writes a plugin whose test passes, and which a running monitor obeys, in a minute',
    async (ns) => {
      const directory = ns.path('spare-hogs');
      const beganMs = Date.now();
      const written = await runCommand(['plugin', 'new', 'spare-hogs', '--directory', directory]);
      expect(written.stderr).to.equal('');
      expect(written.code).to.equal(0);
      npm(directory, 'install', '--no-audit', '--no-fund', '--prefer-offline');
      expect(npm(directory, 'test')).to.match(/pass 3$/m);
      const checked = await runCommand(['check', '--config', join(directory, 'config.toml')]);
      expect(checked.stdout).to.include('a dry run').and.to.include('1 plugin');
      const victim = await ns.hog();
      const plugin = { use: join(directory, 'src/index.ts'), config: { names: ['node'], minutes: 10 } };
      const monitor = await ns.monitor({ config: { plugins: [plugin] } });
      const decision = await monitor.told('decision', ({ pid }) => pid === victim.pid);
      expect(decision).to.include({ action: 'warn' });
      expect(Date.now() - beganMs).to.be.lessThan(MOST_MS);
      expect(victim.isAlive).to.equal(true);
    },
  );

  inNamespace('writes over nothing', async (ns) => {
    const directory = ns.path('taken');
    mkdirSync(directory);
    writeFileSync(join(directory, 'mine'), '');
    const { code, stderr } = await runCommand(['plugin', 'new', 'taken', '--directory', directory]);
    expect({ code, stderr }).to.deep.equal({
      code: 64,
      stderr: `memory-monitor: ${directory} is not empty; take another --directory, or empty it first. (MM_ERR_NOT_CREATED)\n`,
    });
    expect(readdirSync(directory)).to.deep.equal(['mine']);
  });

  inNamespace('refuses a name that could be no plugin’s, and writes nothing', async (ns) => {
    for (const name of ['Spare', '../up', 'a b', '', '-x']) {
      const directory = ns.path('none');
      const { code, stderr } = await runCommand(['plugin', 'new', '--directory', directory, '--', name]);
      expect(code).to.equal(64);
      expect(stderr).to.match(/is no name for a plugin; accepted: .*\(MM_ERR_USAGE\)\n$/);
      expect(existsSync(directory)).to.equal(false);
    }
  });
});
