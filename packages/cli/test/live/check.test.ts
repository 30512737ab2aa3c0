import { expect } from 'chai';
import { chmodSync } from 'node:fs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { inNamespace } from './support/in-namespace.js';
import { ORDINARY_UID, whyNot } from './support/isolation.js';
import { runCommand, withConfig } from './support/run-command.js';

const FIVE_MISTAKES = `[thresholds]
ram_gb_treshold = 2.0
check_interval = "30"

[whitelist]
names = ["sshd", "/(/"]

[settings]
log_format = "jsn"
grace_seconds = -5
`;

/** Each mistake's place, and what to write instead. */
const FIVE_SENTENCES = [
  ['2:1', 'unknown key "ram_gb_treshold" in [thresholds]; did you mean ram_gb_threshold?'],
  ['3:18', 'Write check_interval = 30.'],
  ['6:18', 'whitelist.names[1] is "/(/"; accepted: part of a process name, "/a regular expression/"'],
  ['9:14', 'Write log_format = "json".'],
  ['10:17', 'settings.grace_seconds is -5; accepted: a number of seconds from 0 to 3600.'],
] as const;

const VALID = `[thresholds]
ram_gb_threshold = 4
[settings]
log_file = ""
`;

function expectFiveSentences(text: string, path: string): void {
  const sentences = text.split('\n').filter((line) => line.startsWith(`${path}:`));
  expect(sentences).to.have.lengthOf(5);
  for (const [index, [place, advice]] of FIVE_SENTENCES.entries()) {
    expect(sentences[index]).to.satisfy((line: string) => line.startsWith(`${path}:${place}: `));
    expect(sentences[index]).to.include(advice);
  }
}

describe('memory-monitor check', () => {
  it('prints a sentence for each of five mistakes, with its place and what to write, and exits with 78', async () => {
    await withConfig(FIVE_MISTAKES, async (path) => {
      const { code, stdout, stderr } = await runCommand(['check', '--config', path]);
      expect(code).to.equal(78);
      expectFiveSentences(stdout, path);
      expect(stdout).to.include('The configuration has 5 mistakes (MM_ERR_CONFIG_INVALID).\n');
      expect(stderr).to.equal('');
    });
  });

  it('prints the same as JSON', async () => {
    await withConfig(FIVE_MISTAKES, async (path) => {
      const { code, stdout } = await runCommand(['check', '--config', path, '--json']);
      expect(code).to.equal(78);
      const report = JSON.parse(stdout) as { valid: boolean; files: string[]; mistakes: object[] };
      expect(report).to.include({ valid: false });
      expect(report.files).to.deep.equal([path]);
      expect(report.mistakes).to.have.lengthOf(5);
      expect(report.mistakes[0]).to.include({
        file: path,
        line: 2,
        column: 1,
        key: 'thresholds.ram_gb_treshold',
      });
    });
  });

  it('finds mistakes of drop-ins in their own files', async () => {
    await withConfig(VALID, async (path) => {
      const dropIn = join(dirname(path), 'conf.d', '10-site.toml');
      mkdirSync(dirname(dropIn));
      writeFileSync(dropIn, '[settings]\nmeasure = "shared"\n');
      const { code, stdout } = await runCommand(['check', '-c', path]);
      expect(code).to.equal(78);
      expect(stdout).to.include(`${dropIn}:2:11: `);
    });
  });

  it('exits with 0 for a valid configuration, and says what it means', async () => {
    await withConfig(VALID, async (path) => {
      const { code, stdout, stderr } = await runCommand(['check', '--config', path]);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.equal(`${path}: valid, armed; limits 10% of RAM or 4.00GB by rss, every 30 s.\n`);
    });
  });

  it('warns about rules that match nothing on this machine', async () => {
    const rules =
      '[whitelist]\npids = [4194300]\nnames = ["no-such-name", { name = "node", user = "no-such-friend" }]\nusers = ["no-such-user"]\n';
    await withConfig(rules, async (path) => {
      const { code, stdout } = await runCommand(['check', '--config', path]);
      expect(code).to.equal(0);
      const warnings = stdout.split('\n').filter((line) => line.startsWith('warning: '));
      expect(warnings).to.deep.equal([
        'warning: whitelist.users: there is no user "no-such-user" on this machine.',
        'warning: whitelist.names: there is no user "no-such-friend" on this machine.',
        'warning: whitelist.pids: no process has PID 4194300 now.',
        'warning: whitelist.names: "no-such-name" matches no process that runs now.',
      ]);
      const json = await runCommand(['check', '--config', path, '--json']);
      expect((JSON.parse(json.stdout) as { warnings: string[] }).warnings).to.have.lengthOf(4);
    });
  });

  it('exits with 66 where there is no such file', async () => {
    const { code, stdout, stderr } = await runCommand(['check', '--config', '/no/such/file.toml']);
    expect({ code, stdout }).to.deep.equal({ code: 66, stdout: '' });
    expect(stderr).to.match(
      /^memory-monitor: There is no configuration file \/no\/such\/file\.toml; .+ \(MM_ERR_CONFIG_NOT_FOUND\)\n$/,
    );
  });

  const noOtherUsers = whyNot(['other users']);
  const unreadable = 'exits with 77 where the file may not be read';
  if (noOtherUsers !== undefined) {
    it.skip(`${unreadable} (skipped: ${noOtherUsers})`);
  } else {
    it(unreadable, async () => {
      await withConfig(VALID, async (path) => {
        chmodSync(dirname(path), 0o755);
        chmodSync(path, 0o600);
        const { code, stdout, stderr } = await runCommand(['check', '--config', path], ORDINARY_UID);
        expect({ code, stdout }).to.deep.equal({ code: 77, stdout: '' });
        expect(stderr).to.match(/^memory-monitor: .+EACCES.+ \(MM_ERR_CONFIG_UNREADABLE\)\n$/);
      });
    });
  }

  it('exits with 64 for options that there are not, and points to the help', async () => {
    for (const args of [['check', '--loud'], ['chekc'], ['check', '--config']]) {
      const { code, stdout, stderr } = await runCommand(args);
      expect({ code, stdout }).to.deep.equal({ code: 64, stdout: '' });
      expect(stderr)
        .to.match(/^error: /)
        .and.to.include('--help');
    }
  });
});

describe('memory-monitor run, with a configuration that has mistakes,', () => {
  inNamespace('prints them to standard error, exits with 78 and starts nothing', async (ns) => {
    const hog = await ns.hog({ recordsSignals: true });
    const monitor = await ns.monitor({ config: FIVE_MISTAKES });
    expect(await monitor.program.ended()).to.include({ code: 78 });
    expectFiveSentences(monitor.errorOutput, monitor.configPath);
    expect(monitor.errorOutput).to.match(/5 mistakes, nothing was started \(MM_ERR_CONFIG_INVALID\)\n$/);
    expect(monitor.output).to.equal('');
    expect(hog.signals).to.deep.equal([]);
  });
});
