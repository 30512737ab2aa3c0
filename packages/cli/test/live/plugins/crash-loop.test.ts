import { expect } from 'chai';
import { mkdirSync, symlinkSync } from 'node:fs';

import { inNamespace } from '../support/in-namespace.js';
import type { PidNamespace } from '../support/namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';
import type { RunningMonitor } from '../support/running-monitor.js';

const WATCHDOG_MS = 1000;
const NEVER = { ram_gb_threshold: 1000 };

/** Bodies of `setup`, and how such a monitor comes to its end: by itself, or by the watchdog. */
const CRASHES: Record<string, { readonly body: string; readonly isEndedBy: 'itself' | 'watchdog' }> = {
  'exits in its setup': { body: 'process.exit(1);', isEndedBy: 'itself' },
  'throws in its setup': { body: "throw new Error('no such luck');", isEndedBy: 'itself' },
  'exits in a hook': { body: "host.on('scan', () => process.exit(0));", isEndedBy: 'itself' },
  'exits in a timer': { body: 'setTimeout(() => process.exit(0), 100);', isEndedBy: 'itself' },
  'aborts in a decision': { body: 'host.overrideLimits(() => process.abort());', isEndedBy: 'itself' },
  'blocks the loop in a hook': { body: "host.on('scan', () => { for (;;); });", isEndedBy: 'watchdog' },
  'blocks the loop in a timer': { body: 'setTimeout(() => { for (;;); }, 100);', isEndedBy: 'watchdog' },
};

/** Nobody listens at that socket, but the monitor believes in a service manager that restarts it. */
async function supervised(
  ns: PidNamespace,
  use: string,
  thresholds: Record<string, number> = NEVER,
): Promise<RunningMonitor> {
  const directory = ns.path('run');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  return await ns.monitor({
    config: { thresholds, plugins: [{ use }] },
    env: {
      NOTIFY_SOCKET: ns.path('notify'),
      WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
      RUNTIME_DIRECTORY: directory,
    },
  });
}

function crashing(ns: PidNamespace, body: string): string {
  const text = `
    import { definePlugin } from '@memory-monitor/core';
    export default definePlugin({ name: 'crashing', apiVersion: 1, setup(host) { void host; ${body} } });`;
  return placePlugin(ns, 'crashing.ts', text);
}

/** Waits for the end of the monitor, as the service manager would. */
async function crash(
  ns: PidNamespace,
  monitor: RunningMonitor,
  isEndedBy: 'itself' | 'watchdog',
): Promise<void> {
  if (isEndedBy === 'watchdog') {
    await monitor.says('started');
    // Longer than the watchdog, from the last beat on: the loop stands still by then.
    await ns.shell(`sleep ${(2 * WATCHDOG_MS) / 1000}`);
    await monitor.signal('SIGKILL');
  }
  await monitor.program.ended();
}

describe('a plugin of a supervised monitor that', () => {
  for (const [what, { body, isEndedBy }] of Object.entries(CRASHES)) {
    inNamespace(`${what} is left out after three times, and victims are ended`, async (ns) => {
      const use = crashing(ns, body);
      for (let time = 0; time < 3; time += 1) {
        await crash(ns, await supervised(ns, use), isEndedBy);
      }
      const victim = await ns.hog();
      const monitor = await supervised(ns, use, {});
      expect((await victim.ended()).signal).to.equal('SIGTERM');
      const told = await monitor.told('pluginError');
      expect(told).to.include({ plugin: use, hook: 'left-out', level: 'error' });
      expect(told['message']).to.match(
        /^it has ended the monitor 3 times within an hour, so it is left out;/,
      );
      expect(monitor.lines('pluginError')).to.have.lengthOf(1);
      expect((await monitor.stop()).code).to.equal(0);
    });
  }

  inNamespace('can not even be looked at is left out after three times', async (ns) => {
    const use = ns.path('loop.ts');
    symlinkSync(use, use);
    for (let time = 0; time < 3; time += 1) {
      const monitor = await supervised(ns, use);
      expect((await monitor.program.ended()).code).to.be.greaterThan(0);
      expect(monitor.errorOutput).to.match(/^memory-monitor: .*loop\.ts.*\(MM_ERR_PLUGIN_\w+\)\n$/);
    }
    const victim = await ns.hog();
    const monitor = await supervised(ns, use, {});
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(await monitor.told('pluginError')).to.include({ plugin: use, hook: 'left-out' });
  });

  inNamespace('was left out is tried again once its file has changed', async (ns) => {
    const use = crashing(ns, 'process.exit(1);');
    for (let time = 0; time < 3; time += 1) {
      await crash(ns, await supervised(ns, use), 'itself');
    }
    const monitor = await supervised(ns, use);
    await monitor.told('pluginError', ({ hook }) => hook === 'left-out');
    crashing(ns, "host.on('scan', () => host.logger.warn({}, 'mended'));");
    await monitor.signal('SIGHUP');
    await monitor.says('[crashing] mended');
    expect((await monitor.stop()).code).to.equal(0);
  });

  inNamespace('was left out stays so after a reload, and is tried again after a stop', async (ns) => {
    const use = crashing(ns, "host.on('scan', () => process.exit(0));");
    for (let time = 0; time < 3; time += 1) {
      await crash(ns, await supervised(ns, use), 'itself');
    }
    const monitor = await supervised(ns, use);
    await monitor.told('scan');
    await monitor.signal('SIGHUP');
    await monitor.told('reloaded');
    await monitor.scans(2);
    expect((await monitor.stop()).code).to.equal(0);
    const next = await supervised(ns, use);
    await next.program.ended();
    expect(next.lines('pluginError')).to.deep.equal([]);
  });

  inNamespace('does no harm is loaded however often the monitor is killed', async (ns) => {
    const use = crashing(ns, "host.on('scan', () => undefined);");
    for (let time = 0; time < 4; time += 1) {
      const monitor = await supervised(ns, use);
      await monitor.told('scan');
      await monitor.signal('SIGKILL');
      await monitor.program.ended();
    }
    const monitor = await supervised(ns, use);
    await monitor.scans(1);
    expect(monitor.lines('pluginError')).to.deep.equal([]);
  });

  inNamespace('is being set up when the monitor is told to stop is not to blame', async (ns) => {
    const body = 'return new Promise((resolve) => setTimeout(resolve, 3000));';
    const text = `
      import { definePlugin } from '@memory-monitor/core';
      import { writeFileSync } from 'node:fs';
      export default definePlugin({ name: 'slow', apiVersion: 1, setup() {
        writeFileSync(${JSON.stringify(ns.path('in-setup'))}, '');
        ${body}
      } });`;
    const use = placePlugin(ns, 'slow.ts', text);
    for (let time = 0; time < 3; time += 1) {
      const monitor = await supervised(ns, use);
      await ns.shell(`until [ -e ${ns.path('in-setup')} ]; do sleep 0.05; done; rm ${ns.path('in-setup')}`);
      await monitor.signal('SIGTERM');
      expect((await monitor.program.ended()).code).to.equal(0);
    }
    const monitor = await supervised(ns, use);
    await monitor.scans(1);
    expect(monitor.lines('pluginError')).to.deep.equal([]);
  });
});
