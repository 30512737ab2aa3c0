import { ConfigurationError, parseConfiguration } from '@memory-monitor/core';
import { expect } from 'chai';

import { mistakesIn } from '../support/mistakes.js';

const NAMES =
  'part of a process name, "/a regular expression/", or { name = "…", user = "…" }, and never "", which would protect everything';

/** One mistake in one line below a header; the message without its place. */
function tells(
  what: string,
  [header, line]: readonly [string, string],
  place: string,
  message: string,
): void {
  it(`tells ${what}`, async () => {
    expect(await mistakesIn(header, line)).to.deep.equal([`${place}: ${message}`]);
  });
}

describe('mistakes in the configuration', () => {
  it('are told all at once, each with its place and what to write instead', async () => {
    const mistakes = await mistakesIn(
      '[thresholds]',
      'ram_percent_treshold = 10',
      'check_interval = "30"',
      '',
      '[whitelist]',
      'names = ["sshd", ""]',
      '',
      '[settings]',
      'log_format = "jsno"',
      'ram_gb_threshold = 2',
    );
    expect(mistakes).to.deep.equal([
      '2:1: unknown key "ram_percent_treshold" in [thresholds]; did you mean ram_percent_threshold?',
      '3:18: thresholds.check_interval is "30"; accepted: a number of seconds from 0.1 to 86400. Write check_interval = 30.',
      `6:18: whitelist.names[1] is ""; accepted: ${NAMES}.`,
      '9:14: settings.log_format is "jsno"; accepted: "text" or "json". Write log_format = "json".',
      '10:1: unknown key "ram_gb_threshold" in [settings]; it belongs below [thresholds].',
    ]);
  });

  it('carry file, line, column and key for programs, and a code', async () => {
    const files = [{ path: '/etc/c.toml', text: '[settings]\ndry_run = 1\n' }];
    const error: unknown = await parseConfiguration(files).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConfigurationError);
    expect((error as ConfigurationError).code).to.equal('MM_ERR_CONFIG_INVALID');
    expect((error as ConfigurationError).mistakes).to.deep.equal([
      {
        file: '/etc/c.toml',
        line: 2,
        column: 11,
        key: 'settings.dry_run',
        message: 'settings.dry_run is 1; accepted: true or false. Write dry_run = false.',
      },
    ]);
  });

  describe('of keys', () => {
    tells(
      'a key that is near none, with all that are accepted',
      ['[whitelist]', 'xyz = 1'],
      '2:1',
      'unknown key "xyz" in [whitelist]; accepted: pids, names, users.',
    );
    tells(
      'a misspelt table',
      ['', '[threshold]'],
      '2:2',
      'unknown table or key "threshold"; did you mean [thresholds]?',
    );
    tells(
      'a singular plugin',
      ['', '[plugin]'],
      '2:2',
      'unknown table or key "plugin"; did you mean [[plugins]]?',
    );
    tells(
      'a key without its table',
      ['dry_run = true', ''],
      '1:1',
      'unknown table or key "dry_run"; it belongs below [settings].',
    );
    tells(
      'an unknown key of a plugin',
      ['[[plugins]]', 'use = "x"\nisolated = true'],
      '3:1',
      'unknown key "isolated" in [[plugins]]; did you mean isolate?',
    );
    tells(
      'a plugin without its source',
      ['[[plugins]]', 'isolate = true'],
      '1:3',
      '"use" is missing in [[plugins]]; write use = "@memory-monitor/policy-schedule".',
    );
    tells(
      'an unknown key of a name entry',
      ['[whitelist]', 'names = [{ name = "db", usr = "postgres" }]'],
      '2:10',
      `whitelist.names[0] is {"name":"db","usr":"postgres"}; accepted: ${NAMES}.`,
    );

    it('can not forge a line by their name', async () => {
      expect(await mistakesIn(String.raw`"a\nb\u001b[2J\u2028" = 1`)).to.deep.equal([
        String.raw`1:1: unknown table or key "a\x0ab\x1b[2J\u2028"; accepted: [thresholds], [whitelist], [settings] and [[plugins]].`,
      ]);
    });

    it('are told all, also several in one table', async () => {
      expect(
        await mistakesIn('[thresholds]', 'foo = 1', 'ram_gb_treshold = 2', 'check_intervall = 3'),
      ).to.deep.equal([
        '2:1: unknown key "foo" in [thresholds]; accepted: ram_percent_threshold, ram_gb_threshold, check_interval.',
        '3:1: unknown key "ram_gb_treshold" in [thresholds]; did you mean ram_gb_threshold?',
        '4:1: unknown key "check_intervall" in [thresholds]; did you mean check_interval?',
      ]);
    });
  });

  describe('of values', () => {
    const interval = 'a number of seconds from 0.1 to 86400. Write check_interval = ';
    tells(
      'a number in quotes, and takes them off',
      ['[thresholds]', 'ram_gb_threshold = "2.5"'],
      '2:20',
      'thresholds.ram_gb_threshold is "2.5"; accepted: a number of GB, 0 or more. Write ram_gb_threshold = 2.5.',
    );
    tells(
      'a flag in quotes, and takes them off',
      ['[settings]', 'dry_run = "yes"'],
      '2:11',
      'settings.dry_run is "yes"; accepted: true or false. Write dry_run = true.',
    );
    tells(
      'a number out of range',
      ['[thresholds]', 'ram_percent_threshold = 101'],
      '2:25',
      'thresholds.ram_percent_threshold is 101; accepted: a number from 0 to 100. Write ram_percent_threshold = 10.0.',
    );
    tells(
      'a negative number',
      ['[settings]', 'grace_seconds = -1'],
      '2:17',
      'settings.grace_seconds is -1; accepted: a number of seconds from 0 to 3600. Write grace_seconds = 5.',
    );
    tells(
      'a part of a descriptor',
      ['[settings]', 'held_descriptors = 0.5'],
      '2:20',
      'settings.held_descriptors is 0.5; accepted: a whole number of descriptors, 0 or more. Write held_descriptors = 4096.',
    );
    tells(
      'an interval of nothing',
      ['[thresholds]', 'check_interval = 0'],
      '2:18',
      `thresholds.check_interval is 0; accepted: ${interval}30.`,
    );
    tells(
      'nan, as TOML writes it',
      ['[thresholds]', 'check_interval = nan'],
      '2:18',
      `thresholds.check_interval is nan; accepted: ${interval}30.`,
    );
    tells(
      'an infinite interval, as TOML writes it',
      ['[thresholds]', 'check_interval = +inf'],
      '2:18',
      `thresholds.check_interval is inf; accepted: ${interval}30.`,
    );
    tells(
      'a time where a flag belongs',
      ['[settings]', 'dry_run = 12:00:00'],
      '2:11',
      'settings.dry_run is 12:00:00.000; accepted: true or false. Write dry_run = false.',
    );
    tells(
      'a relative path',
      ['[settings]', 'log_file = "log"'],
      '2:12',
      'settings.log_file is "log"; accepted: an absolute path in quotes, or "" for none. Write log_file = "/var/log/memory_monitor.log".',
    );
    tells(
      'a regular expression that does not compile',
      ['[whitelist]', 'names = ["/(/"]'],
      '2:10',
      `whitelist.names[0] is "/(/"; accepted: ${NAMES}.`,
    );
    tells(
      'a name entry for nobody',
      ['[whitelist]', 'names = [{ name = "db", user = "" }]'],
      '2:32',
      'whitelist.names[0].user is ""; accepted: a user name in quotes.',
    );
    tells(
      'a PID that is none',
      ['[whitelist]', 'pids = [1, 0]'],
      '2:12',
      'whitelist.pids[1] is 0; accepted: a PID, a whole number from 1.',
    );
    tells(
      'a number where a list belongs',
      ['[whitelist]', 'pids = 5'],
      '2:8',
      'whitelist.pids is 5; accepted: a list of PIDs. Write pids = [5].',
    );
    tells(
      'a word where a table belongs',
      ['thresholds = 5', ''],
      '1:14',
      'thresholds is 5; accepted: a table, begun by [thresholds].',
    );
    tells(
      'a list of tables where a table belongs',
      ['', '[[settings]]\ndry_run = true'],
      '2:1',
      'settings is [{"dry_run":true}]; accepted: a table, begun by [settings].',
    );
    tells(
      'a table where a list of tables belongs',
      ['[plugins]', 'use = "x"'],
      '1:1',
      'plugins is {"use":"x"}; accepted: a list, each entry begun by [[plugins]].',
    );

    it('are cut to a readable length, and can not forge a line', async () => {
      const [mistake = ''] = await mistakesIn(
        '[settings]',
        String.raw`measure = "a\u001b[31m\nb${'x'.repeat(500)}"`,
      );
      expect(mistake).to.have.length.below(200);
      expect(mistake).to.include(String.raw`"a\u001b[31m\nbxxx`);
    });
  });

  describe('of TOML itself', () => {
    it('are told together with the others', async () => {
      const mistakes = await mistakesIn(
        '[thresholds]',
        'check_interval = ',
        '[settings]',
        'dry_run = "no"',
        'x = [1,,2]',
      );
      expect(mistakes).to.have.length(3);
      expect(mistakes[0]).to.match(/^2:18: not TOML: .+; mend this line\.$/);
      expect(mistakes[1]).to.equal(
        '4:11: settings.dry_run is "no"; accepted: true or false. Write dry_run = false.',
      );
      expect(mistakes[2]).to.match(/^5:\d+: not TOML: .+; mend this line\.$/);
    });

    it('include a key that is there twice', async () => {
      const mistakes = await mistakesIn('[settings]', 'dry_run = true', '', 'dry_run = false');
      expect(mistakes).to.have.length(1);
      expect(mistakes[0]).to.match(/^4:1: not TOML: .*already defined/);
    });

    it('include a table that is there twice, and its keys are not blamed on the table before', async () => {
      const mistakes = await mistakesIn(
        '[thresholds]',
        'ram_gb_threshold = 1',
        '[settings]',
        'dry_run = true',
        '[thresholds]',
        'check_interval = 5',
        '[whitelist]',
        'pid = []',
      );
      expect(mistakes).to.have.length(2);
      expect(mistakes[0]).to.match(/^5:2: not TOML: .*already defined/);
      expect(mistakes[1]).to.equal('8:1: unknown key "pid" in [whitelist]; did you mean pids?');
    });

    it('in a header do not make its keys strangers in the table before', async () => {
      const mistakes = await mistakesIn(
        '[thresholds]',
        'check_interval = 5',
        '[whitelist',
        'pids = [1]',
        'users = ["root"]',
      );
      expect(mistakes).to.have.length(1);
      expect(mistakes[0]).to.match(/^3:11: not TOML/);
    });

    it('are told once where an open string swallows what follows', async () => {
      const mistakes = await mistakesIn(
        '[settings]',
        'log_file = "/var/log',
        'dry_run = true',
        'measure = "rss"',
      );
      expect(mistakes).to.have.length(1);
      expect(mistakes[0]).to.match(/^2:\d+: not TOML/);
    });
  });
});
