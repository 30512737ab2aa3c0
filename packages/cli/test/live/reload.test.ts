import { expect } from 'chai';
import { readFileSync, renameSync } from 'node:fs';

import { inNamespace } from './support/in-namespace.js';
import { parseLog } from './support/running-monitor.js';
import { until } from './support/wait.js';

const OUT_OF_REACH = { ram_gb_threshold: 1000 };

describe('SIGHUP', () => {
  inNamespace('puts new limits in force', async (ns) => {
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: { thresholds: OUT_OF_REACH } });
    await monitor.scans(2);
    expect(victim.isAlive).to.equal(true);
    expect(await monitor.reload({})).to.include({ accepted: true, ramGbThreshold: 0.2 });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
  });

  inNamespace('wakes a monitor whose next scan is an hour off', async (ns) => {
    const victim = await ns.hog();
    const thresholds = { ...OUT_OF_REACH, check_interval: 3600 };
    const monitor = await ns.monitor({ config: { thresholds } });
    await monitor.told('scan');
    await monitor.reload({});
    expect((await victim.ended()).signal).to.equal('SIGTERM');
  });

  inNamespace('leaves the old configuration in force when the file is broken, and says where', async (ns) => {
    const monitor = await ns.monitor({ config: {} });
    await monitor.told('scan');
    const broken = '[thresholds]\nram_gb_threshold = "plenty"\n[settings]\ndry_rum = true\n';
    const refusal = await monitor.reload(broken);
    expect(refusal).to.include({ accepted: false, level: 'error', ramGbThreshold: 0.2 });
    expect(refusal.msg)
      .to.include(`${monitor.configPath}:2:20: `)
      .and.to.include(`${monitor.configPath}:4:1: `);

    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(parseLog(monitor.output).filter(({ level }) => level === 'error')).to.have.lengthOf(1);
    expect((await monitor.stop()).code).to.equal(0);
  });

  inNamespace(
    'opens the log file anew, and a victim in its grace period still gets its SIGKILL',
    async (ns) => {
      const [log, rotated] = [ns.path('monitor.log'), ns.path('monitor.log.1')];
      const config = { settings: { grace_seconds: 2, log_file: log } };
      const victim = await ns.hog({ onSigterm: 'ignore' });
      const monitor = await ns.monitor({ config });
      await victim.says('signal SIGTERM');
      renameSync(log, rotated);
      await monitor.scans(2);
      expect(monitor.kills()).to.deep.equal([]);
      await monitor.reload(config);

      expect((await victim.ended()).signal).to.equal('SIGKILL');
      await monitor.killOf(victim.pid);
      expect((await monitor.stop()).code).to.equal(0);
      expect(monitor.lines('kill', log)).to.have.lengthOf(1);
      expect(monitor.lines('kill', rotated)).to.deep.equal([]);
      expect(readFileSync(rotated, 'utf8') + readFileSync(log, 'utf8')).to.equal(monitor.output);
    },
  );

  inNamespace('that names another log file loses no line', async (ns) => {
    const [before, after] = [ns.path('before.log'), ns.path('after.log')];
    const victim = await ns.hog();
    const monitor = await ns.monitor({
      config: { thresholds: OUT_OF_REACH, settings: { log_file: before } },
    });
    await monitor.told('scan');
    await monitor.reload({ settings: { log_file: after } });

    expect((await victim.ended()).signal).to.equal('SIGTERM');
    await monitor.killOf(victim.pid);
    expect((await monitor.stop()).code).to.equal(0);
    expect(monitor.errorOutput).to.equal('');
    expect(monitor.lines('kill', after)).to.have.lengthOf(1);
    expect(readFileSync(before, 'utf8') + readFileSync(after, 'utf8')).to.equal(monitor.output);
  });

  inNamespace('that makes room for a victim in its grace period keeps SIGKILL from it', async (ns) => {
    const settings = { grace_seconds: 2 };
    const victims = [await ns.hog({ onSigterm: 'ignore' }), await ns.hog({ onSigterm: 'ignore' })];
    const monitor = await ns.monitor({ config: { settings } });
    const [kept, lost] = victims as [(typeof victims)[0], (typeof victims)[0]];
    await Promise.all(victims.map(async (victim) => await victim.says('signal SIGTERM')));
    await monitor.reload({ settings, whitelist: { pids: [1, kept.pid] } });

    expect((await lost.ended()).signal).to.equal('SIGKILL');
    const kill = await monitor.killOf(kept.pid);
    expect(kill).to.include({ outcome: 'spared', signal: 'SIGTERM' });
    expect(kill['reason']).to.include('whitelisted');
    await monitor.scans(3);
    expect(kept.isAlive).to.equal(true);
    expect(kept.signals).to.deep.equal(['SIGTERM']);
    expect(monitor.kills(kept.pid)).to.have.lengthOf(1);
  });

  inNamespace('that turns it into a dry run keeps SIGKILL from a victim in its grace period', async (ns) => {
    const settings = { grace_seconds: 2 };
    const victim = await ns.hog({ onSigterm: 'ignore' });
    const monitor = await ns.monitor({ config: { settings } });
    await victim.says('signal SIGTERM');
    await monitor.reload({ settings: { ...settings, dry_run: true } });
    expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'spared', signal: 'SIGTERM' });
    await until('the dry run', () => monitor.kills().find(({ outcome }) => outcome === 'dry-run'));
    expect(victim.isAlive).to.equal(true);
  });

  inNamespace('fifty times in a burst is survived, by the same process', async (ns) => {
    const log = ns.path('monitor.log');
    const config = { settings: { log_file: log } };
    const monitor = await ns.monitor({ config });
    await monitor.told('scan');
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        await monitor.signal('SIGHUP');
      }),
    );
    await monitor.told('reloaded', ({ accepted }) => accepted === true);
    const victim = await ns.doomedHog();
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    await monitor.killOf(victim.pid);
    expect(monitor.lines('reloaded').every(({ accepted }) => accepted === true)).to.equal(true);
    expect((await monitor.stop()).code).to.equal(0);
    expect(readFileSync(log, 'utf8')).to.equal(monitor.output);
    expect(monitor.errorOutput).to.equal('');
  });
});
