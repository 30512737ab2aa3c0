import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testPlugin } from '@memory-monitor/core/testing';

import plugin from './index.js';

const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };

test('a program of that name is warned first, and ended when its time is up', async () => {
  const monitor = await testPlugin(plugin, { config: { names: ['matlab'], minutes: 10 } });
  const matlab = monitor.machine.spawn({ name: 'matlab', ...OVER_THE_LIMIT });
  await monitor.tick();
  assert.equal(monitor.trailOf(matlab).at(-1), 'plugin:{{name}}: warn: matlab has 10 minutes to shrink');
  assert.ok(monitor.machine.isRunning(matlab));
  await monitor.clock.advance(10 * 60_000);
  assert.ok(!monitor.machine.isRunning(matlab));
});

test('others are ended at once', async () => {
  const monitor = await testPlugin(plugin, { config: { names: ['matlab'] } });
  const other = monitor.machine.spawn({ name: 'python3', ...OVER_THE_LIMIT });
  await monitor.tick();
  assert.ok(!monitor.machine.isRunning(other));
});

test('a configuration without names is refused', async () => {
  await assert.rejects(testPlugin(plugin, { config: { names: [] } }), /names/);
});
