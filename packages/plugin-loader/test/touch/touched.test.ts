import { expect } from 'chai';

import { touchedBy } from '#src/touch/touched.js';

describe('what a plugin touches', () => {
  const touched = (specifier: string): readonly string[] =>
    touchedBy({ inputs: ['/etc/mm/plugin.ts'], imports: [{ from: '/etc/mm', specifier }] });
  const without = touched('data:text/javascript,1');
  const more = (specifier: string): readonly string[] =>
    touched(specifier).filter((path) => !without.includes(path));

  it('is its files and their directories, and what counts in each directory above', () => {
    const above = ['/etc/mm/', '/etc/', '/'].flatMap((directory) =>
      ['package.json', 'node_modules', '.pnp.data.json', '.pnp.cjs', '.pnp.js'].map(
        (name) => directory + name,
      ),
    );
    expect(without).to.have.members(['/etc/mm/plugin.ts', '/etc/mm', ...above]);
  });

  it('is where a file is imported from, before any link is followed', () => {
    expect(more('./lib/helper.js')).to.have.members([
      '/etc/mm/lib',
      '/etc/mm/lib/helper.js',
      '/etc/mm/lib/helper.js/package.json',
    ]);
    expect(more('../lib')).to.have.members(['/etc', '/etc/lib', '/etc/lib/package.json']);
    expect(more('/opt/lib/helper.js')).to.have.members([
      '/opt/lib',
      '/opt/lib/helper.js',
      '/opt/lib/helper.js/package.json',
    ]);
    expect(more('..')).to.have.members(['/', '/etc']);
  });

  it('is each place where a package could be', () => {
    expect(more('dep/sub/file.js')).to.have.members(
      ['/etc/mm', '/etc', ''].flatMap((directory) => [
        `${directory}/node_modules/dep`,
        `${directory}/node_modules/dep/package.json`,
      ]),
    );
    expect(more('@acme/dep/file.js')).to.have.members(
      ['/etc/mm', '/etc', ''].flatMap((directory) => [
        `${directory}/node_modules/@acme`,
        `${directory}/node_modules/@acme/dep`,
        `${directory}/node_modules/@acme/dep/package.json`,
      ]),
    );
  });

  it('is nothing more for what package.json says, or for no path at all', () => {
    for (const specifier of [
      '#internal',
      'node:fs',
      'data:text/javascript,export default 1',
      '@',
      '@/a',
      '',
    ]) {
      expect(more(specifier), specifier).to.deep.equal([]);
    }
  });
});
