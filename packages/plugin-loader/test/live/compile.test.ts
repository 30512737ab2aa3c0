import { existsSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

import { MonitorError, token } from '@memory-monitor/core';
import { expect } from 'chai';

import { rejection } from '../support/rejection.js';
import { useWorkshop, type Workshop } from '../support/workshop.js';

/** An import that may fail, so that the compiler does not mind it. */
const tried = (specifier: string): string =>
  `try { await import('${specifier}'); } catch {} export default 1;`;

describe('a plugin file', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  it('can be written in each of the languages, and named by a relative path or an absolute one', async () => {
    for (const extension of ['js', 'mjs', 'ts', 'mts']) {
      const path = at.write({ [`plugin.${extension}`]: `export default '${extension}';` });
      expect(await at.load(path)).to.equal(extension);
      expect(await at.load(`./plugin.${extension}`)).to.equal(extension);
    }
  });

  it('in TypeScript has enums, decorators of parameters too, and awaits at the top', async () => {
    const path = at.write({
      'helper.ts': 'export class Guest {}',
      'plugin.ts': `
        import { inject, injectable, token, type Logger } from '@memory-monitor/core';
        import { Guest as Other } from './helper.js';
        interface Greeter { readonly greeting: string }
        const GREETER = token<Greeter>('greeter');
        enum Colour { Red, Blue = 'blue' }
        @injectable()
        class Guest {
          constructor(@inject(GREETER) readonly greeter: Greeter, private readonly logger?: Logger) {}
        }
        const later: number = await Promise.resolve(7);
        export default { red: Colour.Red, blue: Colour.Blue, key: GREETER, names: [Guest.name, Other.name], later } as const;`,
    });
    const { key, ...values } = (await at.load(path)) as Record<string, unknown>;
    expect(values).to.deep.equal({ red: 0, blue: 'blue', names: ['Guest', 'Guest'], later: 7 });
    expect(key).to.deep.equal(token('greeter'));
  });

  it("has the daemon's own copy of core, not one that lies beside it", async () => {
    const path = at.write({
      'node_modules/@memory-monitor/core/package.json': { name: '@memory-monitor/core', main: 'index.js' },
      'node_modules/@memory-monitor/core/index.js': 'export const MonitorError = 1;',
      'plugin.ts': `import { MonitorError } from '@memory-monitor/core'; export default MonitorError;`,
    });
    expect(await at.load(path)).to.equal(MonitorError);
  });

  it('imports its helpers, written in TypeScript, as .js', async () => {
    const path = at.write({
      'lib/helper.ts': 'export const help = (): string => "helped";',
      'plugin.ts': `import { help } from './lib/helper.js'; export default help();`,
    });
    expect(await at.load(path)).to.equal('helped');
    expect((await at.compile(path)).inputs).to.deep.equal([at.path('lib/helper.ts'), path]);
  });

  it('has CommonJS packages, which have the modules of Node and a __dirname, and a require of their own', async () => {
    const path = at.write({
      'node_modules/old/package.json': { name: 'old', version: '1.0.0' },
      'node_modules/old/index.js': `
        const { existsSync } = require('node:fs');
        const path = require('path');
        module.exports = { isThere: existsSync(path.join(__dirname, path.basename(__filename))), tries: () => [1, 2].map(load) };
        function load(name) { try { return require(String(name)); } catch (error) { return error.code; } }`,
      'plugin.ts': `import old from 'old'; export default [old.isThere, ...old.tries()];`,
    });
    expect(await at.load(path)).to.deep.equal([true, 'MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
  });

  it('can not require a file that was not compiled, by no detour', async () => {
    const path = at.write({
      'node_modules/old/package.json': { name: 'old' },
      'node_modules/old/index.js': `
        const load = (name) => { try { return require(name); } catch (error) { return error.code; } };
        const optional = (() => { try { return require('optional'); } catch (error) { return error.code; } })();
        module.exports = [optional, load(__dirname + '/secret.js'), load('./secret.js')];`,
      'secret.js': 'module.exports = "loaded";',
      'plugin.ts': `import old from 'old'; export default old;`,
    });
    expect(await at.load(path)).to.deep.equal(Array(3).fill('MODULE_NOT_FOUND'));
  });

  const UNCHECKED: Record<string, readonly [specifier: string, code: (specifier: string) => string]> = {
    'a path that names a host': ['//host/evil.mjs', (it) => `export { default } from '${it}';`],
    'a URL': ['https://host.example/evil.mjs', (it) => `import evil from '${it}'; export default evil;`],
    'a data: URL that is no code': ['data:text/x-evil,1', (it) => `import '${it}'; export default 1;`],
    'a path where nothing is yet': [
      '/nowhere/evil.mjs',
      (it) => `export default await import('${it}').catch(() => 0);`,
    ],
    'a relative path where nothing is yet': ['./later.mjs', tried],
    'a file: URL': ['file:///nowhere/evil.mjs', tried],
    'a package that is not there': ['missing', tried],
    'a file: URL that it requires': [
      'file:///nowhere/evil.cjs',
      (it) => `try { require('${it}'); } catch {} export default 1;`,
    ],
    'a path in the code of a data: URL': [
      '//host/evil.mjs',
      (it) => `export { default } from 'data:text/javascript,export%20*%20from%20%22${it}%22';`,
    ],
  };
  for (const [what, [specifier, code]] of Object.entries(UNCHECKED)) {
    it(`is refused if it imports ${what}, by itself or by a helper, with the import and the file`, async () => {
      for (const extension of ['ts', 'mjs']) {
        at.write({ [`helper.${extension}`]: code(specifier) });
        const path = at.write({
          [`plugin.${extension}`]: `export { default } from './helper.${extension}';`,
        });
        for (const use of [path, at.path(`helper.${extension}`)]) {
          const message = await rejection('MM_ERR_PLUGIN_COMPILE', () => at.compile(use));
          expect(message).to.contain(`"${specifier}" can not be compiled in, and would be loaded unchecked`);
          expect(message).to.contain(
            what.includes('in the code') ? '<data:' : `${at.path(`helper.${extension}`)}: `,
          );
        }
      }
    });
  }

  it('can import the modules of Node, and what it names by a path or a data: URL that is compiled in', async () => {
    const helper = at.write({ 'helper.mjs': 'export default 1;' });
    const path = at.write({
      'plugin.ts': `
        import { EOL } from 'os';
        import { sep } from 'node:path';
        import one from '${helper}';
        import two from 'data:text/javascript,export default 2';
        export default [EOL, sep, one, two, typeof (await import('node:fs')).statSync];`,
    });
    expect(await at.load(path)).to.deep.equal(['\n', '/', 1, 2, 'function']);
    expect((await at.compile(path)).inputs).to.include(helper);
  });

  it('has packages as Node would resolve them, by their exports', async () => {
    const entries = { module: './bundler.mjs', require: './old.cjs', import: './new.mjs' };
    const path = at.write({
      'node_modules/dual/package.json': { name: 'dual', exports: { '.': entries, './sub': './sub.mjs' } },
      'node_modules/dual/bundler.mjs': 'export const kind = "for bundlers";',
      'node_modules/dual/old.cjs': 'exports.kind = "old";',
      'node_modules/dual/new.mjs': 'export const kind = "new";',
      'node_modules/dual/sub.mjs': 'export default "sub";',
      'plugin.mjs': `import { kind } from 'dual'; import sub from 'dual/sub'; export default [kind, sub];`,
    });
    expect(await at.load(path)).to.deep.equal(['new', 'sub']);
  });

  it('has the packages beside its real place, if it is a link', async () => {
    at.write({
      'real/node_modules/near/package.json': { name: 'near' },
      'real/node_modules/near/index.js': 'exports.near = "near";',
      'real/plugin.ts': `import { near } from 'near'; export default near;`,
    });
    symlinkSync('real/plugin.ts', at.path('link.ts'));
    expect(await at.load('./link.ts')).to.equal('near');
    expect((await at.compile('./link.ts')).entryPath).to.equal(at.path('real/plugin.ts'));
  });

  it('knows its own place, and can declare what CommonJS has', async () => {
    at.write({
      'plugin.ts': `
        import { createRequire } from 'node:module';
        import { dirname } from 'node:path';
        import { fileURLToPath } from 'node:url';
        const require = createRequire(import.meta.url);
        const __filename = fileURLToPath(import.meta.url);
        const __dirname = dirname(__filename);
        export default [import.meta.url, import.meta.filename, import.meta.dirname, __dirname, require('./data.json')];`,
      'data.json': { a: 1 },
    });
    const plugin = at.path('plugin.ts');
    expect(await at.load(plugin)).to.deep.equal([
      pathToFileURL(plugin).href,
      plugin,
      at.directory,
      at.directory,
      { a: 1 },
    ]);
  });

  it('can have an odd path', async () => {
    for (const name of ['a=b', 'a b', '-a', "it's", 'ä#1?%41', '$(x)`y`', '@memory-monitor']) {
      const path = at.write({
        [`${name}/helper.ts`]: 'export default 1;',
        [`${name}/plugin.ts`]: `import one from './helper.js'; export default [one, import.meta.filename];`,
      });
      expect(await at.load(path), name).to.deep.equal([1, path]);
    }
  });

  it('with a "*" in its path is refused', async () => {
    const path = at.write({ 'a*/plugin.ts': 'export default 1;' });
    expect(await rejection('MM_ERR_PLUGIN_INVALID', () => at.compile(path))).to.contain(`${path} has a "*"`);
  });

  it('in another language is refused, with those that are accepted', async () => {
    for (const name of ['plugin.py', 'plugin', 'plugin.tsx', 'plugin.cjs']) {
      at.write({ [name]: '' });
      const message = await rejection('MM_ERR_PLUGIN_INVALID', () => at.compile(`./${name}`));
      expect(message).to.contain(at.path(name)).and.to.contain('.js, .mjs, .ts, .mts');
    }
    symlinkSync('plugin.py', at.path('plugin.ts'));
    const message = await rejection('MM_ERR_PLUGIN_INVALID', () => at.compile('./plugin.ts'));
    expect(message).to.contain(at.path('plugin.py'));
  });

  it('that is not there is told with its path and where that comes from', async () => {
    symlinkSync('nowhere.ts', at.path('dangling.ts'));
    symlinkSync('loop.ts', at.path('loop.ts'));
    for (const name of ['gone.ts', 'dangling.ts', 'loop.ts']) {
      const message = await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile(`./${name}`));
      expect(message).to.contain(at.path(name)).and.to.contain('check "use" in [[plugins]]');
    }
  });

  it('is found without "./" in front, if it is there', async () => {
    at.write({ 'plugins/a.ts': 'export default "a";', 'b.js': 'export default "b";' });
    expect(await at.load('plugins/a.ts')).to.equal('a');
    expect(await at.load('b.js')).to.equal('b');
    const missing = await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile('plugins/gone.ts'));
    expect(missing).to.contain(`There is no plugin ${at.path('plugins/gone.ts')}, and no package`);
    const unknown = await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile('chart.js'));
    expect(unknown).to.contain(`There is no plugin ${at.path('chart.js')}, and no package`);
  });

  it('leaves nothing behind but what is remembered, for its user alone', async () => {
    const path = at.write({ 'plugin.ts': 'export default 1;' });
    const { file } = await at.compileUntilCached(path);
    expect(dirname(file)).to.equal(at.cacheDirectory);
    expect(statSync(at.cacheDirectory).mode & 0o777).to.equal(0o700);
    const names = readdirSync(at.cacheDirectory).sort();
    expect(names.map((name) => name.replace(/-[0-9a-f]{64}/, ''))).to.deep.equal([
      'core.mjs',
      'entry.json',
      'plugin.mjs',
    ]);
    for (const name of names) {
      expect(statSync(`${at.cacheDirectory}/${name}`).mode & 0o777).to.equal(0o600);
    }
    expect(names).to.include(basename(file));
    expect(existsSync(at.path('plugin.mjs'))).to.equal(false);
  });

  describe('with mistakes', () => {
    const mistakes = async (files: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
      const path = at.write(files);
      const message = await rejection('MM_ERR_PLUGIN_COMPILE', () => at.compile(path));
      return message.split('\n').map((line) => line.replaceAll(`${at.directory}/`, ''));
    };

    it('in its syntax is told with file, line and column', async () => {
      expect(
        await mistakes({ 'plugin.ts': 'const a = 1;\nconst b: number = ;\nexport default a;' }),
      ).to.deep.equal(['plugin.ts:2:19: Unexpected ";".']);
    });

    it('is told by its absolute path, and that of a helper', async () => {
      const path = at.write({
        'helper.mjs': '\n  }',
        'plugin.mjs': `import './helper.mjs'; export default 1;`,
      });
      expect(await rejection('MM_ERR_PLUGIN_COMPILE', () => at.compile(path))).to.equal(
        `${at.path('helper.mjs')}:2:3: Unexpected "}".`,
      );
    });

    it('in the names that it imports is told, wherever those come from', async () => {
      expect(
        await mistakes({
          'helper.ts': 'export const a = 1;',
          'plugin.ts': `import { MonitorError, definePlugn } from '@memory-monitor/core';\nimport { b } from './helper.js';\nexport default [MonitorError, definePlugn, b];`,
        }),
      ).to.deep.equal([
        'plugin.ts:1:24: "@memory-monitor/core" exports no "definePlugn".',
        'plugin.ts:2:10: "helper.ts" exports no "b".',
      ]);
    });

    it('in the names that it takes from a whole module is told too, but not in a package that looks for what may be there', async () => {
      expect(
        await mistakes({
          'helper.ts': 'export const a = 1;',
          'plugin.ts': "import * as helper from './helper.js';\nexport default helper.b;",
        }),
      ).to.deep.equal(['plugin.ts:2:23: "helper.ts" exports no "b".']);
      const path = at.write({
        'node_modules/looks/package.json': { name: 'looks', exports: './index.mjs' },
        'node_modules/looks/index.mjs':
          "import * as fs from './some.mjs';\nexport default fs.none ?? 'fallback';",
        'node_modules/looks/some.mjs': 'export const some = 1;',
        'plugin.ts': "export { default } from 'looks';",
      });
      expect(await at.load(path)).to.equal('fallback');
    });

    it('is told all of them at once, in order', async () => {
      expect(
        await mistakes({
          'node_modules/shut/package.json': { name: 'shut', exports: { '.': './index.js' } },
          'node_modules/shut/index.js': '',
          'addon.node': '',
          'broken.json': '{',
          'a.ts': `import '@memory-monitor/core/testing';\nimport '@memory-monitor/core/other';`,
          'plugin.ts': [
            "import './a.js';",
            "import './gone.js';",
            "import 'left-pad';",
            "import 'shut/inside';",
            "import './addon.node';",
            "import './broken.json';",
            'export default 1;',
          ].join('\n'),
        }),
      ).to.deep.equal([
        'a.ts:1:8: "@memory-monitor/core/testing" is there for tests only; a plugin can import what "@memory-monitor/core" exports.',
        'a.ts:2:8: "@memory-monitor/core/other" is not there; a plugin can import what "@memory-monitor/core" exports.',
        'broken.json:1:2: Expected string in JSON but found end of file.',
        'plugin.ts:2:8: "./gone.js" can not be found.',
        'plugin.ts:3:8: "left-pad" can not be found; install it beside the plugin, with npm install.',
        'plugin.ts:4:8: "shut/inside" can not be found: The path "./inside" is not exported by package "shut".',
        'plugin.ts:5:8: A native addon (.node) can not be part of a plugin; run it as a program of its own.',
      ]);
    });

    it('is not remembered, and mended by the next attempt', async () => {
      await mistakes({ 'plugin.ts': 'export default ;' });
      expect(await at.load(at.write({ 'plugin.ts': 'export default 2;' }))).to.equal(2);
    });
  });
});

describe('a plugin package', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  it('is found from where the configuration is, and has the same core', async () => {
    at.write({
      'node_modules/@acme/guard/package.json': {
        name: '@acme/guard',
        version: '1.2.3',
        type: 'module',
        sideEffects: false,
        exports: { '.': { types: './dist/index.d.ts', import: './dist/index.js' } },
        peerDependencies: { '@memory-monitor/core': '*' },
      },
      'node_modules/@acme/guard/dist/package.json': { type: 'module' },
      'node_modules/@acme/guard/dist/index.js': `import { MonitorError } from '@memory-monitor/core'; import { a } from './a.js'; export default [MonitorError, a, import.meta.filename];`,
      'node_modules/@acme/guard/dist/a.js': 'export const a = "a";',
    });
    const entryPath = at.path('node_modules/@acme/guard/dist/index.js');
    expect(await at.load('@acme/guard')).to.deep.equal([MonitorError, 'a', entryPath]);
    expect(await at.compileUntilCached('@acme/guard')).to.include({ entryPath, version: '1.2.3' });
  });

  it('can lie further up, have no default of its own, and be CommonJS or named with a file', async () => {
    at.write({
      '../node_modules/old/package.json': { name: 'old', version: '0.0.1', main: 'main' },
      '../node_modules/old/main.js': 'module.exports = "old";',
      '../node_modules/old/main.ts': 'export default "its source";',
      '../node_modules/old/other.ts': 'export default "other" as string;',
    });
    expect(await at.load('old')).to.equal('old');
    expect(await at.load('old/other.ts')).to.equal('other');
  });

  it('is found from the real place of a configuration whose directory is a link', async () => {
    at.write({
      'a/b/etc/config.toml': '',
      'a/b/node_modules/guard/index.js': 'module.exports = 1;',
    });
    symlinkSync('a/b/etc', at.path('link'));
    const { entryPath } = await at.compiler().compile({ use: 'guard', directory: at.path('link') });
    expect(entryPath).to.equal(at.path('a/b/node_modules/guard/index.js'));
  });

  it('that is a directory is told so, and not to be installed from somewhere else', async () => {
    at.write({ 'mine/src/index.ts': 'export default 1;', 'other/x.ts': '' });
    const tell = async (use: string): Promise<string> =>
      await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile(use));
    const mine = `The plugin ${at.path('mine')} is a directory; name the plugin's file in it: ${at.path('mine/src/index.ts')}.`;
    expect(await tell('mine')).to.equal(mine);
    expect(await tell('./mine')).to.equal(mine);
    expect(await tell('./other')).to.equal(
      `The plugin ${at.path('other')} is a directory; name the plugin's file in it.`,
    );
  });

  it('that is not there is told with where it was looked for, and how to get it', async () => {
    at.write({
      'plugin.ts': 'export default 1;',
      'node_modules/shut/package.json': { name: 'shut', exports: {} },
    });
    const tell = async (use: string): Promise<string> =>
      await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile(use));
    expect(await tell('@acme/gone')).to.equal(
      `The plugin package @acme/gone can not be found from ${at.directory}; run "npm install @acme/gone" there, or check "use" in [[plugins]].`,
    );
    expect(await tell('shut')).to.contain('is not exported by package');
    expect(await tell('node:fs')).to.contain('can not be found');
    expect(await tell('data:text/javascript,export default 1')).to.contain('can not be found');
    const elsewhere = at.compiler().compile({ use: 'shut', directory: at.path('nowhere') });
    expect(await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => elsewhere)).to.contain(
      'there is no such directory',
    );
  });
});
