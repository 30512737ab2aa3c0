import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useWorkshop, type Workshop } from '../support/workshop.js';

const SOMEBODY = 65_534;
const PLUGIN = 'export default 1;';

describe('a plugin that somebody else could change', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  /** It is refused because of what is at `blamed`, and was fine before `spoil` and is again with another user. */
  const expectRefusal = async (
    use: string,
    blamed: string,
    reason: string,
    spoil: () => void,
  ): Promise<string> => {
    expect(await at.load(use)).to.not.equal(undefined);
    spoil();
    const message = await rejection('MM_ERR_UNTRUSTED', () => at.compile(use));
    expect(message).to.contain(at.path(blamed).replace(/\/$/, '')).and.to.contain(reason);
    const asOrdinaryUser = at.compiler({ isPrivileged: false });
    expect((await asOrdinaryUser.compile({ use, directory: at.directory })).entryPath).to.be.a('string');
    return message;
  };
  const letEverybodyWrite = (name: string) => () => {
    chmodSync(at.path(name), 0o777);
  };
  const EVERYBODY = 'everybody may write to it';

  itWhere(lacksRoot, 'is refused if a group may write to it', async () => {
    const path = at.write({ 'plugin.ts': PLUGIN });
    const message = await expectRefusal(path, 'plugin.ts', 'group root may write to it', () => {
      chownSync(path, 0, 0);
      chmodSync(path, 0o664);
    });
    expect(message).to.equal(
      `${path}, a plugin, is not trusted because group root may write to it; ` +
        `keep it where only root can write, or run "chmod g-w ${path}".`,
    );
  });

  itWhere(lacksRoot, 'is refused if everybody may write to it', async () => {
    const path = at.write({ 'plugin.ts': PLUGIN });
    await expectRefusal(path, 'plugin.ts', EVERYBODY, letEverybodyWrite('plugin.ts'));
  });

  itWhere(lacksRoot, "is refused if it is somebody else's", async () => {
    const path = at.write({ 'plugin.ts': PLUGIN });
    await expectRefusal(path, 'plugin.ts', `it belongs to user ${SOMEBODY}`, () => {
      chownSync(path, SOMEBODY, 0);
    });
  });

  itWhere(lacksRoot, 'is refused if everybody may write to a directory above it', async () => {
    const path = at.write({ 'a/b/plugin.ts': PLUGIN });
    await expectRefusal(path, 'a', EVERYBODY, letEverybodyWrite('a'));
  });

  itWhere(lacksRoot, 'is refused in a sticky directory, as /tmp is', async () => {
    const path = at.write({ 'a/plugin.ts': PLUGIN });
    await expectRefusal(path, 'a', EVERYBODY, () => {
      chmodSync(at.path('a'), 0o1777);
    });
  });

  itWhere(lacksRoot, 'is refused if it imports anything from a sticky directory', async () => {
    const path = at.write({
      'a/helper.ts': 'export default 1;',
      'plugin.ts': `export { default } from './a/helper.js';`,
    });
    await expectRefusal(path, 'a', EVERYBODY, () => {
      chmodSync(at.path('a'), 0o1777);
    });
  });

  itWhere(lacksRoot, 'is refused before it is compiled', async () => {
    at.write({ 'plugin.ts': 'no plugin at all', 'node_modules/guard/index.js': 'no plugin at all' });
    for (const [use, name] of [
      ['./plugin.ts', 'plugin.ts'],
      ['guard', 'node_modules/guard/index.js'],
    ] as const) {
      await rejection('MM_ERR_PLUGIN_COMPILE', () => at.compile(use));
      chmodSync(at.path(name), 0o666);
      await rejection('MM_ERR_UNTRUSTED', () => at.compile(use));
    }
  });

  itWhere(lacksRoot, "is refused if everybody may write to a link's target, or beside it", async () => {
    at.write({ 'a/real.ts': PLUGIN });
    symlinkSync('a/real.ts', at.path('plugin.ts'));
    await expectRefusal('./plugin.ts', 'a', EVERYBODY, letEverybodyWrite('a'));
    chmodSync(at.path('a'), 0o755);
    await expectRefusal('./plugin.ts', 'a/real.ts', EVERYBODY, letEverybodyWrite('a/real.ts'));
  });

  itWhere(lacksRoot, 'is refused if it is reached by a link that somebody else could turn', async () => {
    at.write({ 'a/real.ts': PLUGIN });
    mkdirSync(at.path('b'));
    symlinkSync('../a/real.ts', at.path('b/plugin.ts'));
    await expectRefusal('./b/plugin.ts', 'b', EVERYBODY, letEverybodyWrite('b'));
  });

  itWhere(
    lacksRoot,
    'is refused if everybody may write to what it imports, and says which plugin',
    async () => {
      const path = at.write({
        'lib/helper.ts': 'export const a = 1;',
        'plugin.ts': `export { a as default } from './lib/helper.js';`,
      });
      const message = await expectRefusal(
        path,
        'lib/helper.ts',
        EVERYBODY,
        letEverybodyWrite('lib/helper.ts'),
      );
      expect(message).to.contain(`, used by the plugin ${path}, `);
    },
  );

  itWhere(lacksRoot, 'is refused if an import goes by links that somebody else could turn', async () => {
    at.write({ 'trusted/helper.ts': 'export default 1;' });
    for (const [specifier, linkName, target] of [
      // Through a directory, to a link in there.
      ['./sub/helper.js', 'sub', '../between'],
      // To a link that leads on to that one.
      ['./helper.js', 'helper.ts', '../between/helper.ts'],
      // To a directory of the name.
      ['./sub', 'sub', '../between/directory'],
    ] as const) {
      mkdirSync(at.path('between'));
      symlinkSync('../trusted/helper.ts', at.path('between/helper.ts'));
      symlinkSync('../trusted/helper.ts', at.path('trusted/index.ts'));
      symlinkSync('../trusted', at.path('between/directory'));
      const path = at.write({ 'code/plugin.ts': `export { default } from '${specifier}';` });
      symlinkSync(target, at.path(`code/${linkName}`));
      await expectRefusal(path, 'between', EVERYBODY, letEverybodyWrite('between'));
      for (const name of ['between', 'code', 'trusted/index.ts']) {
        rmSync(at.path(name), { recursive: true });
      }
    }
  });

  itWhere(lacksRoot, 'is not refused for a link that has nothing to do with it', async () => {
    const path = at.write({ 'elsewhere/file.txt': '', 'plugin.ts': PLUGIN });
    chmodSync(at.path('elsewhere'), 0o777);
    symlinkSync('elsewhere', at.path('logs'));
    symlinkSync('nowhere.ts', at.path('dangling.ts'));
    expect(await at.load(path)).to.equal(1);
  });

  itWhere(
    lacksRoot,
    'is refused if everybody may write to a package that it imports, or to a file of it',
    async () => {
      const path = at.write({
        'node_modules/dep/package.json': { name: 'dep', main: 'lib/index.js' },
        'node_modules/dep/lib/index.js': 'module.exports = 1;',
        'plugin.ts': `export { default } from 'dep';`,
      });
      for (const name of ['lib/index.js', 'lib', 'package.json', '', '..']) {
        const spoilt = join('node_modules/dep', name);
        await expectRefusal(path, spoilt, EVERYBODY, letEverybodyWrite(spoilt));
        chmodSync(at.path(spoilt), 0o755);
      }
    },
  );

  itWhere(
    lacksRoot,
    'is refused if a package that it imports is reached by a link of somebody else',
    async () => {
      at.write({ 'store/dep/package.json': { name: 'dep' }, 'store/dep/index.js': 'module.exports = 1;' });
      const path = at.write({ 'plugin.ts': `export { default } from 'dep';` });
      mkdirSync(at.path('between'));
      mkdirSync(at.path('node_modules'));
      symlinkSync('../store/dep', at.path('between/dep'));
      symlinkSync('../between/dep', at.path('node_modules/dep'));
      await expectRefusal(path, 'between', EVERYBODY, letEverybodyWrite('between'));
    },
  );

  itWhere(lacksRoot, 'is refused if everybody may plant a package beside it or above', async () => {
    const path = at.write({ 'a/plugin.ts': PLUGIN });
    for (const name of ['a/node_modules', 'node_modules', '../node_modules']) {
      await expectRefusal(path, name, EVERYBODY, () => {
        mkdirSync(at.path(name));
        chmodSync(at.path(name), 0o777);
      });
      rmSync(at.path(name), { recursive: true });
    }
  });

  itWhere(lacksRoot, 'is refused if somebody else could say what kind of package it is in', async () => {
    const path = at.write({ 'a/plugin.ts': PLUGIN });
    for (const name of ['a/package.json', '../package.json', 'a/.pnp.data.json']) {
      await expectRefusal(path, name, `it belongs to user ${SOMEBODY}`, () => {
        at.write({ [name]: {} });
        chownSync(at.path(name), SOMEBODY, 0);
      });
      rmSync(at.path(name));
    }
  });

  itWhere(
    lacksRoot,
    'is refused if somebody else could say which file an import of a directory is',
    async () => {
      const path = at.write({
        'real/helper.ts': 'export default 1;',
        'sub/package.json': { main: '../real/helper.ts' },
        'plugin.ts': `export { default } from './sub';`,
      });
      await expectRefusal(path, 'sub/package.json', EVERYBODY, letEverybodyWrite('sub/package.json'));
    },
  );

  itWhere(lacksRoot, 'is refused as a package by the same rules', async () => {
    at.write({
      'node_modules/@acme/guard/package.json': { name: '@acme/guard', version: '1.0.0' },
      'node_modules/@acme/guard/index.js': 'module.exports = 1;',
    });
    for (const name of ['@acme/guard/index.js', '@acme/guard/package.json', '@acme', '']) {
      const spoilt = join('node_modules', name);
      await expectRefusal('@acme/guard', spoilt, EVERYBODY, letEverybodyWrite(spoilt));
      chmodSync(at.path(spoilt), 0o755);
    }
  });

  itWhere(lacksRoot, 'is refused although it is remembered from when it was trusted', async () => {
    const path = at.write({
      'helper.ts': 'export default 1;',
      'plugin.ts': `export { default } from './helper.js';`,
    });
    await at.compileUntilCached(path);
    await expectRefusal(path, 'helper.ts', EVERYBODY, letEverybodyWrite('helper.ts'));
  });
});

describe('what surrounds a plugin', () => {
  const workshop = useWorkshop();
  let at: Workshop;
  beforeEach(() => {
    at = workshop();
  });

  it('has no tsconfig.json that matters', async () => {
    const path = at.write({
      'tsconfig.json': {
        extends: './nowhere.json',
        compilerOptions: {
          paths: { 'node:os': ['./evil.ts'], '@memory-monitor/core': ['./evil.ts'] },
          target: 'es5',
        },
      },
      'evil.ts': 'export const EOL = "evil"; export const BYTES_PER_GB = "evil";',
      'plugin.ts': `import { EOL } from 'node:os'; import { BYTES_PER_GB } from '@memory-monitor/core'; export default [EOL, BYTES_PER_GB];`,
    });
    expect(await at.load(path)).to.deep.equal(['\n', 1024 ** 3]);
    chmodSync(at.path('tsconfig.json'), 0o666);
    expect(await at.load(path)).to.deep.equal(['\n', 1024 ** 3]);
  });

  it('has no NODE_PATH that matters', async () => {
    const path = at.write({
      'elsewhere/planted/index.js': 'module.exports = 1;',
      'plugin.ts': `export { default } from 'planted';`,
    });
    process.env['NODE_PATH'] = at.path('elsewhere');
    try {
      expect(await rejection('MM_ERR_PLUGIN_COMPILE', () => at.compile(path))).to.contain(
        '"planted" can not be found',
      );
      await rejection('MM_ERR_PLUGIN_NOT_FOUND', () => at.compile('planted'));
    } finally {
      delete process.env['NODE_PATH'];
    }
  });
});
