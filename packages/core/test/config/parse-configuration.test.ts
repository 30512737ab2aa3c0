import { defaultConfiguration, limitsOf, parseConfiguration, type Configuration } from '@memory-monitor/core';
import { expect } from 'chai';

import { fixture } from '../support/fixtures.js';
import { GB } from '../support/hogs.js';
import { mistakesIn } from '../support/mistakes.js';

const parsed = async (text: string): Promise<Configuration> =>
  await parseConfiguration([{ path: 'c.toml', text }]);

const DEFAULT_SETTINGS = {
  dryRun: false,
  logFile: '/var/log/memory_monitor.log',
  enableSyslog: true,
  logFormat: 'text',
  logCommandLines: false,
  measure: 'rss',
  graceSeconds: 5,
  maxKillsPerMinute: 10,
  maxDeferSeconds: 60,
  fillRateGbPerSecond: 6,
  stateDirectory: '/var/lib/memory-monitor',
  heldDescriptors: 4096,
  controlSocket: '/run/memory-monitor/control.sock',
};

describe('the configuration', () => {
  it('of the Python service loads unchanged', async () => {
    expect(await parsed(fixture('python-service.toml'))).to.deep.equal({
      thresholds: { ramPercentThreshold: 10, ramGbThreshold: 2, checkIntervalSeconds: 30 },
      whitelist: {
        pids: [1],
        names: ['systemd', 'kernel', 'init', 'sshd', 'docker'].map((name) => ({ name })),
        users: ['root'],
      },
      settings: DEFAULT_SETTINGS,
      plugins: [],
      files: ['c.toml'],
    });
  });

  it('of the design loads', async () => {
    const { settings, whitelist, plugins } = await parsed(fixture('design.toml'));
    expect(settings).to.deep.equal(DEFAULT_SETTINGS);
    expect(whitelist.names).to.deep.equal([{ name: 'systemd' }, { name: 'sshd' }]);
    expect(plugins).to.deep.equal([
      { use: '@memory-monitor/policy-schedule', config: {}, isolate: false, onFailure: 'spare' },
    ]);
  });

  it('of an empty file is that of the Python service without its whitelist', async () => {
    expect(await parsed('')).to.deep.equal({
      thresholds: { ramPercentThreshold: 10, ramGbThreshold: 2, checkIntervalSeconds: 30 },
      whitelist: { pids: [1], names: [], users: [] },
      settings: DEFAULT_SETTINGS,
      plugins: [],
      files: ['c.toml'],
    });
  });

  it('without any file is a dry run that writes nowhere', () => {
    expect(defaultConfiguration()).to.deep.include({
      settings: {
        ...DEFAULT_SETTINGS,
        dryRun: true,
        logFile: '',
        enableSyslog: false,
        stateDirectory: '',
        controlSocket: '',
      },
      files: [],
    });
  });

  it('takes every key', async () => {
    const text = `
      [thresholds]
      ram_percent_threshold = 1.5
      ram_gb_threshold = 0.25
      check_interval = 0.5
      [whitelist]
      pids = [1, 2]
      names = ["/^a+$/", { name = "postgres", user = "postgres" }, { name = "b" }]
      users = ["root", "1000"]
      [settings]
      dry_run = true
      log_file = ""
      enable_syslog = false
      log_format = "json"
      log_command_lines = true
      measure = "pss"
      grace_seconds = 0
      max_kills_per_minute = 1
      max_defer_seconds = 0
      fill_rate_gb_per_second = 0.5
      state_directory = "/tmp/state"
      held_descriptors = 0
      control_socket = "/tmp/control.sock"
      [[plugins]]
      use = "./mine.ts"
      isolate = true
      on_failure = "ignore"
      config = { deep = { er = [1, "two"] } }`;
    expect(await parsed(text)).to.deep.equal({
      thresholds: { ramPercentThreshold: 1.5, ramGbThreshold: 0.25, checkIntervalSeconds: 0.5 },
      whitelist: {
        pids: [1, 2],
        names: [{ name: '/^a+$/' }, { name: 'postgres', user: 'postgres' }, { name: 'b' }],
        users: ['root', '1000'],
      },
      settings: {
        dryRun: true,
        logFile: '',
        enableSyslog: false,
        logFormat: 'json',
        logCommandLines: true,
        measure: 'pss',
        graceSeconds: 0,
        maxKillsPerMinute: 1,
        maxDeferSeconds: 0,
        fillRateGbPerSecond: 0.5,
        stateDirectory: '/tmp/state',
        heldDescriptors: 0,
        controlSocket: '/tmp/control.sock',
      },
      plugins: [
        { use: './mine.ts', isolate: true, onFailure: 'ignore', config: { deep: { er: [1, 'two'] } } },
      ],
      files: ['c.toml'],
    });
  });

  it('takes inf for no limit in GB', async () => {
    const { thresholds } = await parsed('[thresholds]\nram_gb_threshold = inf\n');
    expect(limitsOf(thresholds)).to.deep.equal({ percentOfRam: 10, bytes: Infinity });
  });

  it('counts a GB as 1024³ bytes', () => {
    const thresholds = { ramPercentThreshold: 5, ramGbThreshold: 2.5, checkIntervalSeconds: 30 };
    expect(limitsOf(thresholds)).to.deep.equal({ percentOfRam: 5, bytes: 2.5 * GB });
  });

  it('loads with a byte order mark and with Windows line ends', async () => {
    const text = `\uFEFF${fixture('python-service.toml').replaceAll('\n', '\r\n')}`;
    const { whitelist } = await parsed(text);
    expect(whitelist.names).to.have.length(5);
  });

  it('has right positions with a byte order mark and with Windows line ends', async () => {
    expect(await mistakesIn('\uFEFFa = 1\r', '[settings]\r', 'dry_run = 1\r', '')).to.deep.equal([
      '1:1: unknown table or key "a"; accepted: [thresholds], [whitelist], [settings] and [[plugins]].',
      '3:11: settings.dry_run is 1; accepted: true or false. Write dry_run = false.',
    ]);
  });

  it('has right positions beside a date that no calendar has', async () => {
    expect(await mistakesIn('[settings]', 'log_file = 2000-02-30', 'dry_run = 1')).to.deep.include(
      '3:11: settings.dry_run is 1; accepted: true or false. Write dry_run = false.',
    );
  });

  it('takes __proto__ and constructor for what they are: unknown keys', async () => {
    expect(await mistakesIn('__proto__ = 1', '[thresholds]', 'constructor = 1')).to.deep.equal([
      '1:1: unknown table or key "__proto__"; accepted: [thresholds], [whitelist], [settings] and [[plugins]].',
      '3:1: unknown key "constructor" in [thresholds]; accepted: ram_percent_threshold, ram_gb_threshold, check_interval.',
    ]);
  });

  it('can not reach the prototype of objects', async () => {
    await mistakesIn('[__proto__]', 'polluted = true', '[settings.__proto__]', 'polluted = true');
    expect({}).to.not.have.property('polluted');
  });
});
