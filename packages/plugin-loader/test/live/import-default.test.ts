import { importDefault } from '@memory-monitor/plugin-loader';
import { expect } from 'chai';

import { nodeRunning } from '../support/node-running.js';
import { rejection } from '../support/rejection.js';
import { useWorkshop, type Workshop } from '../support/workshop.js';

describe('an imported plugin', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  it('is its default export, the same one each time', async () => {
    const path = at.write({ 'plugin.ts': 'export default { a: 1 }; export const b = 2;' });
    const plugin = await at.load(path);
    expect(plugin).to.deep.equal({ a: 1 });
    expect(await at.load(path)).to.equal(plugin);
    at.write({ 'plugin.ts': 'export default { a: 2 };' });
    expect(await at.load(path)).to.deep.equal({ a: 2 });
    at.write({ 'plugin.ts': 'export default { a: 1 }; export const b = 2;' });
    expect(await at.load(path)).to.equal(plugin);
  });

  it('does not need its file any more', async () => {
    const path = at.write({ 'plugin.ts': 'export default () => "still there";' });
    const compiler = at.compiler({ cacheDirectory: '' });
    const compiled = await compiler.compile({ use: path, directory: at.directory });
    const plugin = (await importDefault(compiled)) as () => string;
    compiler.dispose();
    expect(plugin()).to.equal('still there');
    expect(await importDefault(compiled)).to.equal(plugin);
  });

  it('that exports no default is refused, and told how to', async () => {
    for (const source of ['export const plugin = 1;', 'export default undefined;', '']) {
      const path = at.write({ 'plugin.ts': source });
      expect(await rejection('MM_ERR_PLUGIN_INVALID', () => at.load(path))).to.equal(
        `The plugin ${path} has no default export; export definePlugin({ … }) as the default.`,
      );
    }
  });

  it('that throws while it is loaded is told with where in its source', async () => {
    const path = at.write({
      'a dir#1/helper.ts':
        'interface A {\n  a: 1;\n}\nexport const fail = (a?: A): never => {\n  throw new Error(`no ${a}`);\n};',
      'plugin.ts': `import { fail } from './a dir#1/helper.js';\n\nexport default fail();`,
    });
    expect(await rejection('MM_ERR_PLUGIN_INVALID', () => at.load(path))).to.equal(
      `The plugin ${path} failed while it was loaded: no undefined (${at.path('a dir#1/helper.ts')}:5:9).`,
    );
  });

  it('that throws anything else, or imports what Node does not have, is told without', async () => {
    for (const [source, why] of [
      ['throw "just text"; export default 1;', 'just text'],
      [`import { nope } from 'node:fs'; export default nope;`, `does not provide an export named 'nope'`],
      ['await Promise.reject(undefined); export default 1;', 'undefined'],
    ]) {
      const path = at.write({ 'plugin.ts': source });
      expect(await rejection('MM_ERR_PLUGIN_INVALID', () => at.load(path))).to.contain(why);
    }
  });

  it('gets another try after it has failed, as what it misses may be there then', async () => {
    const path = at.write({
      'plugin.ts': `import { readFileSync } from 'node:fs';\nexport default readFileSync(new URL('data', import.meta.url), 'utf8');`,
    });
    await rejection('MM_ERR_PLUGIN_INVALID', () => at.load(path));
    expect(await rejection('MM_ERR_PLUGIN_INVALID', () => at.load(path))).to.contain(`${path}:2:16`);
    at.write({ data: 'here now' });
    expect(await at.load(path)).to.equal('here now');
  });

  it('shows its own lines in the stacks of its errors, also without an option of Node', async () => {
    const path = at.write({
      'plugin.ts': [
        'interface Violation {',
        '  readonly pid: number;',
        '}',
        '',
        'export default {',
        '  decide(violation: Violation): void {',
        '    const { pid }: Violation = violation;',
        '    throw new Error(`about ${pid}`);',
        '  },',
        '};',
      ].join('\n'),
    });
    const compiled = await at.compile(path);
    const output = nodeRunning(`
      import { importDefault } from '@memory-monitor/plugin-loader';
      const plugin = await importDefault(${JSON.stringify(compiled)});
      try { plugin.decide({ pid: 7 }); } catch (error) { console.log(error.stack); }`);
    expect(output)
      .to.match(/^Error: about 7\n/)
      .and.to.contain(`(${path}:8:11)`);
    expect(output).to.not.contain(at.cacheDirectory);
  });
});

describe('a plugin where core is not there', () => {
  const workshop = useWorkshop();

  it('says so', async () => {
    const at = workshop();
    const path = at.write({ 'plugin.ts': `export { MonitorError as default } from '@memory-monitor/core';` });
    const output = nodeRunning(`
      import { importDefault } from '@memory-monitor/plugin-loader';
      await importDefault(${JSON.stringify(await at.compile(path))}).catch((error) => console.log(error.message));`);
    expect(output).to.contain('@memory-monitor/core is not there');
  });
});
