import { parseConfiguration, type Configuration } from '@memory-monitor/core';
import { expect } from 'chai';

import { mistakesOf } from '../support/mistakes.js';

const MAIN = '/etc/m/config.toml';
const FIRST = '/etc/m/conf.d/10-first.toml';
const LAST = '/etc/m/conf.d/20-last.toml';

async function merged(main: string, first: string, last = ''): Promise<Configuration> {
  return await parseConfiguration([
    { path: MAIN, text: main },
    { path: FIRST, text: first },
    { path: LAST, text: last },
  ]);
}

describe('drop-ins', () => {
  it('override single values, the last one counts, and the rest stays', async () => {
    const { thresholds } = await merged(
      '[thresholds]\nram_gb_threshold = 1\ncheck_interval = 10',
      '[thresholds]\nram_gb_threshold = 2',
      '[thresholds]\nram_gb_threshold = 3',
    );
    expect(thresholds).to.include({ ramGbThreshold: 3, checkIntervalSeconds: 10 });
  });

  it('add to lists, so that they can not lift a protection', async () => {
    const { whitelist } = await merged(
      '[whitelist]\npids = [1]\nnames = ["sshd"]\nusers = ["root"]',
      '[whitelist]\nnames = []\nusers = ["backup"]',
      '[whitelist]\npids = [2]\nnames = [{ name = "db", user = "postgres" }]',
    );
    expect(whitelist).to.deep.equal({
      pids: [1, 2],
      names: [{ name: 'sshd' }, { name: 'db', user: 'postgres' }],
      users: ['root', 'backup'],
    });
  });

  it('add plugins after those before', async () => {
    const { plugins } = await merged(
      '[[plugins]]\nuse = "a"',
      '[[plugins]]\nuse = "b"',
      '[[plugins]]\nuse = "c"',
    );
    expect(plugins.map(({ use }) => use)).to.deep.equal(['a', 'b', 'c']);
  });

  it('are named in the configuration, in the order in which they were merged', async () => {
    const { files } = await merged('', '', '');
    expect(files).to.deep.equal([MAIN, FIRST, LAST]);
  });

  it('are named with the line of their own mistakes', async () => {
    const mistakes = await mistakesOf({
      [MAIN]: '[settings]\ndry_run = true',
      [FIRST]: '# mine\n\n[settings]\ndry_run = "no"',
      [LAST]: '[settings]\nfoo = 1',
    });
    expect(mistakes.map((mistake) => mistake.replace(/: .*/, ''))).to.deep.equal([
      `${FIRST}:4:11`,
      `${LAST}:2:1`,
    ]);
  });

  it('are named for a bad element that they add to a list', async () => {
    const mistakes = await mistakesOf({
      [MAIN]: '[whitelist]\nnames = ["a", "b"]',
      [FIRST]: '[whitelist]\nnames = ["c", 5]',
    });
    expect(mistakes).to.have.length(1);
    expect(mistakes[0]).to.match(/^\/etc\/m\/conf\.d\/10-first\.toml:2:15: whitelist\.names\[3\] is 5;/);
  });

  it('are named for a mistake in a plugin that they add', async () => {
    const mistakes = await mistakesOf({
      [MAIN]: '[[plugins]]\nuse = "a"\n',
      [FIRST]: '\n[[plugins]]\nuse = "b"\non_failure = "panic"\n',
    });
    expect(mistakes).to.have.length(1);
    expect(mistakes[0]).to.match(
      /^\/etc\/m\/conf\.d\/10-first\.toml:4:14: plugins\[1\]\.on_failure is "panic";/,
    );
  });

  it('are named for a plugin of theirs without its source', async () => {
    const mistakes = await mistakesOf({
      [MAIN]: '[[plugins]]\nuse = "a"\n',
      [FIRST]: '\n\n[[plugins]]\nisolate = true\n',
    });
    expect(mistakes).to.have.length(1);
    expect(mistakes[0]).to.match(/^\/etc\/m\/conf\.d\/10-first\.toml:3:3: "use" is missing/);
  });

  it('of which one is not TOML leave the mistakes of the others to be told', async () => {
    const mistakes = await mistakesOf({ [MAIN]: '[settings]\ndry_run = 1', [FIRST]: 'what?' });
    expect(mistakes.map((mistake) => mistake.replace(/: .*/, ''))).to.deep.equal([
      `${FIRST}:1:5`,
      `${MAIN}:2:11`,
    ]);
  });

  it('do not turn a value into another kind of value unnoticed', async () => {
    const mistakes = await mistakesOf({
      [MAIN]: '[whitelist]\npids = [1]',
      [FIRST]: '[whitelist]\npids = 2',
    });
    expect(mistakes).to.have.length(1);
    expect(mistakes[0]).to.match(/^\/etc\/m\/conf\.d\/10-first\.toml:2:8: whitelist\.pids is 2;/);
  });
});
