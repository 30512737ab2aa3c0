import { expect } from 'chai';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';

import { toml } from './support/config.js';
import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import type { RunningMonitor } from './support/running-monitor.js';

const LIMITED = {
  thresholds: { ram_gb_threshold: 0.2, check_interval: 0.15 },
  settings: { log_format: 'json' },
};

/** A service's: its state directory is in the environment. */
async function service(ns: PidNamespace, config: string): Promise<RunningMonitor> {
  const state = ns.path('state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  return await ns.monitor({ options: ['--config', config], env: { STATE_DIRECTORY: state } });
}

/** A file that is there, and that not even root can read. */
function makeUnreadable(path: string): void {
  rmSync(path);
  symlinkSync(path, path);
}

async function startAndStop(ns: PidNamespace, config: string): Promise<void> {
  const monitor = await service(ns, config);
  await monitor.told('scan');
  expect((await monitor.stop()).code).to.equal(0);
}

describe('a service whose configuration can not be read at start', () => {
  inNamespace('runs with what was in force last, says so once, and ends a process', async (ns) => {
    const config = ns.path('config.toml');
    writeFileSync(config, toml(LIMITED));
    await startAndStop(ns, config);
    makeUnreadable(config);
    const victim = await ns.hog();
    const monitor = await service(ns, config);
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    const told = await monitor.told('reloaded');
    expect(told).to.include({ accepted: false, level: 'error', ramGbThreshold: 0.2 });
    expect(told.msg).to.match(
      new RegExp(`${config} can not be read; .*ELOOP.*\\. What was in force last is used, of \\d{4}-`),
    );
    expect(monitor.lines('reloaded')).to.have.lengthOf(1);
    rmSync(config);
    writeFileSync(config, toml({ ...LIMITED, thresholds: { ...LIMITED.thresholds, ram_gb_threshold: 7 } }));
    await monitor.signal('SIGHUP');
    await monitor.told('reloaded', ({ ramGbThreshold }) => ramGbThreshold === 7);
    expect((await monitor.stop()).code).to.equal(0);
    expect(readFileSync(ns.path('state', 'last-configuration.json'), 'utf8')).to.include(
      'ram_gb_threshold = 7',
    );
    expect(statSync(ns.path('state', 'last-configuration.json')).mode & 0o777).to.equal(0o600);
  });

  inNamespace('refuses to start where nothing was in force before', async (ns) => {
    const config = ns.path('config.toml');
    symlinkSync(config, config);
    const monitor = await service(ns, config);
    expect((await monitor.program.ended()).code).to.equal(77);
    expect(monitor.errorOutput).to.include('MM_ERR_CONFIG_UNREADABLE');
  });

  inNamespace('refuses to start where the file has a mistake, or is gone', async (ns) => {
    const config = ns.path('config.toml');
    writeFileSync(config, toml(LIMITED));
    await startAndStop(ns, config);
    writeFileSync(config, '[thresholds\n');
    expect((await (await service(ns, config)).program.ended()).code).to.equal(78);
    rmSync(config);
    expect((await (await service(ns, config)).program.ended()).code).to.equal(66);
  });

  inNamespace('refuses to start where somebody else could have written what was in force', async (ns) => {
    const config = ns.path('config.toml');
    writeFileSync(config, toml(LIMITED));
    await startAndStop(ns, config);
    makeUnreadable(config);
    await ns.shell(`chmod 666 ${ns.path('state', 'last-configuration.json')}`);
    expect((await (await service(ns, config)).program.ended()).code).to.equal(77);
  });
});

describe('a run by hand', () => {
  inNamespace('leaves nothing behind, and takes nothing for its configuration', async (ns) => {
    const config = ns.path('config.toml');
    writeFileSync(config, toml(LIMITED));
    await startAndStop(ns, config);
    makeUnreadable(config);
    const monitor = await ns.monitor({ options: ['--config', config] });
    expect((await monitor.program.ended()).code).to.equal(77);
  });
});
