import { mkdirSync, readdirSync, statSync } from 'node:fs';

import { expect } from 'chai';

import { inNamespace } from '../support/in-namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';
import { until } from '../support/wait.js';

/** A plugin whose decisions and life say which edition of it is in force. */
const edition = (number: number, more = ''): string => `
  import { definePlugin } from '@memory-monitor/core';
  export default definePlugin({
    name: 'edited',
    apiVersion: 1,
    setup(host) {
      host.logger.info('edition ${number} set up');
      host.onStart(() => host.logger.info('edition ${number} started'));
      host.onDispose(() => host.logger.info('edition ${number} disposed of'));
      host.decide(() => ({ verdict: { action: 'spare' }, reason: 'edition ${number}' }));
      ${more}
    },
  });`;

describe('SIGHUP with plugins', () => {
  inNamespace('puts an edited plugin in force, and disposes of the one before', async (ns) => {
    const use = placePlugin(ns, 'edited.ts', edition(1));
    const config = { plugins: [{ use }] };
    const process = await ns.hog();
    const monitor = await ns.monitor({ config });
    await monitor.told('decision', ({ reason }) => reason === 'edition 1');
    placePlugin(ns, 'edited.ts', edition(2));
    expect(await monitor.reload(config)).to.include({ accepted: true });
    await monitor.told('decision', ({ reason }) => reason === 'edition 2');
    await monitor.told('plugin', ({ msg }) => msg === '[edited] edition 2 started');
    expect(monitor.lines('plugin').map(({ msg }) => msg.replace('[edited] edition ', ''))).to.deep.equal([
      '1 set up',
      '1 started',
      '2 set up',
      '1 disposed of',
      '2 started',
    ]);
    expect(process.isAlive).to.equal(true);
    expect((await monitor.stop()).code).to.equal(0);
    expect(monitor.lines('plugin').at(-1)?.msg).to.equal('[edited] edition 2 disposed of');
  });

  const broken: Record<string, readonly [string, RegExp]> = {
    'does not compile': ['export default {', /edited\.ts:1:17: .*\(|edited\.ts:1:\d+: /],
    'imports what core does not export': [
      edition(2).replace('definePlugin }', 'definePlugn as definePlugin }'),
      /edited\.ts:2:\d+: .*definePlugn/,
    ],
    'throws in its setup': [edition(2, "throw new Error('no such luck');"), /edited .*no such luck/],
    'is no plugin': ['export default 42;', /is no plugin/],
    'throws while it is loaded': ["throw new Error('no such luck'); export default 1;", /no such luck/],
  };
  for (const [how, [text, message]] of Object.entries(broken)) {
    inNamespace(`leaves the old plugin in force when the new one ${how}`, async (ns) => {
      const use = placePlugin(ns, 'edited.ts', edition(1));
      const config = { plugins: [{ use }] };
      const process = await ns.hog();
      const monitor = await ns.monitor({ config });
      await monitor.told('decision', ({ reason }) => reason === 'edition 1');
      placePlugin(ns, 'edited.ts', text);
      const refusal = await monitor.reload(config);
      expect(refusal).to.include({ accepted: false, level: 'error' });
      expect(refusal.msg).to.match(message);
      await monitor.scans(3);
      expect(process.isAlive).to.equal(true);
      expect(monitor.lines('plugin').map(({ msg }) => msg)).to.not.include('[edited] edition 1 disposed of');
      expect((await monitor.stop()).code).to.equal(0);
    });
  }

  inNamespace(
    'that is refused after the plugins were loaded leaves none of their code or processes behind',
    async (ns) => {
      const kept = placePlugin(ns, 'edited.ts', edition(1));
      const isolated = placePlugin(ns, 'apart.ts', edition(1).replace("'edited'", "'apart'"));
      const use = placePlugin(ns, 'broken.ts', edition(2, "throw new Error('no such luck');"));
      mkdirSync(ns.path('run'));
      const left = (): readonly string[] =>
        readdirSync(ns.path('run'), { recursive: true, encoding: 'utf8' })
          .filter((name) => statSync(ns.path('run', name)).isFile() || name.startsWith('compiled-'))
          .sort();
      const monitor = await ns.monitor({
        config: { plugins: [{ use: kept }] },
        env: { RUNTIME_DIRECTORY: ns.path('run') },
      });
      await monitor.told('scan');
      const before = left();
      const plugins = [{ use: kept }, { use: isolated, isolate: true }, { use }];
      expect(await monitor.reload({ plugins })).to.include({ accepted: false });
      await until('what the refused plugins had to be gone', () => left().join() === before.join());
      const processes = await ns.shell('cat /proc/[0-9]*/cmdline | tr "\\\\0" " "');
      expect(processes).to.include('memory-monitor').and.not.include('plugin-child');
      expect((await monitor.stop()).code).to.equal(0);
      expect(left()).to.deep.equal([]);
    },
  );

  inNamespace('that takes a plugin away ends what it spared', async (ns) => {
    const use = placePlugin(ns, 'edited.ts', edition(1));
    const process = await ns.hog();
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    await monitor.told('decision', ({ action }) => action === 'spare');
    await monitor.reload({});
    expect((await process.ended()).signal).to.equal('SIGTERM');
  });

  inNamespace('in the middle of a kill leaves the kill to the terminator that began it', async (ns) => {
    const slow = `
      import { definePlugin, SIGNALLER, TERMINATOR } from '@memory-monitor/core';
      export default definePlugin({
        name: 'slow',
        apiVersion: 1,
        setup(host) {
          host.onDispose(() => host.logger.info('disposed of'));
          host.provide(TERMINATOR, () => ({
            async terminate(request) {
              const hold = host.get(SIGNALLER).hold(request);
              host.logger.info('begun');
              await new Promise((resolve) => setTimeout(resolve, 1500));
              await hold?.signal('SIGKILL');
              await hold?.exitsWithin(5000);
              hold?.close();
              return { outcome: 'killed', signal: 'SIGKILL', reason: 'slowly' };
            },
          }));
        },
      });`;
    const use = placePlugin(ns, 'slow.ts', slow);
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
    await monitor.told('plugin', ({ msg }) => msg === '[slow] begun');
    expect(await monitor.reload({})).to.include({ accepted: true });
    expect((await victim.ended()).signal).to.equal('SIGKILL');
    const kill = await monitor.killOf(victim.pid);
    expect(kill).to.include({ outcome: 'killed', reason: 'slowly' });
    const disposed = await monitor.told('plugin', ({ msg }) => msg === '[slow] disposed of');
    expect(Date.parse(disposed.time)).to.be.at.least(Date.parse(kill.time) - 5);
    expect(monitor.kills()).to.have.lengthOf(1);
  });
});
