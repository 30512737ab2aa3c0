import { expect } from 'chai';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import { runCommand, withConfig } from './support/run-command.js';

const WITH_PLUGIN = `${toml({})}
[[plugins]]
use = "@memory-monitor/policy-schedule"
`;

describe('a configuration with plugins, which this version does not load,', () => {
  inNamespace('is refused by an armed monitor, with exit status 78', async (ns) => {
    const hog = await ns.hog({ recordsSignals: true });
    const monitor = await ns.monitor({ config: WITH_PLUGIN });
    expect(await monitor.program.ended()).to.include({ code: 78 });
    expect(monitor.errorOutput).to.include('@memory-monitor/policy-schedule');
    expect(monitor.errorOutput).to.match(/\(MM_ERR_PLUGINS_UNSUPPORTED\)\n$/);
    expect(monitor.output).to.equal('');
    expect(hog.signals).to.deep.equal([]);
  });

  it('is refused by check as well', async () => {
    await withConfig(WITH_PLUGIN, async (path) => {
      const { code, stderr } = await runCommand(['check', '--config', path]);
      expect(code).to.equal(78);
      expect(stderr).to.match(/\(MM_ERR_PLUGINS_UNSUPPORTED\)\n$/);
    });
  });

  inNamespace('is a warning in a dry run', async (ns) => {
    const monitor = await ns.monitor({ config: WITH_PLUGIN, options: ['--dry-run', '--once'] });
    expect(await monitor.program.ended()).to.include({ code: 0 });
    expect(monitor.lines('plugins').map(({ level }) => level)).to.deep.equal(['warn']);
    expect(monitor.lines('plugins')[0]?.msg).to.include('@memory-monitor/policy-schedule');
  });

  inNamespace('does not get into an armed monitor by a reload', async (ns) => {
    const monitor = await ns.monitor({ config: {} });
    await monitor.told('scan');
    expect(await monitor.reload(WITH_PLUGIN)).to.include({ accepted: false, level: 'error' });
    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
  });
});
