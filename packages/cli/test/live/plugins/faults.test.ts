import { expect } from 'chai';

import { inNamespace } from '../support/in-namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';

const FAULTS: Record<string, readonly [string, string, RegExp]> = {
  'throws in a timer': [
    "setInterval(() => { throw new Error('in a timer'); }, 50);",
    'faulty',
    /^in a timer$/,
  ],
  'leaves a rejection to nobody': [
    "void (async () => { await null; throw new Error('nobody waits'); })();",
    'faulty',
    /^nobody waits$/,
  ],
  'leaves a socket without a listener': ["connect({ path: '/nonexistent/socket' });", '(unknown)', /ENOENT/],
  'emits an error that nobody listens for': [
    "setTimeout(() => new EventEmitter().emit('error', new Error('unheard')), 50);",
    'faulty',
    /^unheard$/,
  ],
};

describe('a plugin in the monitor that', () => {
  for (const [what, [body, blamed, message]] of Object.entries(FAULTS)) {
    inNamespace(`${what} is told so, and the monitor goes on`, async (ns) => {
      const text = `
        import { EventEmitter } from 'node:events';
        import { connect } from 'node:net';
        import { definePlugin } from '@memory-monitor/core';
        export default definePlugin({
          name: 'faulty',
          apiVersion: 1,
          setup(host) {
            host.on('started', () => { ${body} });
            void [EventEmitter, connect];
          },
        });`;
      const use = placePlugin(ns, 'faulty.ts', text);
      const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
      const failure = await monitor.told('pluginError');
      expect(failure).to.include({ plugin: blamed, hook: 'background' });
      expect(failure['message']).to.match(message);
      await monitor.scans(5);
      const victim = await ns.doomedHog();
      expect((await victim.ended()).signal).to.equal('SIGTERM');
      expect(monitor.lines('pluginError')).to.have.lengthOf(1);
      expect((await monitor.stop()).code).to.equal(0);
    });
  }

  inNamespace('throws has a stack that points into its TypeScript source', async (ns) => {
    const text = [
      "import { definePlugin } from '@memory-monitor/core';",
      'interface Unused { readonly a: string }',
      'export default definePlugin({',
      "  name: 'faulty',",
      '  apiVersion: 1,',
      '  setup(host) {',
      "    host.on('scan', () => { explode({ a: 'x' }); });",
      '  },',
      '});',
      'function explode(_: Unused): never {',
      "  throw new Error('boom');",
      '}',
    ].join('\n');
    const use = placePlugin(ns, 'faulty.ts', text);
    for (const isolate of [false, true]) {
      const monitor = await ns.monitor({ config: { plugins: [{ use, isolate }] } });
      const failure = await monitor.told('pluginError');
      expect(failure['stack']).to.include(`${use}:11:9`);
      expect(failure['stack']).to.include(`${use}:7:29`);
      await monitor.stop();
    }
  });
});
