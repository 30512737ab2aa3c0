import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { inNamespace } from './support/in-namespace.js';
import { runCommand } from './support/run-command.js';

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

describe('memory-monitor', () => {
  it('prints its version', async () => {
    expect(await runCommand(['--version'])).to.deep.equal({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it('prints help that names every command', async () => {
    const { code, stdout, stderr } = await runCommand(['--help']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^Usage: memory-monitor /);
    expect(stdout)
      .to.match(/^ {2}run /m)
      .and.to.match(/^ {2}check /m);
  });
});

describe('memory-monitor run', () => {
  inNamespace('without a configuration file is a dry run with the defaults', async (ns) => {
    await ns.shell('test ! -d /etc/memory-monitor || mount -t tmpfs tmpfs /etc/memory-monitor');
    const monitor = await ns.monitor({ options: ['--once'] });
    expect(await monitor.program.ended()).to.include({ code: 0 });
    const [first = ''] = monitor.output.split('\n');
    expect(first).to.match(
      / started as a DRY RUN, nothing will be ended\. Limits: 10% of RAM \(\S+GB\) or 2GB by rss/,
    );
    expect(first).to.match(/every 30 s\. Configuration: defaults$/);
    expect(monitor.errorOutput).to.equal('');
  });

  inNamespace('--once makes one scan, finishes its terminations and exits with 0', async (ns) => {
    const victims = [await ns.hog(), await ns.hog({ onSigterm: 'ignore' })];
    const monitor = await ns.monitor({ config: {}, options: ['--once'] });
    expect(await monitor.program.ended()).to.include({ code: 0 });
    expect(victims.map(({ exit }) => exit?.signal)).to.deep.equal(['SIGTERM', 'SIGKILL']);
    expect(monitor.lines('scan')).to.have.lengthOf(1);
    expect(monitor.kills().map(({ outcome }) => outcome)).to.deep.equal(['terminated', 'killed']);
  });

  inNamespace('exits with 66 and starts nothing where the configuration file is missing', async (ns) => {
    const monitor = await ns.monitor({ options: ['--config', '/no/such/file.toml'] });
    expect(await monitor.program.ended()).to.include({ code: 66 });
    expect(monitor.errorOutput).to.include('MM_ERR_CONFIG_NOT_FOUND');
    expect(monitor.output).to.equal('');
  });

  inNamespace('exits with 64 for a log format that there is not', async (ns) => {
    const monitor = await ns.monitor({ config: {}, options: ['--log-format', 'xml'] });
    expect(await monitor.program.ended()).to.include({ code: 64 });
    expect(monitor.errorOutput).to.include('text').and.to.include('json');
    expect(monitor.output).to.equal('');
  });

  inNamespace('--help names its signals and a safe first command', async (ns) => {
    const help = await ns.monitor({ options: ['--help'] });
    expect(await help.program.ended()).to.include({ code: 0 });
    expect(help.output).to.include('SIGHUP').and.to.include('memory-monitor run --dry-run');
  });
});
