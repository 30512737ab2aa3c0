import { ConfigurationError, MonitorError } from '@memory-monitor/core';
import { expect } from 'chai';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readConfiguration } from '#src/config/read-configuration.js';

describe('readConfiguration', () => {
  let directory: string;
  let config: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'memory-monitor-test-'));
    config = join(directory, 'config.toml');
    writeFileSync(config, '[thresholds]\nram_gb_threshold = 4.0\n[whitelist]\nnames = ["sshd"]\n');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function dropIn(name: string, text: string): string {
    mkdirSync(join(directory, 'conf.d'), { recursive: true });
    const path = join(directory, 'conf.d', name);
    writeFileSync(path, text);
    return path;
  }

  async function failure(options: Parameters<typeof readConfiguration>[0]): Promise<unknown> {
    return await readConfiguration(options).catch((error: unknown) => error);
  }

  it('reads the file that it is given', async () => {
    const { thresholds, files } = (await readConfiguration({ config })).configuration;
    expect(thresholds.ramGbThreshold).to.equal(4);
    expect(files).to.deep.equal([config]);
  });

  describe('of a path with ".." behind a link', () => {
    let path: string;

    beforeEach(() => {
      mkdirSync(join(directory, 'real/deep/conf.d'), { recursive: true });
      mkdirSync(join(directory, 'real/conf.d'));
      symlinkSync('real/deep', join(directory, 'link'));
      // As text, this is `config`; the kernel goes to `real`.
      path = `${directory}/link/../config.toml`;
      writeFileSync(join(directory, 'real/config.toml'), '[thresholds]\nram_gb_threshold = 8\n');
      writeFileSync(join(directory, 'real/conf.d/a.toml'), '[thresholds]\ncheck_interval = 9\n');
      dropIn('a.toml', '[thresholds]\ncheck_interval = 7\n');
    });

    it('reads the file and the drop-ins that are there', async () => {
      const { thresholds } = (await readConfiguration({ config: path })).configuration;
      expect(thresholds).to.include({ ramGbThreshold: 8, checkIntervalSeconds: 9 });
    });

    it('trusts that file, and not the one that the text of the path would be', async function () {
      if (process.getuid?.() !== 0) {
        this.skip();
      }
      for (const name of ['real/conf.d/a.toml', 'real/config.toml']) {
        chmodSync(join(directory, name), 0o666);
        const error = await failure({ config: path });
        expect(error).to.include({ code: 'MM_ERR_UNTRUSTED' });
        expect((error as Error).message).to.contain(`chmod go-w ${join(directory, name)}`);
        chmodSync(join(directory, name), 0o644);
      }
    });
  });

  it('merges drop-ins over it, in the order of their names', async () => {
    const second = dropIn('20-b.toml', '[thresholds]\nram_gb_threshold = 6\n');
    const first = dropIn('10-a.toml', '[thresholds]\nram_gb_threshold = 5\ncheck_interval = 7\n');
    const { thresholds, files } = (await readConfiguration({ config })).configuration;
    expect(thresholds).to.include({ ramGbThreshold: 6, checkIntervalSeconds: 7 });
    expect(files).to.deep.equal([config, first, second]);
  });

  it('lets a drop-in add to a whitelist, and not replace it', async () => {
    dropIn('a.toml', '[whitelist]\nnames = ["cron"]\n');
    const { whitelist } = (await readConfiguration({ config })).configuration;
    expect(whitelist.names.map(({ name }) => name)).to.deep.equal(['sshd', 'cron']);
  });

  it('passes over hidden files and those that are not TOML', async () => {
    for (const name of ['.hidden.toml', 'a.toml~', 'a.toml.dpkg-old', 'README']) {
      dropIn(name, 'broken =');
    }
    expect((await readConfiguration({ config })).configuration.files).to.deep.equal([config]);
  });

  it('does without a directory of drop-ins, and with a file in its place', async () => {
    writeFileSync(join(directory, 'conf.d'), '');
    expect((await readConfiguration({ config })).configuration.files).to.deep.equal([config]);
  });

  it("lets the command line's options win", async () => {
    const { settings } = (await readConfiguration({ config, dryRun: true, logFormat: 'json' })).configuration;
    expect(settings).to.include({ dryRun: true, logFormat: 'json' });
  });

  it('keeps a dry run that the file asks for', async () => {
    dropIn('a.toml', '[settings]\ndry_run = true\nlog_format = "json"\n');
    const { settings } = (await readConfiguration({ config, dryRun: false })).configuration;
    expect(settings).to.include({ dryRun: true, logFormat: 'json' });
  });

  it('reports the mistakes of all files at once, each in its own file', async () => {
    const first = dropIn('a.toml', '[settings]\ndry_run = "no"\n');
    const second = dropIn('b.toml', '[limits]\n');
    const error = await failure({ config });
    expect(error).to.be.instanceOf(ConfigurationError);
    const places = (error as ConfigurationError).mistakes.map(({ file, line, column }) => [
      file,
      line,
      column,
    ]);
    expect(places).to.deep.equal([
      [first, 2, 11],
      [second, 1, 2],
    ]);
  });

  it('tells a file that is missing from one that can not be read', async () => {
    const missing = await failure({ config: join(directory, 'nowhere.toml') });
    expect(missing).to.be.instanceOf(MonitorError).and.include({ code: 'MM_ERR_CONFIG_NOT_FOUND' });
    const aDirectory = await failure({ config: directory });
    expect(aDirectory).to.include({ code: 'MM_ERR_CONFIG_NOT_FOUND' });
    expect((aDirectory as Error).message).to.match(/ is a directory, not a configuration file; /);
    symlinkSync('loop', join(directory, 'loop'));
    const unreadable = await failure({ config: join(directory, 'loop') });
    expect(unreadable).to.be.instanceOf(MonitorError).and.include({ code: 'MM_ERR_CONFIG_UNREADABLE' });
  });
});
