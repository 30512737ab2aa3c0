import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { expect } from 'chai';

import { inNamespace } from '../support/in-namespace.js';
import { ORDINARY_UID } from '../support/isolation.js';
import type { PidNamespace } from '../support/namespace.js';

const GROUP_MAY_WRITE = 0o664;
const ALL_MAY_WRITE = 0o666;
const ALL_MAY_ADD = 0o777;

/** Says by a file that it has run; whatever stands in front of that comes first. */
const plugin = (mark: string, front = ''): string => `
  ${front}
  import { writeFileSync } from 'node:fs';
  import { definePlugin } from '@memory-monitor/core';
  writeFileSync('${mark}', '');
  export default definePlugin({ name: 'marks', apiVersion: 1, setup() {} });`;

function write(namespace: PidNamespace, name: string, text: string): string {
  const path = namespace.path(name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, text, { mode: 0o644 });
  chmodSync(path, 0o644);
  return path;
}

interface Case {
  /** Prepares everything; returns the path that has to be blamed. */
  readonly prepare: (namespace: PidNamespace) => string;
  readonly front?: string;
  readonly use?: string;
  readonly reason: RegExp;
}

const EVERYBODY = /everybody may write to it/;

/** What somebody else could change. */
const REFUSED: Record<string, Case> = {
  'its file is for a group to write': {
    prepare: (ns) => {
      chmodSync(ns.path('etc/plugins/mine.ts'), GROUP_MAY_WRITE);
      return ns.path('etc/plugins/mine.ts');
    },
    reason: /group root may write to it; .*chmod g-w /,
  },
  'its file is for everybody to write': {
    prepare: (ns) => {
      chmodSync(ns.path('etc/plugins/mine.ts'), ALL_MAY_WRITE);
      return ns.path('etc/plugins/mine.ts');
    },
    reason: EVERYBODY,
  },
  'its file belongs to somebody else': {
    prepare: (ns) => {
      chownSync(ns.path('etc/plugins/mine.ts'), ORDINARY_UID, ORDINARY_UID);
      return ns.path('etc/plugins/mine.ts');
    },
    reason: /it belongs to user 65534/,
  },
  'the directory above it is for everybody to write': {
    prepare: (ns) => {
      chmodSync(ns.path('etc/plugins'), ALL_MAY_ADD);
      return ns.path('etc/plugins');
    },
    reason: EVERYBODY,
  },
  'the directory above it is sticky, as /tmp is': {
    prepare: (ns) => {
      chmodSync(ns.path('etc/plugins'), 0o1777);
      return ns.path('etc/plugins');
    },
    reason: EVERYBODY,
  },
  'a link leads to a file that is for everybody to write': {
    prepare: (ns) => {
      const target = write(ns, 'elsewhere/target.ts', plugin(ns.path('mark')));
      chmodSync(target, ALL_MAY_WRITE);
      symlinkSync(target, ns.path('etc/plugins/link.ts'));
      return target;
    },
    use: 'plugins/link.ts',
    reason: EVERYBODY,
  },
  "the directory of a link's target is for everybody to write": {
    prepare: (ns) => {
      const target = write(ns, 'elsewhere/target.ts', plugin(ns.path('mark')));
      chmodSync(dirname(target), ALL_MAY_ADD);
      symlinkSync(target, ns.path('etc/plugins/link.ts'));
      return dirname(target);
    },
    use: 'plugins/link.ts',
    reason: EVERYBODY,
  },
  'a file that it imports is for everybody to write': {
    prepare: (ns) => {
      const path = write(ns, 'etc/lib/helper.ts', 'export const help = 1;');
      chmodSync(path, ALL_MAY_WRITE);
      return path;
    },
    front: "import { help } from '../lib/helper.js'; void help;",
    reason: EVERYBODY,
  },
  'a node_modules beside it, planted by somebody else, has what it imports': {
    prepare: (ns) => {
      const path = write(ns, 'etc/plugins/node_modules/dep/index.js', 'export const help = 1;');
      chownSync(dirname(path), ORDINARY_UID, ORDINARY_UID);
      return dirname(path);
    },
    front: "import { help } from 'dep'; void help;",
    reason: /it belongs to user 65534/,
  },
  'a node_modules above it is for everybody to write': {
    prepare: (ns) => {
      write(ns, 'etc/plugins/node_modules/dep/index.js', 'export const help = 1;');
      mkdirSync(ns.path('etc/node_modules'));
      chmodSync(ns.path('etc/node_modules'), ALL_MAY_ADD);
      return ns.path('etc/node_modules');
    },
    front: "import { help } from 'dep'; void help;",
    reason: EVERYBODY,
  },
  'a package.json above it is for everybody to write': {
    prepare: (ns) => {
      const path = write(ns, 'etc/package.json', '{ "imports": {} }');
      chmodSync(path, ALL_MAY_WRITE);
      return path;
    },
    reason: EVERYBODY,
  },
  'the configuration is for everybody to write': {
    prepare: (ns) => {
      chmodSync(ns.path('etc/config.toml'), ALL_MAY_WRITE);
      return ns.path('etc/config.toml');
    },
    reason: EVERYBODY,
  },
};

function prepareConfiguration(
  namespace: PidNamespace,
  { front = '', use = 'plugins/mine.ts' }: Partial<Case>,
): string {
  write(namespace, 'etc/plugins/mine.ts', plugin(namespace.path('mark'), front));
  return write(
    namespace,
    'etc/config.toml',
    `[thresholds]\nram_gb_threshold = 1000\ncheck_interval = 0.15\n[settings]\nlog_file = ""\nenable_syslog = false\nlog_format = "json"\ncontrol_socket = ""\nstate_directory = "${namespace.path('state')}"\n[[plugins]]\nuse = "${use}"\n`,
  );
}

describe('a plugin, for root,', () => {
  for (const [what, { prepare, reason, ...more }] of Object.entries(REFUSED)) {
    inNamespace(
      `is refused where ${what}, with the path and the reason, and nothing of it has run`,
      async (ns) => {
        const config = prepareConfiguration(ns, more);
        const blamed = prepare(ns);
        const monitor = await ns.monitor({ options: ['--config', config] });
        expect((await monitor.program.ended()).code).to.equal(77);
        expect(monitor.errorOutput).to.match(/^memory-monitor: .*\(MM_ERR_UNTRUSTED\)\n$/);
        expect(monitor.errorOutput).to.include(blamed).and.to.match(reason);
        expect(existsSync(ns.path('mark'))).to.equal(false);
      },
      { needs: ['root'] },
    );
  }

  const harmless: Record<string, (namespace: PidNamespace) => Record<string, string>> = {
    'a tsconfig.json that somebody else has planted': (ns) => {
      const evil = write(
        ns,
        'evil.ts',
        `import { writeFileSync } from 'node:fs'; writeFileSync('${ns.path('evil-ran')}', '');`,
      );
      const paths = { '@memory-monitor/core': [evil], 'node:fs': [evil] };
      for (const place of ['etc/plugins/tsconfig.json', 'etc/tsconfig.json']) {
        const path = write(ns, place, JSON.stringify({ compilerOptions: { paths, baseUrl: '/' } }));
        chownSync(path, ORDINARY_UID, ORDINARY_UID);
      }
      return {};
    },
    'a TMPDIR that is for everybody to write': (ns) => {
      mkdirSync(ns.path('tmp'));
      chmodSync(ns.path('tmp'), ALL_MAY_ADD);
      return { TMPDIR: ns.path('tmp') };
    },
    'a NODE_PATH that leads elsewhere': (ns) => {
      write(
        ns,
        'evil/@memory-monitor/core/index.js',
        `require('fs').writeFileSync('${ns.path('evil-ran')}', '');`,
      );
      return { NODE_PATH: ns.path('evil') };
    },
  };
  for (const [what, prepare] of Object.entries(harmless)) {
    inNamespace(
      `is loaded as ever beside ${what}`,
      async (ns) => {
        const config = prepareConfiguration(ns, {});
        const env = prepare(ns);
        const monitor = await ns.monitor({ options: ['--config', config], env });
        await monitor.told('scan');
        expect(existsSync(ns.path('mark'))).to.equal(true);
        expect(existsSync(ns.path('evil-ran'))).to.equal(false);
        expect((await monitor.stop()).code).to.equal(0);
      },
      { needs: ['root'] },
    );
  }

  inNamespace(
    'is the one beside the configuration that is opened, where its path has ".." behind a link',
    async (ns) => {
      const config = prepareConfiguration(ns, {});
      // As text, the path below leads to a copy of the configuration, with another plugin beside it.
      write(ns, 'decoy/config.toml', readFileSync(config, 'utf8'));
      write(ns, 'decoy/plugins/mine.ts', plugin(ns.path('decoy-ran')));
      mkdirSync(ns.path('etc/deep'));
      symlinkSync('../etc/deep', ns.path('decoy/link'));
      const monitor = await ns.monitor({
        options: ['--config', `${ns.path('decoy')}/link/../config.toml`],
      });
      await monitor.told('scan');
      expect(existsSync(ns.path('mark'))).to.equal(true);
      expect(existsSync(ns.path('decoy-ran'))).to.equal(false);
      expect((await monitor.stop()).code).to.equal(0);
    },
    { needs: ['root'] },
  );

  inNamespace(
    'is never loaded by a configuration in a sticky directory, which does without plugins',
    async (ns) => {
      chmodSync(ns.path(), 0o1777);
      const config = prepareConfiguration(ns, {});
      const refused = await ns.monitor({ options: ['--config', config] });
      expect((await refused.program.ended()).code).to.equal(77);
      const bare = write(
        ns,
        'bare.toml',
        '[settings]\nlog_file = ""\nenable_syslog = false\nlog_format = "json"\ncontrol_socket = ""\nstate_directory = ""\ndry_run = true\n',
      );
      const taken = await ns.monitor({ options: ['--config', bare, '--once'] });
      expect((await taken.program.ended()).code).to.equal(0);
    },
    { needs: ['root'] },
  );
});
