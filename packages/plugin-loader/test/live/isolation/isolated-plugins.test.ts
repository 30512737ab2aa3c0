import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { LoadedPlugin, PluginConfig } from '@memory-monitor/core';
import { SystemClock } from '@memory-monitor/linux';
import { expect } from 'chai';

import { IsolatedPlugins } from '#src/isolation/isolated-plugins.js';
import {
  CHILD_ENTRY,
  endIsolatedProcesses,
  isolatedProcesses,
  noneIsLeft,
  processesOf,
  uidOf,
} from '../../support/isolated-processes.js';
import { itWhere, lacksIsolation, SOMEBODY } from '../../support/it-where.js';
import { configured, pluginNamed, STRINGS_ALONE } from '../../support/plugins.js';
import { rejection } from '../../support/rejection.js';
import { useWorkshop, type Workshop } from '../../support/workshop.js';

describe('plugins in processes of their own', () => {
  const workshop = useWorkshop();
  endIsolatedProcesses();
  let at: Workshop;
  let runtimeDirectory: string;
  let isolated: IsolatedPlugins;

  const another = (): IsolatedPlugins =>
    new IsolatedPlugins({ runtimeDirectory, childEntry: CHILD_ENTRY, clock: new SystemClock() });
  beforeEach(() => {
    at = workshop();
    const root = join(at.directory, '..');
    chmodSync(root, 0o711);
    runtimeDirectory = join(root, 'run');
    isolated = another();
  });
  afterEach(async () => {
    await isolated.dispose();
  });

  /** What lies in the directories of plugins, or is none. */
  const left = (): string[] => {
    const directory = join(runtimeDirectory, 'plugins');
    return existsSync(directory)
      ? readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name))
      : [];
  };
  const copies = (): string[] => left().filter((path) => path.endsWith('.mjs'));
  const load = async (
    source: string,
    { by = isolated, ...more }: Partial<PluginConfig> & { by?: IsolatedPlugins } = {},
  ): Promise<Awaited<ReturnType<IsolatedPlugins['load']>>> => {
    const use = at.write({ 'plugin.ts': source });
    return await by.load(configured(use, more), await at.compile(use));
  };
  const loaded = async (...args: Parameters<typeof load>): Promise<LoadedPlugin> => {
    const loading = await load(...args);
    if ('issues' in loading) {
      throw new Error(JSON.stringify(loading.issues));
    }
    return loading;
  };

  it('are loaded there: the monitor knows who they are, and has neither code nor configuration', async () => {
    const plugin = await loaded(pluginNamed('mine', { more: `version: '2.0.0', needs: ['network']` }), {
      config: { a: 1 },
      onFailure: 'ignore',
    });
    expect(plugin.definition).to.include({ name: 'mine', version: '2.0.0' });
    expect(plugin.definition.needs).to.deep.equal(['network']);
    expect(plugin).to.include({ config: undefined, onFailure: 'ignore' });
    expect(plugin.source).to.deep.include({ file: at.path('plugin.ts'), isIsolated: true });
    expect(isolatedProcesses()).to.have.length(1);
    plugin.discard?.();
    await noneIsLeft();
  });

  it('may be part of the monitor, whose code is there already', async () => {
    const loading = await isolated.load(configured('official'), undefined);
    expect('definition' in loading && loading.definition).to.include({ name: 'official', version: '1.2.3' });
    expect(copies()).to.deep.equal([]);
  });

  it('are ended where the schema has objections, which are returned', async () => {
    const loading = await load(pluginNamed('strict', { more: STRINGS_ALONE }), { config: { a: 'x', b: 7 } });
    expect('issues' in loading && loading.issues).to.deep.equal([{ path: ['b'], message: 'no string' }]);
    await noneIsLeft();
  });

  it('that can not be loaded there are told as any other, and ended', async () => {
    const refusals: readonly (readonly [string, Parameters<typeof rejection>[0], RegExp])[] = [
      [
        'throw new Error("a bug"); export default 1;',
        'MM_ERR_PLUGIN_INVALID',
        /plugin\.ts failed while it was loaded: a bug \(.*plugin\.ts:1:7\)/,
      ],
      ['export default 1;', 'MM_ERR_PLUGIN_INVALID', /is no plugin/],
      [
        'process.exit(7); export default 1;',
        'MM_ERR_PLUGIN_ISOLATED',
        /plugin\.ts can not be used: it exited with code 7\.$/,
      ],
      [
        'const all = []; for (;;) all.push([...all]); export default 1;',
        'MM_ERR_PLUGIN_ISOLATED',
        /can not be used: it ran out of the memory that it may have\.$/,
      ],
    ];
    for (const [source, code, message] of refusals) {
      expect(await rejection(code, () => load(source))).to.match(message);
      await noneIsLeft();
    }
  });

  itWhere(lacksIsolation, 'run as a user of their own each, and not as root', async () => {
    await loaded(pluginNamed('a'));
    await loaded(pluginNamed('b'));
    const uids = isolatedProcesses().map(uidOf);
    expect(new Set(uids).size).to.equal(2);
    expect(uids.every((uid) => uid !== undefined && uid > 60_000)).to.equal(true);
  });

  itWhere(
    lacksIsolation,
    'get a copy of their code that they alone can read, besides root, and not change',
    async () => {
      await loaded(pluginNamed('mine'));
      const [copy = ''] = copies();
      const [pid = 0] = isolatedProcesses();
      const { uid, gid, mode } = statSync(copy);
      expect([uid, gid, mode & 0o7777]).to.deep.equal([0, uidOf(pid), 0o640]);
      expect(readFileSync(copy, 'utf8')).to.include('mine');
      // Nobody can list what is there, and nobody else can enter it.
      expect(statSync(join(copy, '..')).mode & 0o7777).to.equal(0o710);
      expect(statSync(join(copy, '../..')).mode & 0o7777).to.equal(0o711);
    },
  );

  itWhere(
    lacksIsolation,
    'find their code whatever the umask is, and whoever made the directory',
    async () => {
      const before = process.umask(0o077);
      try {
        expect((await loaded(pluginNamed('mine'))).definition.name).to.equal('mine');
      } finally {
        process.umask(before);
      }
      chmodSync(runtimeDirectory, 0o700);
      expect((await loaded(pluginNamed('mine'))).definition.name).to.equal('mine');
    },
  );

  itWhere(lacksIsolation, 'have their copies removed with the loader, and nobody else has', async () => {
    const others = another();
    await loaded(pluginNamed('mine'));
    await loaded(pluginNamed('mine'), { by: others });
    expect(copies()).to.have.length(2);
    await isolated.dispose();
    expect(copies()).to.have.length(1);
    await others.dispose();
    expect(left()).to.deep.equal([]);
    await isolated.dispose();
  });

  itWhere(
    lacksIsolation,
    'share no user with the same plugin of another loader, until that is disposed of',
    async () => {
      const others = another();
      const uidBy = async (by: IsolatedPlugins): Promise<number | undefined> => {
        const before = isolatedProcesses();
        const { discard } = await loaded(pluginNamed('mine'), { by });
        const [uid] = isolatedProcesses()
          .filter((pid) => !before.includes(pid))
          .map(uidOf);
        discard?.();
        await noneIsLeft();
        return uid;
      };
      const first = await uidBy(isolated);
      const second = await uidBy(others);
      expect(second).to.not.equal(first);
      await isolated.dispose();
      await others.dispose();
      expect(await uidBy(another())).to.equal(first);
    },
  );

  it('are gone, with all that they have started, when the loader is disposed of', async () => {
    const plugin = await loaded(
      pluginNamed('breeding', {
        code: `import { spawn } from 'node:child_process';
          for (const detached of [true, false]) spawn('sleep', ['9'], { detached, stdio: 'ignore' });`,
      }),
    );
    const [pid = 0] = isolatedProcesses();
    const uid = uidOf(pid) ?? 0;
    expect(plugin.isolation?.().state).to.equal('restarting');
    await isolated.dispose();
    expect(isolatedProcesses()).to.deep.equal([]);
    expect(uid === process.getuid?.() ? [] : processesOf(uid)).to.deep.equal([]);
  });

  for (const [what, spoil] of Object.entries({
    'somebody else owns': (directory: string) => {
      chownSync(directory, SOMEBODY, 0);
    },
    'everybody may write to': (directory: string) => {
      chmodSync(directory, 0o777);
    },
    'is sticky, as /tmp is': (directory: string) => {
      chmodSync(directory, 0o1777);
    },
  })) {
    itWhere(lacksIsolation, `are not given to a directory that ${what}, nor below it`, async () => {
      for (const directory of [runtimeDirectory, join(runtimeDirectory, 'plugins')]) {
        mkdirSync(directory, { recursive: true });
        spoil(directory);
        const message = await rejection('MM_ERR_UNTRUSTED', () => load(pluginNamed('mine')));
        expect(message)
          .to.contain(`the directory for isolated plugins, is not trusted`)
          .and.to.contain(directory);
        expect(left().filter((path) => !path.endsWith('/plugins'))).to.deep.equal([]);
        expect(isolatedProcesses()).to.deep.equal([]);
        chownSync(directory, 0, 0);
        chmodSync(directory, 0o755);
      }
    });
  }

  itWhere(lacksIsolation, 'that can not be copied anywhere are told so', async () => {
    runtimeDirectory = at.write({ 'a file': '' });
    const message = await rejection('MM_ERR_PLUGIN_ISOLATED', () =>
      load(pluginNamed('mine'), { by: another() }),
    );
    expect(message).to.match(
      new RegExp(
        `^The plugin .*plugin\\.ts can not be isolated, since ${runtimeDirectory}/plugins can not hold its code: ENOTDIR.*; let root write there\\.$`,
      ),
    );
  });
});
