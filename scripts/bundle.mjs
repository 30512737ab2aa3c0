// Builds what gets installed: packages/cli/bundle/, one file per entry with its lazy parts as chunks, and beside it what
// can't be inlined. A bundle saves a quarter of the resident memory and half of the start.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { thirdPartyNotices } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages/cli');
const output = join(cli, 'bundle');
const require = createRequire(join(root, 'packages/linux/package.json'));

rmSync(output, { recursive: true, force: true });
mkdirSync(join(output, 'app'), { recursive: true });

const result = await build({
  entryPoints: {
    'memory-monitor': join(cli, 'dist/main.js'),
    // The process of an isolated plugin.
    'plugin-child': join(cli, 'dist/plugin-child.js'),
  },
  outdir: join(output, 'app'),
  outExtension: { '.js': '.mjs' },
  // Chunks stand beside the entry, so that what code finds by its own place is the same from both.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  keepNames: true,
  sourcemap: 'linked',
  sourcesContent: false,
  // The picture renderer and its font are loaded from files, as koffi is.
  external: ['koffi', '@resvg/resvg-wasm', 'dejavu-fonts-ttf'],
  legalComments: 'none',
  metafile: true,
  // CommonJS packages in an ES module still ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
});

const { name, version, license, engines } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8'));
writeFileSync(
  join(output, 'package.json'),
  `${JSON.stringify({ name, version, license, engines, type: 'module' }, null, 2)}\n`,
);
for (const file of ['config.toml', 'LICENSE']) {
  cpSync(join(root, file), join(output, file));
}
cpSync(join(cli, 'service'), join(output, 'service'), { recursive: true });
cpSync(join(cli, 'config.schema.json'), join(output, 'config.schema.json'));
cpSync(join(cli, 'plugin-template'), join(output, 'plugin-template'), { recursive: true });
copyCore();
copyKoffi();
copyEsbuild();
copyPictures();
writeFileSync(
  join(output, 'THIRD-PARTY'),
  thirdPartyNotices(
    Object.keys(result.metafile.inputs).map((input) => resolve(input)),
    join(output, 'node_modules'),
    moduleDirectories(),
  ),
);

const bytes = Object.values(result.metafile.outputs).reduce((sum, { bytes: size }) => sum + size, 0);
console.log(
  `packages/cli/bundle: memory-monitor ${version}, ${(bytes / 1024).toFixed(0)} KiB of code and source maps`,
);

function moduleDirectories() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [root, ...packages].map((directory) => join(directory, 'node_modules'));
}

/** What a plugin's author tests and checks types with: "memory-monitor plugin new" has it installed from here. */
function copyCore() {
  const core = join(root, 'packages/core');
  for (const file of ['package.json', 'LICENSE']) {
    cpSync(join(core, file), join(output, 'core', file));
  }
  cpSync(join(core, 'dist'), join(output, 'core/dist'), {
    recursive: true,
    filter: (source) => !/\.(?:map|tsbuildinfo)$/.test(source),
  });
}

/** The compiler of plugins: its binary for this platform is all that is used of it. */
function copyEsbuild() {
  const name = `@esbuild/${process.platform}-${process.arch}`;
  const loader = createRequire(join(root, 'packages/plugin-loader/package.json'));
  const esbuild = createRequire(loader.resolve('esbuild/package.json'));
  cpSync(dirname(esbuild.resolve(`${name}/package.json`)), join(output, 'node_modules', name), {
    recursive: true,
  });
}

/** What mails draw pictures with: a renderer in WebAssembly, and one font. */
function copyPictures() {
  const email = createRequire(join(root, 'packages/notifier-email/package.json'));
  for (const [name, entry, files] of [
    ['@resvg/resvg-wasm', 'index_bg.wasm', ['package.json', 'index.js', 'index.mjs', 'index_bg.wasm']],
    ['dejavu-fonts-ttf', 'package.json', ['package.json', 'LICENSE', 'ttf/DejaVuSans.ttf']],
  ]) {
    const directory = dirname(email.resolve(`${name}/${entry}`));
    for (const file of files) {
      cpSync(join(directory, file), join(output, 'node_modules', name, file));
    }
  }
}

/** koffi's code without what builds it, and the binary for this platform: they are loaded from files. */
function copyKoffi() {
  const koffi = dirname(require.resolve('koffi'));
  const platform = `koffi-${process.platform}-${process.arch}`;
  const isNeeded = (source) =>
    statSync(source).isDirectory() || /(?:\.c?js|package\.json|LICENSE\.txt)$/.test(source);
  cpSync(koffi, join(output, 'node_modules/koffi'), {
    recursive: true,
    filter: (source) => !/\/(?:doc|vendor|lib|cnoke\.cjs|trampolines\.cjs)$/.test(source) && isNeeded(source),
  });
  cpSync(join(dirname(koffi), '@koromix', platform), join(output, 'node_modules/@koromix', platform), {
    recursive: true,
  });
}
