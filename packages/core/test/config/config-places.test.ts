import { ConfigPlaces, type SourceFile } from '@memory-monitor/core';
import { expect } from 'chai';

const MAIN: SourceFile = {
  path: '/etc/m/config.toml',
  text: [
    '# The limits',
    '[thresholds]',
    'ram_gb_threshold = 4',
    'check_interval = 10',
    '',
    '[[plugins]]',
    'use = "./a.ts"',
    '[[plugins]]',
    'isolate = true',
    'use = "./b.ts"',
  ].join('\n'),
};
const DROP_IN: SourceFile = {
  path: '/etc/m/conf.d/10.toml',
  text: ['[thresholds]', '  ram_gb_threshold = 2', '', '[[plugins]]', 'use = "./c.ts"'].join('\n'),
};
const EMPTY: SourceFile = { path: '/etc/m/conf.d/20.toml', text: '' };
const FILES = [MAIN, DROP_IN, EMPTY];

async function placeOf(
  files: readonly SourceFile[],
  ...path: (string | number)[]
): Promise<string | undefined> {
  return await new ConfigPlaces(files).find(path);
}

describe('the place of a key', () => {
  it('is where it stands', async () => {
    expect(await placeOf(FILES, 'thresholds', 'check_interval')).to.equal(`${MAIN.path}:4`);
  });

  it('is in the last file that has it, which counts', async () => {
    expect(await placeOf(FILES, 'thresholds', 'ram_gb_threshold')).to.equal(`${DROP_IN.path}:2`);
    expect(await placeOf([MAIN, EMPTY], 'thresholds', 'ram_gb_threshold')).to.equal(`${MAIN.path}:3`);
  });

  it('is in the file of that plugin, when the plugins of all files are counted together', async () => {
    expect(await placeOf(FILES, 'plugins', 0, 'use')).to.equal(`${MAIN.path}:7`);
    expect(await placeOf(FILES, 'plugins', 1, 'use')).to.equal(`${MAIN.path}:10`);
    expect(await placeOf(FILES, 'plugins', 2, 'use')).to.equal(`${DROP_IN.path}:5`);
  });

  it('is found behind the mark that editors put before the first line', async () => {
    const marked = { path: '/m.toml', text: '\uFEFF[thresholds]\nram_gb_threshold = 4' };
    expect(await placeOf([marked], 'thresholds')).to.equal('/m.toml:1');
    expect(await placeOf([marked], 'thresholds', 'ram_gb_threshold')).to.equal('/m.toml:2');
  });

  it('is nowhere for a key that is left to its default', async () => {
    const nowhere = [
      ['thresholds', 'ram_percent_threshold'],
      ['settings', 'measure'],
      ['plugins', 3, 'use'],
      ['plugins', 0, 'isolate'],
      ['thresholds', 'constructor'],
      ['__proto__'],
      ['thresholds', 'check_interval', 'toString'],
    ] as const;
    for (const path of nowhere) {
      expect(await placeOf(FILES, ...path), path.join('.')).to.equal(undefined);
    }
    expect(await placeOf([], 'thresholds', 'check_interval')).to.equal(undefined);
  });
});
