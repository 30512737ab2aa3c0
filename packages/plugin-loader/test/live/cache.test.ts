import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useWorkshop, type Workshop } from '../support/workshop.js';

const COMPILE = fileURLToPath(import.meta.resolve('../fixtures/compile.js'));
const LONG_AGO = new Date(Date.now() - 3_600_000);

describe('a compiled plugin', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  const names = (beginning: string): readonly string[] =>
    readdirSync(at.cacheDirectory)
      .filter((name) => name.startsWith(beginning))
      .map((name) => join(at.cacheDirectory, name));

  it('is there already the next time, as it was', async () => {
    const path = at.write({
      'helper.ts': 'export default 1;',
      'plugin.ts': `export { default } from './helper.js';`,
    });
    const first = await at.compile(path);
    expect(first.wasCached).to.equal(false);
    expect(await at.compileUntilCached(path)).to.deep.equal({ ...first, wasCached: true });
  });

  it('is never remembered for a source that has changed while it was compiled', async () => {
    const path = at.write({ 'plugin.ts': 'export default 0;' });
    // Before esbuild reads it, while it does, and after.
    for (let afterMs = 1; afterMs < 25; afterMs += 1) {
      writeFileSync(path, `export default -${afterMs};`);
      const compiling = at.compile(path);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      writeFileSync(path, `export default ${afterMs};`);
      await compiling;
      expect(await at.load(path)).to.equal(afterMs);
    }
  });

  /** It is compiled anew after the change, and was not without. */
  const expectsMiss = async (use: string, change: () => unknown): Promise<void> => {
    await at.compileUntilCached(use);
    await change();
    expect((await at.compile(use)).wasCached).to.equal(false);
    await at.compileUntilCached(use);
  };

  it('is made anew if the plugin has changed, or what it imports has', async () => {
    const path = at.write({
      'helper.ts': 'export default 1;',
      'plugin.ts': `export { default } from './helper.js';`,
    });
    const { file } = await at.compile(path);
    await expectsMiss(path, () => at.write({ 'helper.ts': 'export default 2;' }));
    expect(await at.load(path)).to.equal(2);
    await expectsMiss(path, () => at.write({ 'plugin.ts': 'export default 3;' }));
    expect(await at.load(path)).to.equal(3);
    await expectsMiss(path, () =>
      at.write({ 'plugin.ts': `export { default } from './helper.js';`, 'helper.ts': 'export default 1;' }),
    );
    expect((await at.compile(path)).file).to.equal(file);
  });

  it('is made anew if its imports would lead elsewhere now', async () => {
    at.write({
      'node_modules/dep/package.json': { name: 'dep', main: 'a.js' },
      'node_modules/dep/a.js': 'module.exports = "a";',
      'node_modules/dep/b.js': 'module.exports = "b";',
      'real/helper.ts': 'export default 1;',
      'other/helper.ts': 'export default 2;',
    });
    symlinkSync('real', at.path('link'));
    const plugin = at.write({
      'code/helper.ts': 'export default "ts";',
      'code/plugin.ts': `import dep from 'dep'; import one from './helper.js'; import two from '../link/helper.js'; export default [dep, one, two];`,
    });
    expect(await at.load(plugin)).to.deep.equal(['a', 'ts', 1]);
    await expectsMiss(plugin, () => at.write({ 'code/helper.js': 'export default "js";' }));
    await expectsMiss(plugin, () => {
      rmSync(at.path('link'));
      symlinkSync('other', at.path('link'));
    });
    await expectsMiss(plugin, () =>
      at.write({ 'node_modules/dep/package.json': { name: 'dep', main: 'b.js' } }),
    );
    expect(await at.load(plugin)).to.deep.equal(['b', 'js', 2]);
    await expectsMiss(plugin, () =>
      at.write({ 'code/node_modules/dep/index.js': 'module.exports = "nearer";' }),
    );
    expect(await at.load(plugin)).to.deep.equal(['nearer', 'js', 2]);
    await expectsMiss(plugin, () => at.write({ 'code/package.json': { name: 'code' } }));
  });

  it('is made anew if the link that is configured leads elsewhere now', async () => {
    at.write({ 'a/plugin.ts': 'export default 1;', 'b/plugin.ts': 'export default 2;' });
    symlinkSync('a', at.path('current'));
    expect(await at.load('./current/plugin.ts')).to.equal(1);
    await expectsMiss('./current/plugin.ts', () => {
      symlinkSync('b', at.path('next'));
      renameSync(at.path('next'), at.path('current'));
    });
    expect(await at.load('./current/plugin.ts')).to.equal(2);
  });

  it('is made anew if the configuration is elsewhere now, by a link', async () => {
    for (const name of ['a', 'b']) {
      at.write({ [`${name}/node_modules/guard/index.js`]: `module.exports = '${name}';` });
    }
    symlinkSync('a', at.path('current'));
    const entry = { use: 'guard', directory: at.path('current') };
    await eventually(
      'a plugin that is remembered',
      async () => (await at.compiler().compile(entry)).wasCached,
    );
    symlinkSync('b', at.path('next'));
    renameSync(at.path('next'), at.path('current'));
    const { entryPath, wasCached } = await at.compiler().compile(entry);
    expect([entryPath, wasCached]).to.deep.equal([at.path('b/node_modules/guard/index.js'), false]);
  });

  it('is made anew if a package of the name lies nearer now, or another version', async () => {
    at.write({
      '../node_modules/guard/package.json': { name: 'guard', version: '1.0.0' },
      '../node_modules/guard/index.js': 'module.exports = 1;',
    });
    expect(await at.compileUntilCached('guard')).to.include({ version: '1.0.0' });
    await expectsMiss('guard', () =>
      at.write({ '../node_modules/guard/package.json': { name: 'guard', version: '1.0.1' } }),
    );
    expect(await at.compile('guard')).to.include({ version: '1.0.1', wasCached: true });
    await expectsMiss('guard', () => at.write({ 'node_modules/guard/index.js': 'module.exports = 2;' }));
    expect(await at.load('guard')).to.equal(2);
  });

  it('is made anew if core exports something else', async () => {
    const path = at.write({ 'plugin.ts': 'export default 1;' });
    await at.compileUntilCached(path);
    const compiler = at.compiler({ coreExports: ['MonitorError'] });
    expect((await compiler.compile({ use: path, directory: at.directory })).wasCached).to.equal(false);
  });

  it('is made anew if it is not as it was written', async () => {
    const path = at.write({ 'plugin.ts': 'export default 1;' });
    const { file } = await at.compile(path);
    const content = readFileSync(file, 'utf8');
    for (const spoil of [
      () => {
        writeFileSync(file, `${content}\nthrow new Error('not ours');`);
      },
      () => {
        truncateSync(file, 100);
      },
      () => {
        truncateSync(file, 0);
      },
      () => {
        rmSync(file);
      },
    ]) {
      await expectsMiss(path, spoil);
      expect(readFileSync(file, 'utf8')).to.equal(content);
    }
  });

  it('is made anew if what is remembered about it is cut, foreign or gone', async () => {
    const path = at.write({ 'plugin.ts': 'export default 1;' });
    await at.compileUntilCached(path);
    const [memory = ''] = names('entry-');
    const content = readFileSync(memory, 'utf8');
    for (const spoilt of [
      '',
      '\n',
      '{}',
      'null',
      content.slice(0, 70),
      content.slice(0, -1),
      content.slice(65),
      content.replace('"recipe"', '"receipt"'),
      '\0'.repeat(content.length),
    ]) {
      await expectsMiss(path, () => {
        writeFileSync(memory, spoilt);
      });
    }
    await expectsMiss(path, () => {
      rmSync(memory);
    });
    expect(readFileSync(memory, 'utf8')).to.equal(content);
  });

  it('of a plugin that another one is, too, is the same', async () => {
    at.write({ 'plugin.ts': 'export default {};' });
    symlinkSync('plugin.ts', at.path('link.ts'));
    expect(await at.load('./link.ts')).to.equal(await at.load('./plugin.ts'));
    expect(names('plugin-')).to.have.length(1);
  });

  it('comes out of many compilations at once, in one process and in several', async () => {
    const path = at.write({
      'plugin.ts': `import { MonitorError } from '@memory-monitor/core'; export default MonitorError.name;`,
    });
    const [file, ...others] = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        if (index % 2 === 0) {
          return (await at.compile(path)).file;
        }
        const child = spawn(process.execPath, [COMPILE, path, at.directory, at.cacheDirectory], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        await once(child, 'close');
        return output.trim();
      }),
    );
    expect(new Set(others)).to.deep.equal(new Set([file]));
    expect(await at.load(path)).to.equal('MonitorError');
    expect(names('work-')).to.deep.equal([]);
    expect(readdirSync(at.cacheDirectory).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
  });

  describe('when the directory is pruned', () => {
    const prune = async (...uses: string[]): Promise<void> => {
      await at.compiler().prune(uses.map((use) => ({ use, directory: at.directory })));
    };
    const makeOld = (): void => {
      for (const name of readdirSync(at.cacheDirectory)) {
        utimesSync(join(at.cacheDirectory, name), LONG_AGO, LONG_AGO);
      }
    };

    it('stays if it is configured, in its last version, and goes if not', async () => {
      at.write({ 'a.ts': 'export default 1;', 'b.ts': 'export default 2;' });
      const before = await at.compileUntilCached('./a.ts');
      const { file: gone } = await at.compileUntilCached('./b.ts');
      at.write({ 'a.ts': 'export default 3;' });
      const { file: kept } = await at.compileUntilCached('./a.ts');
      makeOld();
      await prune('./a.ts', './never-compiled.ts');
      expect([before.file, gone, kept].map((file) => existsSync(file))).to.deep.equal([false, false, true]);
      expect(names('entry-')).to.have.length(1);
      expect(await at.compile('./a.ts')).to.include({ file: kept, wasCached: true });
      expect((await at.compile('./b.ts')).wasCached).to.equal(false);
    });

    it('stays for a while: another process may be about to import it', async () => {
      const path = at.write({ 'plugin.ts': 'export default 1;' });
      const { file } = await at.compileUntilCached(path);
      makeOld();
      await at.compile(path);
      await prune();
      expect(existsSync(file)).to.equal(true);
    });

    it('goes with what a crash has left, and nothing that is not ours does', async () => {
      const path = at.write({ 'plugin.ts': 'export default 1;' });
      const { file } = await at.compileUntilCached(path);
      const left = [join(at.cacheDirectory, 'work-AbC123'), `${file}.${crypto.randomUUID()}.tmp`];
      mkdirSync(left[0]!);
      writeFileSync(join(left[0]!, 'plugin.mjs'), '');
      writeFileSync(left[1]!, '');
      const foreign = ['notes.txt', 'plugin.mjs', 'workshop'].map((name) => join(at.cacheDirectory, name));
      for (const name of foreign) {
        writeFileSync(name, '');
      }
      makeOld();
      await prune(path);
      expect(left.map((name) => existsSync(name))).to.deep.equal([false, false]);
      expect(foreign.map((name) => existsSync(name))).to.deep.equal([true, true, true]);
    });
  });

  describe('has a directory that', () => {
    it('is made with those above it', async () => {
      const cacheDirectory = at.path('new/state/plugins');
      const path = at.write({ 'plugin.ts': 'export default 1;' });
      await at.compiler({ cacheDirectory }).compile({ use: path, directory: at.directory });
      expect(statSync(cacheDirectory).mode & 0o777).to.equal(0o700);
    });

    const expectUntrusted = async (isPrivileged: boolean): Promise<void> => {
      const path = at.write({ 'plugin.ts': 'export default 1;' });
      const message = await rejection('MM_ERR_UNTRUSTED', () =>
        at.compiler({ isPrivileged }).compile({ use: path, directory: at.directory }),
      );
      expect(message).to.contain(`${at.cacheDirectory}, the directory for compiled plugins, is not`);
      await rejection('MM_ERR_UNTRUSTED', () => at.compiler({ isPrivileged }).prune([]));
    };

    it('is refused if others may write to it, whoever runs this', async () => {
      mkdirSync(at.cacheDirectory);
      chmodSync(at.cacheDirectory, 0o770);
      await expectUntrusted(false);
    });

    itWhere(
      lacksRoot,
      "is refused if it is somebody else's, or in a directory where others may write",
      async () => {
        mkdirSync(at.cacheDirectory, { mode: 0o700 });
        chownSync(at.cacheDirectory, 65_534, 0);
        await expectUntrusted(true);
        await expectUntrusted(false);
        chownSync(at.cacheDirectory, 0, 0);
        chmodSync(join(at.cacheDirectory, '..'), 0o1777);
        await rejection('MM_ERR_UNTRUSTED', () => at.compiler({ isPrivileged: true }).prune([]));
      },
    );

    itWhere(lacksRoot, 'is not even made below what is not trusted', async () => {
      at.write({ 'plugin.ts': 'export default 1;' });
      mkdirSync(at.path('theirs'));
      chownSync(at.path('theirs'), 65_534, 0);
      mkdirSync(at.path('ours'));
      symlinkSync('../theirs', at.path('ours/way'));
      for (const place of ['theirs', 'ours/way']) {
        const compiler = at.compiler({ cacheDirectory: at.path(`${place}/state/plugins`) });
        const message = await rejection('MM_ERR_UNTRUSTED', () =>
          compiler.compile({ use: './plugin.ts', directory: at.directory }),
        );
        expect(message).to.contain(at.path('theirs')).and.to.contain('it belongs to user 65534');
        expect(readdirSync(at.path('theirs'))).to.deep.equal([]);
      }
    });

    it('can not be made is told, with why', async () => {
      at.write({ 'plugin.ts': 'export default 1;', 'a-file': '' });
      const compiler = at.compiler({ cacheDirectory: at.path('a-file/plugins') });
      const message = await rejection('MM_ERR_PLUGIN_COMPILE', () =>
        compiler.compile({ use: './plugin.ts', directory: at.directory }),
      );
      expect(message)
        .to.contain('./plugin.ts can not be compiled: ENOTDIR')
        .and.to.contain(at.path('a-file/plugins'));
    });

    it('is there until the end only, if none is given', async () => {
      const path = at.write({ 'plugin.ts': 'export default 1;' });
      const compiler = at.compiler({ cacheDirectory: '' });
      const { file } = await compiler.compile({ use: path, directory: at.directory });
      const directory = join(file, '..');
      expect(statSync(directory).mode & 0o777).to.equal(0o700);
      compiler.dispose();
      expect(existsSync(directory)).to.equal(false);
      const again = await compiler.compile({ use: path, directory: at.directory });
      expect(again.wasCached).to.equal(false);
      compiler.dispose();
      compiler.dispose();
      expect(existsSync(join(again.file, '..'))).to.equal(false);
    });
  });
});
