import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { toml } from '../support/config.js';
import { inNamespace } from '../support/in-namespace.js';
import type { PidNamespace } from '../support/namespace.js';
import { placePlugin } from '../support/plugin-fixtures.js';
import { runCommand } from '../support/run-command.js';

const SCHEMAS = {
  valibot: [
    "import * as v from 'valibot';",
    'v.strictObject({ url: v.string(), retries: v.optional(v.number(), 3) })',
  ],
  zod: ["import { z } from 'zod';", 'z.strictObject({ url: z.string(), retries: z.number().default(3) })'],
  arktype: ["import { type } from 'arktype';", "type({ url: 'string', retries: 'number = 3' })"],
} as const;

/** Where an admin has run npm install. */
const MODULES = fileURLToPath(new URL('../../../../../node_modules', import.meta.url));

function placeStrict(namespace: PidNamespace, library: keyof typeof SCHEMAS): string {
  const link = namespace.path('node_modules');
  if (!existsSync(link)) {
    symlinkSync(MODULES, link);
  }
  const [imported, schema] = SCHEMAS[library];
  return placePlugin(
    namespace,
    `${library}.ts`,
    `import { definePlugin } from '@memory-monitor/core';
     ${imported}
     export default definePlugin({
       name: '${library}',
       apiVersion: 1,
       config: ${schema},
       setup(host) { host.logger.info({ retries: host.config.retries }, host.config.url); },
     });`,
  );
}

describe('[plugins.config]', () => {
  inNamespace(
    'is checked by the schema of whichever library, and every mistake has its place',
    async (ns) => {
      const libraries = Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[];
      const uses = libraries.map((library) => placeStrict(ns, library));
      const head = toml({});
      const text = [
        head.trimEnd(),
        ...uses.flatMap((use, index) => [
          '[[plugins]]',
          `use = "${use}"`,
          `isolate = ${String(index === 1)}`,
          '[plugins.config]',
          'url = 7',
          'retries = "x"',
        ]),
        '',
      ].join('\n');
      const monitor = await ns.monitor({ config: text });
      expect(await monitor.program.ended()).to.include({ code: 78 });
      const first = head.trimEnd().split('\n').length + 5;
      expect(monitor.errorOutput).to.match(
        /the configuration has 6 mistakes, nothing was started \(MM_ERR_CONFIG_INVALID\)\n$/,
      );
      for (const [index] of libraries.entries()) {
        const line = first + 6 * index;
        expect(monitor.errorOutput).to.include(`${monitor.configPath}:${line}:7: `);
        expect(monitor.errorOutput).to.include(`${monitor.configPath}:${line + 1}:11: `);
      }
    },
  );

  inNamespace('is told wrong without a secret that stands there', async (ns) => {
    const use = placeStrict(ns, 'valibot');
    const webhook = 'https://hooks.example/T0/s3cr3t';
    for (const isolate of [false, true]) {
      const config = { url: 'here', retries: webhook };
      const monitor = await ns.monitor({ config: { plugins: [{ use, isolate, config }] } });
      expect((await monitor.program.ended()).code).to.equal(78);
      expect(monitor.errorOutput)
        .to.match(/\.toml:\d+:11: .*retries: Invalid type: Expected number but received "…"/)
        .and.not.include('s3cr3t');
    }
  });

  inNamespace('reaches the plugin with the defaults of its schema', async (ns) => {
    const use = placeStrict(ns, 'valibot');
    for (const isolate of [false, true]) {
      const monitor = await ns.monitor({ config: { plugins: [{ use, isolate, config: { url: 'here' } }] } });
      expect(await monitor.told('plugin')).to.include({
        plugin: 'valibot',
        retries: 3,
        msg: '[valibot] here',
      });
      await monitor.stop();
    }
  });

  inNamespace(
    'is told by check with whatever the plugin says to it, which can not forge a line',
    async (ns) => {
      const use = placePlugin(
        ns,
        'forging.ts',
        `import { definePlugin } from '@memory-monitor/core';
       export default definePlugin({
         name: 'forging',
         apiVersion: 1,
         setup(host) { host.logger.warn({}, 'careful\\n/etc/x: valid, armed\\u001b[2J'); },
       });`,
      );
      for (const isolate of [false, true]) {
        const config = ns.path('check.toml');
        writeFileSync(config, toml({ plugins: [{ use, isolate }] }));
        const checked = await runCommand(['check', '--config', config]);
        expect(checked.code, checked.stderr).to.equal(0);
        expect(checked.stderr).to.equal('');
        expect(checked.stdout).to.include(
          String.raw`warning: [forging] careful\x0a/etc/x: valid, armed\x1b[2J` + '\n',
        );
      }
    },
  );

  inNamespace('is told by check which of the monitor’s own plugins a misspelt name may mean', async (ns) => {
    const config = ns.path('misspelt.toml');
    writeFileSync(config, toml({ plugins: [{ use: '@memory-monitor/policy-shedule' }] }));
    const checked = await runCommand(['check', '--config', config]);
    expect(checked.code).to.equal(66);
    expect(checked.stdout).to.include('Did you mean "@memory-monitor/policy-schedule"?');
  });

  const broken: Record<string, readonly [string, string, RegExp]> = {
    'is not there': [
      'plugins/missing.ts',
      '',
      /There is no plugin \S+\/plugins\/missing\.ts, .*\(MM_ERR_PLUGIN_NOT_FOUND\)/,
    ],
    'is a package that is not installed': [
      '@example/nothing',
      '',
      /@example\/nothing .*npm install.*\(MM_ERR_PLUGIN_NOT_FOUND\)/,
    ],
    'is of another API version': [
      'plugins/future.ts',
      "export default { name: 'future', apiVersion: 2, setup() {} };",
      /future .*apiVersion 2, and this monitor speaks 1.*\(MM_ERR_PLUGIN_API_VERSION\)/,
    ],
  };
  for (const [what, [use, text, message]] of Object.entries(broken)) {
    inNamespace(`of a plugin that ${what} ends in one sentence`, async (ns) => {
      if (text !== '') {
        placePlugin(ns, use.replace('plugins/', ''), text);
      }
      const hog = await ns.hog({ recordsSignals: true });
      const monitor = await ns.monitor({ config: { plugins: [{ use }] } });
      expect((await monitor.program.ended()).code).to.be.oneOf([66, 78]);
      expect(monitor.errorOutput).to.match(message);
      expect(monitor.errorOutput.trimEnd().split('\n')).to.have.lengthOf(1);
      expect(hog.signals).to.deep.equal([]);
    });
  }
});
