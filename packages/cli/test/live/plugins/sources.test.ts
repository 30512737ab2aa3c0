import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { asJavaScript } from '../support/compile-fixture.js';
import type { PluginTable } from '../support/config.js';
import { inNamespace } from '../support/in-namespace.js';
import type { PidNamespace } from '../support/namespace.js';
import { NODE_VERSIONS } from '../support/node-versions.js';
import { placeFixture } from '../support/plugin-fixtures.js';

const FILES = ['ts', 'mts', 'js', 'mjs'] as const;
const WAYS = { function: 'function', class: 'class', isolated: 'function' } as const;
type Way = keyof typeof WAYS;

/** Puts a plugin where a configuration would find it. Each is called after the way and the source, as what it says is. */
function place(namespace: PidNamespace, way: Way, source: (typeof FILES)[number] | 'package'): PluginTable {
  const name = `${way}-${source}`;
  const path = placeFixture(namespace, WAYS[way], { name, words: { '@NAME@': name } });
  const isolate = way === 'isolated';
  if (source === 'ts') {
    return { use: `plugins/${name}.ts`, isolate };
  }
  const text = readFileSync(path, 'utf8');
  if (source === 'package') {
    const directory = namespace.path('node_modules', `monitor-plugin-${name}`);
    mkdirSync(directory, { recursive: true });
    const manifest = {
      name: `monitor-plugin-${name}`,
      version: '1.2.3',
      type: 'module',
      exports: './index.js',
      peerDependencies: { '@memory-monitor/core': '*' },
    };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, 'index.js'), asJavaScript(text));
    return { use: `monitor-plugin-${name}`, isolate };
  }
  const written = `plugins/${name}.${source}`;
  writeFileSync(namespace.path(written), source === 'mts' ? text : asJavaScript(text));
  return { use: `./${written}`, isolate };
}

const SOURCES = [...FILES, 'package'] as const;
const COMBINATIONS = (Object.keys(WAYS) as Way[]).flatMap((way) =>
  SOURCES.map((source) => ({ way, source })),
);

describe('every way to write a plugin, from every source,', () => {
  for (const { version, path } of NODE_VERSIONS) {
    const title = `works on Node ${version}`;
    if (path === undefined) {
      it.skip(`${title} (skipped: npm run nodes has not brought it)`);
      continue;
    }
    inNamespace(
      title,
      async (ns) => {
        const plugins = COMBINATIONS.map(({ way, source }) => place(ns, way, source));
        const settings = { control_socket: ns.path('control.sock') };
        const monitor = await ns.monitor({ config: { plugins, settings }, node: path });
        await monitor.told('scan');
        const victim = await ns.hog();
        const decision = await monitor.told('decision', ({ pid }) => pid === victim.pid);
        expect(decision['action']).to.equal('warn');
        expect((decision['trail'] as string[]).slice(1)).to.deep.equal(
          COMBINATIONS.map(({ way, source }) => {
            const name = `${way}-${source}`;
            const says = way === 'class' ? 'has a clock: true' : 'is lenient, MonitorError';
            return `plugin:${name}: warn: ${name} ${says}`;
          }),
        );
        const listed = JSON.parse(
          await ns.command('plugins', '--json', '--socket', ns.path('control.sock')),
        ) as { name: string; version?: string; file: string; isolation?: { state: string } }[];
        expect(listed.map(({ name }) => name)).to.deep.equal(
          COMBINATIONS.map(({ way, source }) => `${way}-${source}`),
        );
        for (const { name, version: told, isolation, file } of listed) {
          expect(told, name).to.equal(name.endsWith('package') ? '1.2.3' : undefined);
          expect(isolation?.state, name).to.equal(name.startsWith('isolated') ? 'running' : undefined);
          expect(file, name).to.match(/^\/var\/lib\/|^\/tmp\//);
        }
        expect(monitor.lines('pluginError')).to.deep.equal([]);
        expect(victim.isAlive).to.equal(true);
        expect((await monitor.stop()).code).to.equal(0);
      },
      { needs: ['other users'] },
    );
  }
});
